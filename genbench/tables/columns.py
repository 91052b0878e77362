"""Which columns a kind of data has, what each is called, and which of them decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from genbench.escaping import plain
from genbench.metrics.catalogue import CATALOGUE
from genbench.tables.blocks import short_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from genbench.tables.blocks import Block
    from genbench.tables.words import Style

Better = Literal["lower", "higher", "no"]

DIRECTIONS: dict[str, Better] = {entry.metric: entry.better for entry in CATALOGUE}
STYLES: dict[str, Style] = {
    **dict.fromkeys(("precision", "recall", "density", "coverage"), "ratio"),
    **dict.fromkeys(("modes", "copies"), "count"),
}
TITLES = {
    "fd": "FD",
    "fd_inf": "FD∞",
    "fd_gap": "FD gap",
    "kd": "KD",
    "swd": "SWD",
    "mmd": "MMD",
    "c2st": "C2ST",
    "vendi_fake": "Vendi",
    "vendi_real": "Vendi of real",
    "auth_pct": "authentic %",
    "ct": "C_T",
    "hq_share": "high-quality share",
    "reverse_kl": "reverse KL",
    "log_density": "log density",
    "class_kl": "class KL",
    "column_distance": "column distance",
    "pair_distance": "pair distance",
    "c2st_trees": "C2ST trees",
    "tstr": "TSTR",
    **{f"ngram_distance_{size}": f"{size}-gram distance" for size in (1, 2, 3, 4)},
    "distinct": "distinct 4-grams",
    "reference_bits": "reference bits",
    "bits_gap": "bits gap",
    "log_likelihood": "log-likelihood",
    "bits_per_dim": "bits/dim",
}
NAMED_BY_FEATURES = ("fd", "fd_inf", "log_likelihood", "bits_per_dim")
OF_MIXTURES = ("modes", "hq_share", "reverse_kl", "fd")
OF_FEATURES = ("fd", "kd", "precision", "recall", "coverage")
COPIES = "copies"


class Form(NamedTuple):
    """What a kind of data shows: the first `ranking` measures sort, and the one named `headline` is followed."""

    metrics: tuple[str, ...]
    ranking: int
    headline: str


FORMS = {  # by a measure that this kind of data alone has
    "class_kl": Form(("modes", "class_kl", "fd", "precision", "recall", "coverage"), 2, "fd"),
    "pair_distance": Form(
        ("pair_distance", "column_distance", "c2st_trees", "tstr", "fd", "coverage"), 2, "pair_distance"
    ),
    "ngram_distance_4": Form(
        ("ngram_distance_4", "bits_gap", "reference_bits", "distinct", "fd", "coverage"), 2, "ngram_distance_4"
    ),
    "hq_share": Form(OF_MIXTURES, 2, "hq_share"),
}
OTHERWISE = Form(OF_FEATURES, 1, "fd")
DOUBT = "unverified"  # how the warning of an extractor that has not passed its known answers begins


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A measure as a column: its short name, title and direction."""

    name: str  # "fd:classifier"
    title: str  # "FD classifier", without the arrow
    style: Style
    is_lower_better: bool  # how failed trials are ranked, too
    has_direction: bool = True

    @property
    def arrow(self) -> str:
        """Return which way is better, nothing where neither is."""
        return ("↓" if self.is_lower_better else "↑") if self.has_direction else ""

    @property
    def is_copies(self) -> bool:
        """Whether the column holds a yes or no for every seed."""
        return self.name.startswith(f"{COPIES}:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of a block: `ranking` sorts and gets the verdicts; `headline` is followed along the budget."""

    shown: tuple[Column, ...]
    ranking: tuple[Column, ...]
    headline: Column


def columns(block: Block) -> Columns | None:
    """Return the columns of a block by what was measured against held-out rows, None where nothing was."""
    names = block.names()
    if not names:
        return None
    form, standard, own = _standard(names, block.trial.features)
    wanted = dict.fromkeys((*standard, *_extra(names, own, block.trial.metrics), *_of(names, (COPIES,))))
    shown = tuple(column_of(block, name) for name in wanted or names)
    headline = next((each for each in shown if each.name.startswith(f"{form.headline}:")), shown[0])
    return Columns(shown=shown, ranking=shown[: form.ranking], headline=headline)


def deciding(names: Collection[str], features: tuple[str, ...]) -> tuple[str, ...]:
    """Return the measures that rank, of those that there are: the first before the second.

    Args:
        names: short names of what was measured, at least one.
        features: spaces that were judged in.
    """
    form, standard, _ = _standard(names, features)
    return tuple(standard[: form.ranking]) or (min(names),)


def hidden(block: Block, chosen: Columns) -> tuple[str, ...]:
    """Return the metrics that were measured and have no column in any features: machines get them all."""
    shown = {column.name.partition(":")[0] for column in chosen.shown}
    measured = dict.fromkeys(name.partition(":")[0] for name in block.names())
    return tuple(plain(metric, 20) for metric in measured if metric not in shown)


def column_of(block: Block, name: str) -> Column:
    """Return the column of a block's measure: which way a third party's is better stands beside its numbers."""
    return column(name, block.directions.get(name))


def column(name: str, better: Literal["lower", "higher"] | None = None) -> Column:
    """Return the column of a measure's short name, also of one that only a plugin knows: lower unless it says."""
    metric, _, features = name.partition(":")
    title = TITLES.get(metric, plain(metric, 20))
    if metric in NAMED_BY_FEATURES:
        title = f"{title} {plain(features, 20)}"
    direction = DIRECTIONS.get(metric, better or "lower")
    return Column(
        name=name,
        title=title,
        style=STYLES.get(metric, "number"),
        is_lower_better=direction != "higher",
        has_direction=direction != "no",
    )


def is_doubted(block: Block, name: str) -> bool:
    """Whether any trial's number in a column came from an extractor that is not verified."""
    return any(
        warning.startswith(DOUBT)
        for record in block.records
        for each in record.measures
        if short_name(each.identity) == name
        for warning in each.warnings
    )


def _standard(names: Collection[str], features: tuple[str, ...]) -> tuple[Form, list[str], list[str]]:
    """Return the form of the data, its measures as far as they are there, and all of the deciding features."""
    form = next((FORMS[metric] for metric in FORMS if _of(names, (metric,))), OTHERWISE)
    judge = _judge(names, features)
    own = [name for name in names if name.endswith(f":{judge}")]
    return form, _of(own, form.metrics) if form is OTHERWISE else _of_form(names, own, form), own


def _extra(names: Collection[str], own: Collection[str], asked: Iterable[str]) -> list[str]:
    """Return what was asked for by name, and what only a third party's plugin measures; of the deciding features."""
    metrics = dict.fromkeys((*asked, *(name.partition(":")[0] for name in names)))
    wanted = [metric for metric in metrics if metric in asked or metric not in DIRECTIONS]
    return [name for metric in wanted for name in _of(own, (metric,)) or _of(names, (metric,))]


def _of_form(names: Collection[str], own: Collection[str], form: Form) -> list[str]:
    """Return the measures of a form: in the deciding features, or in those in which alone they were told."""
    return [name for metric in form.metrics for name in _of(own, (metric,)) or _of(names, (metric,))]


def _judge(names: Collection[str], asked: tuple[str, ...]) -> str:
    """Return the features that decide: learnt ones before pixels."""
    known = {name.partition(":")[2] for name in names if name.startswith("fd:")} or {
        next(iter(names)).partition(":")[2]
    }
    order = ["classifier", *(each for each in asked if each != "pixels"), *sorted(known - {"pixels"}), "pixels"]
    return next((each for each in order if each in known), min(known))


def _of(names: Collection[str], metrics: tuple[str, ...]) -> list[str]:
    """Return the names of the metrics, in the order of the metrics."""
    return [name for metric in metrics for name in sorted(names) if name.startswith(f"{metric}:")]
