"""Beneath the tables: what every training was charged, in every currency."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Literal

from genbench.escaping import plain
from genbench.tables.cells import NOT_MEASURED, Cell, Sheet, frame
from genbench.tables.words import Style, finite

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Spend
    from genbench.tables.blocks import Block

TITLES = {
    "examples": "examples",
    "steps": "steps",
    "updates": "updates by network",
    "seconds": "seconds",
    "flops": "FLOPs",
    "joules": "joules",
    "overrun_examples": "overrun ex",
    "overrun_seconds": "overrun s",
}
READING = (
    "How to read it: all that happens inside `train` is charged, compilation too; updates = steps of each network's "
    "optimiser; overrun = past the budget's end, before `train` returned."
)
SHARED = "seconds (shared)"
MOST_NETWORKS = 8


def spend(block: Block) -> Sheet:
    """Return what was charged: the median over seeds, with the range where they differ; joules where counted."""
    spends = {row.label: [each.spend for each in row.spent if each.spend is not None] for row in block.rows}
    is_counted = any(each.joules is not None for own in spends.values() for each in own)
    titles = {name: title for name, title in TITLES.items() if is_counted or name != "joules"}
    is_shared = any(record.spend.is_shared for record in block.records if record.spend is not None)
    return Sheet(
        name="spend",
        title="Budget charged to one training",
        aside="median over seeds [range]; shared: beside other trials, used for nothing"
        if is_shared
        else "median over seeds [range]",
        frame=frame(
            {
                label: {name: cell for name, cell in _cells(own).items() if name in titles}
                for label, own in spends.items()
            }
        ),
        titles=titles | ({"seconds": SHARED} if is_shared else {}),
        sentences=(READING,),
    )


def _cells(spends: Sequence[Spend]) -> dict[str, Cell]:
    if not spends:
        return dict.fromkeys(TITLES, NOT_MEASURED)
    return {
        "examples": _spread([each.examples for each in spends], "count"),
        "steps": _spread([each.steps for each in spends], "count"),
        "updates": Cell(parts=_updates(spends)),
        "seconds": _spread([each.seconds for each in spends]),
        "flops": _spread([each.flops for each in spends], "size"),
        "joules": _spread([each.joules for each in spends]),
        "overrun_examples": _spread([each.overrun.examples for each in spends], "count"),
        "overrun_seconds": _spread([each.overrun.seconds for each in spends]),
    }


def _spread(amounts: Sequence[float | None], style: Style = "number") -> Cell:
    known = [amount for amount in map(finite, amounts) if amount is not None]
    if not known:
        return NOT_MEASURED
    low, high = min(known), max(known)
    if low == high:
        return Cell(value=low, style=style)
    return Cell(value=statistics.median(known), low=low, high=high, style=style)


def _updates(spends: Sequence[Spend]) -> tuple[tuple[str, float | str], ...]:
    """Return the median updates of every network; `unobserved` where any trial could not count them."""
    names = sorted({name for each in spends for name in each.updates})
    found: list[tuple[str, float | str]] = [
        (plain(name, 16), _median([each.updates.get(name, 0) for each in spends])) for name in names
    ]
    left = len(found) - MOST_NETWORKS
    return (*found[:MOST_NETWORKS], ("…", f"and {left} more")) if left > 0 else tuple(found)


def _median(counts: Sequence[int | Literal["unobserved"]]) -> float | str:
    known = [count for count in counts if not isinstance(count, str)]
    return statistics.median(known) if len(known) == len(counts) else "unobserved"
