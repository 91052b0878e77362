"""The second table: can the result be had again, does it last, how soon is it there."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genbench.stats.stability import best_to_last, budget_to, is_collapsed, spread_cv
from genbench.tables.blocks import short_name
from genbench.tables.cells import NOT_MEASURED, Cell, Sheet, frame
from genbench.tables.columns import Column
from genbench.tables.course import seconds_at, steps_at
from genbench.tables.quality import identities
from genbench.tables.seeds import cell, marks, median, values
from genbench.tables.words import Style, finite, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Record
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Columns

TITLES = {
    "ok": "ok",
    "spread_cv": "seed spread (CV)",
    "sampling_noise": "sampling noise",
    "best_to_last": "best→last",
    "collapsed": "collapsed",
    "diverged": "diverged",
}
READING = (
    "Seed spread: sd / mean of the good seeds. Sampling noise: the floor's deviation over draws / the model's median; "
    "a worse model has more. best→last: how many times worse than its best mark the median trial ends, on validation."
)
TIME = Column(name="reached", title="reached", style="number", is_lower_better=True)
RATIO = Column(name="best_to_last", title="best→last", style="ratio", is_lower_better=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A value of the headline on validation, and the model at whose end it stands."""

    value: float
    label: str


def stability(block: Block, chosen: Columns) -> Sheet:
    """Return how results spread over seeds, last, fail and arrive."""
    column = chosen.headline
    threshold = _threshold(block, column)
    entries = {row.label: _cells(block, row, column, threshold) for row in block.rows}
    reached = (
        {} if threshold is None else {"reached": f"{_clock_unit(block)} to {number(threshold.value, column.style)}"}
    )
    told = () if threshold is None else (_told(threshold, column),)
    return Sheet(
        name="stability",
        title=f"Stability of {column.title} {column.arrow}",
        aside="",
        frame=frame(entries),
        titles=TITLES | reached,
        identities=identities(block, [column]),
        sentences=(f"{READING}{''.join(f' {each}' for each in told)}",),
    )


def _told(threshold: Threshold, column: Column) -> str:
    at = f"{column.title} {number(threshold.value, column.style)}"
    return f"{at} is where the last good trial of {threshold.label} ends on validation; a time is the first mark there."


def _cells(block: Block, row: Row, column: Column, threshold: Threshold | None) -> dict[str, Cell]:
    found = values(block, row, column.name)
    good = [value for value in found if not math.isnan(value)]
    collapsed = _collapsed(block, row, column)
    cells = {
        "ok": _share(len(row.ok), len(block.seeds)),
        "spread_cv": _spread(good, len(block.seeds)),
        "sampling_noise": _one(_sampling_noise(block, column, median(found, column)), "percent", is_failed=not row.ok),
        "best_to_last": _best_to_last(block, row, column),
        "collapsed": NOT_MEASURED if collapsed is None else _share(sum(collapsed), len(collapsed)),
        "diverged": _share(sum(each.status == "DIVERGED" for each in row.records.values()), len(block.seeds)),
    }
    return cells if threshold is None else cells | {"reached": _reached(block, row, column, threshold)}


def _spread(good: Sequence[float], planned: int) -> Cell:
    """Return the spread of the seeds that gave a number, and of how many where others failed."""
    found = finite(spread_cv(good))
    if found is None:
        return NOT_MEASURED
    word = f"{number(found, 'percent')} of {len(good)}" if len(good) < planned else None
    return Cell(value=found, style="percent", word=word)


def _one(value: float | None, style: Style, *, is_failed: bool) -> Cell:
    value = finite(value)
    if value is None:
        return Cell(status="failed") if is_failed else NOT_MEASURED
    return Cell(value=value, style=style)


def _share(count: int, total: int) -> Cell:
    return Cell(value=count, style="count", word=f"{count}/{total}")


