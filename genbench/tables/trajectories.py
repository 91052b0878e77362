"""What each trial's curve along the budget says: how it ends, how it was on the way, when it arrived or collapsed."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from genbench.stats.stability import area_under, best_to_last, budget_to, time_to_collapse
from genbench.tables.cells import NOT_MEASURED, Cell
from genbench.tables.columns import Column
from genbench.tables.currencies import seconds_at, steps_at
from genbench.tables.seeds import cell, values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Record
    from genbench.tables.blocks import Block, Row
    from genbench.tables.collapse import Rule

TIME = Column(name="reached", title="reached", style="count", is_lower_better=True)
RATIO = Column(name="best_to_last", title="best→last", style="ratio", is_lower_better=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """One planned trial: what it had spent and reached at every mark, NaN where there is none."""

    record: Record | None
    fractions: tuple[float, ...]
    spent: tuple[float, ...]
    reached: tuple[float, ...]


def clock_unit(block: Block) -> str:
    """Return the currency of times: the budget's, where that is seconds, else steps."""
    return "s" if block.trial.budget.unit == "seconds" else "steps"


def trajectories(block: Block, row: Row, column: Column) -> list[Trajectory]:
    """Return a measure's curve on validation for every planned seed; of one mark alone there is none."""
    fractions = block.marks.get((column.name, "validation"), ())
    if len(fractions) < 2:
        return []
    found = [values(block, row, column.name, split="validation", mark=each) for each in fractions]
    return [
        Trajectory(
            record=row.records.get(seed), fractions=fractions, spent=_spent(block, row, seed, fractions), reached=own
        )
        for seed, own in zip(block.seeds, zip(*found, strict=True), strict=True)
    ]


def last_over_best(found: Sequence[Trajectory], column: Column) -> Cell:
    """Return how many times worse than its best mark the median trial ends; a failed trial ends worst."""
    ratios = [_ratio(each.reached, column) for each in found]
    return cell(ratios, RATIO, has_failed=_have_failed(found)) if found else NOT_MEASURED


def area(found: Sequence[Trajectory], column: Column) -> Cell:
    """Return the area under the median trial's curve over the budget's length: its mean from the first mark on."""
    areas = [area_under(each.spent, each.reached, lower_is_better=column.is_lower_better) for each in found]
    known = [math.nan if each is None or math.isinf(each) else each for each in areas]
    return cell(known, column, has_failed=_have_failed(found)) if found else NOT_MEASURED


def arrival(found: Sequence[Trajectory], column: Column, threshold: float) -> Cell:
    """Return the median of what had been spent at each seed's first mark beyond the threshold."""
    if not found:
        return NOT_MEASURED
    times = [budget_to(each.spent, each.reached, threshold, lower_is_better=column.is_lower_better) for each in found]
    made = cell([math.nan if time is None else time for time in times], TIME, has_failed=True)
    return replace(made, beyond="never", word="never" if made.value is None else None)


def collapse_time(found: Sequence[Trajectory], rule: Rule | None) -> Cell:
    """Return the median of what had been spent at the first mark of the collapse in which good trials ended."""
    times = [_collapsed_at(each, rule) for each in found if rule is not None and each.record and each.record.is_ok]
    known = [time for time in times if time is not None]
    if not known:
        return NOT_MEASURED
    bounds = (min(known), max(known)) if len(known) > 1 else (None, None)
    return Cell(value=statistics.median(known), low=bounds[0], high=bounds[1], style=TIME.style)


def _collapsed_at(found: Trajectory, rule: Rule) -> float | None:
    """Return when a good trial collapsed for good, by the marks at which that was judged."""
    assert found.record is not None
    judged = [(spent, rule.holds(found.record, at)) for spent, at in zip(found.spent, found.fractions, strict=True)]
    known = [(spent, collapsed) for spent, collapsed in judged if collapsed is not None]
    return time_to_collapse([spent for spent, _ in known], [collapsed for _, collapsed in known]) if known else None


def _have_failed(found: Sequence[Trajectory]) -> bool:
    """Whether no trial was done well, so that what is missing has failed."""
    return not any(each.record is not None and each.record.is_ok for each in found)


def _ratio(curve: Sequence[float], column: Column) -> float:
    """Return how many times worse the end is, NaN where there is none; shares are turned round to be lower-better."""
    if not column.is_lower_better:
        curve = [1 / value if value > 0 else math.nan for value in curve]
    ratio = best_to_last(curve).ratio
    return math.nan if ratio is None or math.isinf(ratio) else ratio


def _spent(block: Block, row: Row, seed: int, fractions: Sequence[float]) -> tuple[float, ...]:
    record, clock = row.records.get(seed), seconds_at if clock_unit(block) == "s" else steps_at
    amounts = [clock(record, each) if record is not None else None for each in fractions]
    return tuple(math.nan if amount is None else float(amount) for amount in amounts)
