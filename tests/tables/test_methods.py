from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from genbench.citations import SOURCES, entries_of, keys_of, library
from genbench.errors import ResultsError
from genbench.methods import FORMATS, methods
from genbench.metrics.catalogue import CATALOGUE

CARD = {"bibtex": "@misc{doe2020,\n  title = {A Model},\n}"}


def _results(built, records=None, *, looks=()):
    records = built.images + built.points if records is None else records
    return SimpleNamespace(
        records=tuple(records), references=built.references, name="r", plan=SimpleNamespace(looks=looks)
    )


def _records(built, count=6, **changes):
    model = built.model("tiny", card=CARD, **changes)
    trials = [built.trial("tiny", seed, model=model) for seed in range(count)]
    return [built.record(each, measures=built.image_measures(9.0)) for each in trials]


def test_the_paragraph_says_what_was_done(built):
    """Kills: split sizes, hash, budget, N, seeds, device or features left out."""
    text = " ".join(methods(_results(built)).split())
    for said in (
        "We trained gan (genbench-gan 0.1; latent=32)",
        "with genbench 0.1.0 (Python 3.12, torch of unknown version).",
        "On digits (image, 1x8x8; 997 train, 300 validation, 500 held-out rows; sha256 d1d1d1d1d1d1d1d1)",
        "every training was given 4800 steps = 614,400 examples, from 5 seeds (0, 1, 2, 3, 4) a model, on cpu (x86), 1",
        "On ring8 (points, 2; 100,000 train, 10,000 validation, 10,000 held-out rows; sha256 e2e2e2e2e2e2e2e2)",
        "charged to its budget, compilation included",
        "@500:classifier (3f2a91c0)",
        "medians over seeds with their range and exact 95 % order-statistic intervals [hahn1991]",
        "1 of 22 trials (1 DIVERGED)",
        "exact two-sided Mann-Whitney test over their seeds [mann1947], at 5 %, with Holm's correction",
    ):
        assert said in text


def test_what_is_cited_is_listed_and_what_is_listed_is_cited(built):
    """Kills: a citation without its entry; entries of measures that were not used."""
    for looks in ((), (5, 10)):
        text = methods(_results(built, _records(built) + list(built.images), looks=looks))
        paragraph, _, listing = text.partition("\n\n")
        cited = {key for group in re.findall(r"\[([a-z0-9, \n]+)\]", paragraph) for key in re.split(r",\s*", group)}
        assert cited == set(re.findall(r"@\w+\{([^,]+),", listing))
        assert ("lan1983" in cited) == bool(looks)
        assert "bonneel2015" not in cited


def test_a_model_without_bibtex_is_said_to_have_none(built):
    text = methods(_results(built))
    assert "% gan (genbench-gan 0.1): its card has no BibTeX" in text
    assert "tiny (genbench-tiny 0.1; latent=16) [doe2020]" in methods(_results(built, _records(built))).replace(
        "\n", " "
    )


def test_markdown_and_latex_cite_in_their_own_way(built):
    """Kills: citations that are escaped, strings that are not."""
    results = _results(built, _records(built, options={"a_b": "50%"}))
    markdown, latex = methods(results, "markdown"), methods(results, "latex")
    assert "[@doe2020]" in markdown
    assert markdown.rstrip().endswith("```")
    assert r"\cite{doe2020}" in latex
    assert r"a\_b=50\%" in latex
    assert latex.startswith("\\begin{filecontents}{genbench.bib}\n@misc{doe2020,")


@pytest.mark.parametrize("form", list(FORMATS))
def test_a_hostile_card_does_not_escape_its_listing(built, form):
    """Kills: a card that ends the listing, steers the terminal or forges a citation mark."""
    hostile = "@misc{x,\n\x1b[31m```\n\\end{filecontents}\n\\input{/etc/passwd}\0doe\0\n}" + "\nline" * 500
    card = {"bibtex": hostile}
    records = [*_records(built, options={"o": "\0oops\0"}), _hostile(built, card)]
    text = methods(_results(built, records), form)
    assert not set(text) & {"\x1b", "\0"}
    assert text.count("```") == (2 if form == "markdown" else 0)
    assert text.count("\\end{filecontents}") == (1 if form == "latex" else 0)
    assert text.count("\nline") < 100


def _hostile(built, card):
    return built.record(built.trial(model=built.model("evil", card=card)), measures=built.image_measures(9.0))


def test_a_card_that_is_no_text_has_no_bibtex(built):
    _, entries = entries_of([built.model("odd", card={"bibtex": 7})])
    assert list(entries.values()) == ["% odd (genbench-odd 0.1): its card has no BibTeX"]


def test_nothing_to_tell_of(built):
    with pytest.raises(ResultsError, match="no scored trial"):
        methods(_results(built, []))


def test_every_source_is_in_the_library_and_every_measure_in_the_catalogue():
    """Kills: a measure renamed in the catalogue alone."""
    assert set(SOURCES) <= set(library())
    known = {entry.metric for entry in CATALOGUE}
    assert {metric for own in SOURCES.values() for metric in own} <= known | {"fd_inf", "fd_gap"}
    assert keys_of(["recall", "precision", "nothing"]) == ("kynkaanniemi2019",)
    assert all(entry.count("{") == entry.count("}") for entry in library().values())
