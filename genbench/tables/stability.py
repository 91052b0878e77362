"""The second table: can the result be had again, does it last, how soon is it there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.stats.intervals import iqm
from genbench.stats.stability import spread_cv
from genbench.tables.cells import NOT_MEASURED, Cell, Sheet, frame
from genbench.tables.collapse import Rule, rule
from genbench.tables.columns import Column
from genbench.tables.noise import noise
from genbench.tables.quality import identities
from genbench.tables.seeds import cell, median, values
from genbench.tables.trajectories import area, arrival, clock_unit, collapse_time, last_over_best, trajectories
from genbench.tables.words import Style, finite, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Columns

TITLES = {
    "ok": "ok",
    "iqm": "IQM",
    "spread_cv": "seed spread (CV)",
    "seed_noise": "from training",
    "sampling_noise": "from sampling",
    "best_to_last": "best→last",
    "diverged": "diverged",
    "collapsed": "collapsed",
    "collapsed_at": "collapsed at",
    "area": "mean on the way",
    "oscillation": "loss swing",
}
READING = (
    "How to read it: IQM = mean of the middle half of the seeds; seed spread = sd / mean of the good ones, its parts "
    "from training and from sampling (the metric's own error, or the floor's: a worse model has more); best→last = how "
    "many times worse than its best mark the median trial ends; mean on the way = of the curve from first mark to end; "
    "loss swing = of the loss that swings most around its trend, 1 the worst. Marks and collapse are judged on {split}."
)
LOSS = "loss"  # how the names of logged losses begin
SWING = Column(name="oscillation", title="loss swing", style="ratio", is_lower_better=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """A value of the headline on validation, and the model at whose end it stands."""

    value: float
    label: str


def stability(block: Block, chosen: Columns) -> Sheet:
    """Return how results spread over seeds, last, fail and arrive."""
    column, unit = chosen.headline, clock_unit(block)
    threshold, collapse = _threshold(block, column), rule(block, column)
    told, titles = "", TITLES | {"collapsed_at": f"collapsed at {unit}"}
    entries = {row.label: _cells(block, row, column, collapse) for row in block.rows}
    if threshold is not None:
        titles["reached"] = f"{unit} to {number(threshold.value, column.style)}"
        told = f" {_told(threshold, column)}"
        for row in block.rows:
            entries[row.label]["reached"] = arrival(trajectories(block, row, column), column, threshold.value)
    split = "held-out rows" if collapse is not None and collapse.split == "held_out" else "validation rows"
    return Sheet(
        name="stability",
        title=f"Stability of {column.title} {column.arrow}".rstrip(),
        aside="",
        frame=frame(entries),
        titles=titles,
        identities=identities(block, [column]),
        sentences=(f"{READING.format(split=split)}{told}",),
    )


def _told(threshold: Threshold, column: Column) -> str:
    at = f"{column.title} {number(threshold.value, column.style)}"
    return f"{at} is where the last good trial of {threshold.label} ends on validation; a time is the first mark there."


def _cells(block: Block, row: Row, column: Column, collapse: Rule | None) -> dict[str, Cell]:
    found = values(block, row, column.name)
    good = [value for value in found if not math.isnan(value)]
    parts, courses = noise(block, row, column), trajectories(block, row, column)
    middle = iqm(found, lower_is_better=column.is_lower_better)
    return {
        "ok": _share(len(row.ok), len(block.seeds)),
        "iqm": _one(middle, column.style, is_failed=bool(good) or not row.ok),
        "spread_cv": _spread(good, len(block.seeds)),
        "seed_noise": _one(parts.share(parts.seed), "percent", is_failed=not row.ok),
        "sampling_noise": _one(parts.share(parts.sampling), "percent", is_failed=not row.ok),
        "best_to_last": last_over_best(courses, column),
        "diverged": _share(sum(each.status == "DIVERGED" for each in row.records.values()), len(block.seeds)),
        "collapsed": _collapsed(row, collapse),
        "collapsed_at": collapse_time(courses, collapse),
        "area": area(courses, column),
        "oscillation": _oscillation(block, row),
    }


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


def _collapsed(row: Row, collapse: Rule | None) -> Cell:
    """Return how many good trials end collapsed, of those in which that could be judged."""
    judged = [collapse.holds(record, 1.0) for record in row.ok] if collapse is not None else []
    known = [each for each in judged if each is not None]
    return _share(sum(known), len(known)) if known else NOT_MEASURED


def _oscillation(block: Block, row: Row) -> Cell:
    """Return the swing of each trial's least steady loss, the median over seeds; failed trials swing worst."""
    swings = []
    for seed in block.seeds:
        record = row.records.get(seed)
        known = record.oscillation if record is not None and record.is_ok else {}
        swings.append(max((each for name, each in known.items() if name.startswith(LOSS)), default=math.nan))
    return cell(swings, SWING, has_failed=not row.ok)


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
