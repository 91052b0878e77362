"""Which columns a kind of data has, what each is called, and which of them decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.metrics.catalogue import CATALOGUE
from genbench.tables.words import Style, plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from genbench.tables.blocks import Block

HIGHER_IS_BETTER = frozenset(entry.metric for entry in CATALOGUE if entry.better == "higher")
STYLES: dict[str, Style] = {
    **dict.fromkeys(("precision", "recall", "density", "coverage"), "ratio"),
    **dict.fromkeys(("modes", "copies"), "count"),
}
TITLES = {"fd": "FD", "kd": "KD", "modes": "modes", "hq_share": "high-quality share", "reverse_kl": "reverse KL"}
COPIES = "copies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A measure as a column: its short name, title and direction."""

    name: str  # "fd:classifier"
    title: str  # "FD classifier", without the arrow
    style: Style
    is_lower_better: bool

    @property
    def arrow(self) -> str:
        """Return which way is better."""
        return "↓" if self.is_lower_better else "↑"

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
    """Return the columns of a block by what was measured, None where nothing was."""
    names = block.names()
    if not names:
        return None
    if any(name.startswith("modes:") for name in names):
        shown = tuple(column(name) for name in _of(names, ("modes", "hq_share", "reverse_kl", "fd", COPIES)))
        return Columns(shown=shown, ranking=shown[:2], headline=shown[min(1, len(shown) - 1)])
    features = _judge(names, block.trial.features)
    own = [name for name in names if name.endswith(f":{features}")]
    wanted = _of(own, ("fd", "kd", "precision", "recall", "coverage")) + _of(names, (COPIES,))
    shown = tuple(column(name) for name in wanted or names)
    return Columns(shown=shown, ranking=shown[:1], headline=shown[0])


def column(name: str) -> Column:
    """Return the column of a measure's short name, also of one that only a plugin knows."""
    metric, _, features = name.partition(":")
    title = TITLES.get(metric, plain(metric, 20))
    if metric == "fd":
        title = f"{title} {plain(features, 20)}"
    return Column(
        name=name, title=title, style=STYLES.get(metric, "number"), is_lower_better=metric not in HIGHER_IS_BETTER
    )


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
