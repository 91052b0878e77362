"""Values over seeds: a failed trial ranks worst, and every statistic is told how many were planned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from genbench.stats.intervals import summary
from genbench.tables.blocks import short_name
from genbench.tables.cells import NOT_MEASURED, Cell, ranked
from genbench.tables.words import finite, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Measure
    from genbench.refs import Split
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column


def values(
    block: Block, row: Row, name: str, *, split: Split = "held_out", variant: str | None = None, mark: float = 1.0
) -> tuple[float, ...]:
    """Return a measure for every planned seed, NaN where the trial failed or gave no number.

    A trial that failed later on still counts for what was photographed before its end (`mark` below 1).
    """
    found = []
    for seed in block.seeds:
        record, measure = row.records.get(seed), row.measure(seed, name, split, variant, mark)
        counts = record is not None and (record.is_ok or mark < 1)
        value = finite(measure.value) if measure is not None and counts else None
        found.append(math.nan if value is None else value)
    return tuple(found)


def median(numbers: Sequence[float], column: Column) -> float:
    """Return the median over planned seeds, infinite where it falls on a failed one."""
    return summary(numbers, lower_is_better=column.is_lower_better).median


def cell(numbers: Sequence[float], column: Column, *, has_failed: bool) -> Cell:
    """Return median and bounds over planned seeds; `has_failed` tells a failed row from one that nobody measured."""
    if all(math.isnan(value) for value in numbers) and not has_failed:
        return NOT_MEASURED
    found = summary(numbers, lower_is_better=column.is_lower_better)
    made = ranked((found.median, found.low, found.high), column.style)
    return made if len(numbers) > 1 else Cell(value=made.value, status=made.status, style=made.style)


def control(measures: Sequence[Measure], column: Column, split: Split = "held_out") -> Cell:
    """Return a control's number, with the floor's deviation over draws."""
    for measure in measures:
        identity = measure.identity
        value = finite(measure.value)
        if (short_name(identity), identity.split) == (column.name, split) and value is not None:
            word = ("YES" if value else "no") if column.is_copies else None
            return Cell(value=value, deviation=finite(measure.se), style=column.style, word=word)
    return Cell(status="not measured", word="")


def what_a_cell_is(count: int) -> str:
    """Return how a cell is to be read, as `median [range of 5]`."""
    if count == 1:
        return "1 seed: nothing is known of the spread"
    kind = summary([0.0] * count).kind
    return f"median [{'range' if kind == 'range' else '95 % interval'} of {plural(count, 'seed')}]"
