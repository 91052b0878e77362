"""Who is to be cited: for the measures and statistics from a file beside this one, for models from their cards."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from genbench.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.refs import ModelRef

SOURCES = {
    "heusel2017": ("fd",),
    "chong2020": ("fd_inf",),
    "binkowski2018": ("kd",),
    "kynkaanniemi2019": ("precision", "recall"),
    "naeem2020": ("density", "coverage"),
    "friedman2023": ("vendi_fake", "vendi_real"),
    "stein2023": ("fd_gap",),
    "alaa2022": ("auth_pct",),
    "meehan2020": ("copies", "ct", "near_share"),
    "lin2018": ("modes", "hq_share", "reverse_kl"),
    "srivastava2017": ("class_kl",),
    "patki2016": ("column_distance", "pair_distance"),
    "esteban2017": ("tstr",),
    "li2016": ("distinct",),
    "witten1991": ("reference_bits", "bits_gap"),
    "bonneel2015": ("swd",),
    "szekely2013": ("energy",),
    "gretton2012": ("mmd",),
    "lopezpaz2017": ("c2st", "c2st_trees"),
    "salimans2016": ("inception_score",),
}
MOST_LINES = 60  # of a card's BibTeX
LONGEST_LINE = 400


@cache
def library() -> dict[str, str]:
    """Return the entries of genbench's own BibTeX file by their keys."""
    text = resources.files("genbench").joinpath("citations.bib").read_text(encoding="utf-8")
    return {_keys(entry)[0]: entry.strip() for entry in text.split("\n\n") if entry.strip()}


def keys_of(metrics: Iterable[str]) -> tuple[str, ...]:
    """Return the keys of the papers in which metrics were defined, each once."""
    known = set(metrics)
    return tuple(key for key, defined in SOURCES.items() if known.intersection(defined))


def entries_of(models: Sequence[ModelRef]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what models' cards want cited.

    Returns:
        The keys of each model's entries by its name, joined by commas; the entries themselves by their keys, and for a
        model without any a comment that says so.
    """
    cited, entries = {}, {}
    for model in models:
        name, text = plain(model.name, 60), _harmless(model.card.get("bibtex"))
        if keys := _keys(text):
            cited[name], entries[",".join(keys)] = ",".join(keys), text
        else:
            entries[f"% {name}"] = f"% {name} ({plain(model.distribution, 60)}): its card has no BibTeX"
    return cited, entries


def _keys(text: str) -> list[str]:
    return re.findall(r"@\w+\s*\{\s*([^,\s{}]+)\s*,", text)


def _harmless(text: object) -> str:
    """Return a card's BibTeX line by line, unable to steer a terminal or to end the listing that it stands in."""
    lines = text.splitlines()[:MOST_LINES] if isinstance(text, str) else []
    kept = (f"{' ' * (len(line) - len(line.lstrip()))}"[:20] + plain(line, LONGEST_LINE) for line in lines)
    return "\n".join(kept).replace("```", "'''").replace("filecontents", "file contents").strip()