def _best_to_last(block: Block, row: Row, column: Column) -> Cell:
    """Return how many times worse than its best mark the median trial ends; a failed trial ends worst."""
    fractions = marks(block.records, column.name, "validation")
    if len(fractions) < 2:
        return NOT_MEASURED
    curves = zip(*(values(block, row, column.name, split="validation", mark=each) for each in fractions), strict=True)
    ratios = [_ratio(curve, column) for curve in curves]
    return cell(ratios, RATIO, has_failed=not row.ok)


def _ratio(curve: Sequence[float], column: Column) -> float:
    """Return how many times worse the end is, NaN where there is none; shares are turned round to be lower-better."""
    if not column.is_lower_better:
        curve = [1 / value if value > 0 else math.nan for value in curve]
    ratio = best_to_last(curve).ratio
    return math.nan if ratio is None or math.isinf(ratio) else ratio


def _sampling_noise(block: Block, column: Column, middle: float) -> float | None:
    """Return the floor's deviation over draws as a share of a model's median."""
    deviation = _floor(block, column.name)[1]
    return deviation / abs(middle) if deviation is not None and middle and math.isfinite(middle) else None


def _floor(block: Block, name: str) -> tuple[float | None, float | None]:
    """Return the floor's value and deviation, None where they were not measured."""
    measures = block.reference.measures.get("floor", ()) if block.reference is not None else ()
    for each in measures:
        if (short_name(each.identity), each.identity.split) == (name, "held_out"):
            return finite(each.value), finite(each.se)
    return None, None


def _collapsed(block: Block, row: Row, column: Column) -> list[bool] | None:
    """Return for every good trial whether it collapsed, None where recall or its floor was not measured.

    Against the held-out split, where the floor is: recall depends on N, so that another split's would not compare.
    """
    name = f"recall:{column.name.partition(':')[2]}"
    floor = _floor(block, name)[0]
    recalls = [record.measure(name) for record in row.ok]
    if floor is None or all(math.isnan(recall) for recall in recalls):
        return None
    return [is_collapsed(one, floor, _duplicates(block, each)) for one, each in zip(recalls, row.ok, strict=True)]


def _duplicates(block: Block, record: Record) -> float:
    """Return the share of samples that repeat another, 0 where it was not measured."""
    shares = [record.measure(name) for name in block.names() if name.startswith("duplicates:")]
    return next((share for share in shares if math.isfinite(share)), 0.0)


def _threshold(block: Block, column: Column) -> Threshold | None:
    """Return where the last good trial of the model with the worst median ends: all its good trials arrive."""
    worst = max if column.is_lower_better else min
    ends: dict[tuple[float, str], float] = {}
    for row in block.rows:
        found = values(block, row, column.name, split="validation")
        middle = median(found, column)
        if math.isfinite(middle):
            ends[middle, row.label] = worst(value for value in found if not math.isnan(value))
    if len(ends) < 2:
        return None
    last = worst(ends)
    return Threshold(value=ends[last], label=last[1])


def _clock_unit(block: Block) -> str:
    """Return the currency of times: the budget's, where that is seconds, else steps."""
    return "s" if block.trial.budget.unit == "seconds" else "steps"


def _reached(block: Block, row: Row, column: Column, threshold: Threshold) -> Cell:
    """Return the median of what had been spent at each seed's first mark beyond the threshold."""
    fractions = marks(block.records, column.name, "validation")
    curves = zip(*(values(block, row, column.name, split="validation", mark=each) for each in fractions), strict=True)
    times = []
    for seed, curve in zip(block.seeds, curves, strict=True):
        spent = _spent(block, row.records.get(seed), fractions)
        time = budget_to(spent, curve, threshold.value, lower_is_better=column.is_lower_better)
        times.append(math.nan if time is None else time)
    found = cell(times, TIME, has_failed=True)
    return replace(found, beyond="never", word="never" if found.value is None else None)


def _spent(block: Block, record: Record | None, fractions: Sequence[float]) -> list[float]:
    clock = seconds_at if _clock_unit(block) == "s" else steps_at
    amounts = [clock(record, each) if record is not None else None for each in fractions]
    return [math.nan if amount is None else float(amount) for amount in amounts]
