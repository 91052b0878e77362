"""Along the budget: who leads where, on validation rows, at the photographs taken while training."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from genbench.stats.pairs import compare
from genbench.tables.cells import Sheet, frame
from genbench.tables.quality import identities
from genbench.tables.seeds import cell, marks, median, values
from genbench.tables.words import listed, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Record
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column, Columns


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A point of the budget, with every model's values over seeds there."""

    title: str
    found: dict[str, tuple[float, ...]]


def course(block: Block, chosen: Columns) -> Sheet | None:
    """Return the headline measure at every mark, None where validation was judged at fewer than two."""
    column = chosen.headline
    fractions = marks(block.records, column.name, "validation")
    if len(fractions) < 2 or (column.name, "validation") not in block.identities:
        return None
    titles = {fraction: position(block, fraction) for fraction in fractions}
    entries = {
        row.label: {
            titles[each]: cell(_values(block, row, column, each), column, has_failed=not row.ok) for each in fractions
        }
        for row in block.rows
    }
    places = [
        Place(title=titles[each], found={row.label: _values(block, row, column, each) for row in block.rows})
        for each in fractions
    ]
    n = number(block.identities[column.name, "validation"].n, "count")
    return Sheet(
        name="course",
        title=f"Along the budget: {column.title} {column.arrow} on validation (N {n})",
        aside=f"columns: {unit(block)}",
        frame=frame(entries),
        titles={title: title for title in titles.values()},
        sentences=_sentences(block, column, places, fractions),
        identities=identities(block, [column], "validation"),
    )


def unit(block: Block) -> str:
    """Return what positions along the budget are counted in."""
    return "steps" if block.trial.budget.is_exact and _is_same_everywhere(block) else f"% of {block.trial.budget}"


def position(block: Block, fraction: float) -> str:
    """Return a mark as a column's title: steps where all trials agree on them, else per cent of the budget."""
    if unit(block) != "steps":
        return f"{100 * fraction:.3g} %"
    steps = next(steps for record in block.records if (steps := steps_at(record, fraction)) is not None)
    return number(steps, "count")


def steps_at(record: Record, fraction: float) -> int | None:
    """Return the hand-outs that a photograph contains, None where the trial did not come so far."""
    found = next((mark.steps for mark in record.marks if mark.fraction == fraction), None)
    return record.spend.steps if found is None and fraction == 1 and record.spend is not None else found


def seconds_at(record: Record, fraction: float) -> float | None:
    """Return the charged seconds at a photograph, None where there is none or the machine was shared."""
    if record.spend is None or record.spend.is_shared:
        return None
    found = next((mark.seconds for mark in record.marks if mark.fraction == fraction), None)
    return record.spend.seconds if found is None and fraction == 1 else found


def _is_same_everywhere(block: Block) -> bool:
    """Whether every trial that reached a mark had the same steps there."""
    for fraction in {mark.fraction for record in block.records for mark in record.marks} | {1.0}:
        found = {steps_at(record, fraction) for record in block.records if record.is_ok or fraction < 1} - {None}
        if len(found) != 1:
            return False
    return True


def _values(block: Block, row: Row, column: Column, fraction: float) -> tuple[float, ...]:
    return values(block, row, column.name, split="validation", mark=fraction)


def _sentences(block: Block, column: Column, places: list[Place], fractions: Sequence[float]) -> tuple[str, ...]:
    if len(block.rows) < 2:
        return ()
    said = [_leads("", places, column, f" {unit(block)}" if unit(block) == "steps" else "")]
    timed = _timed(block, column, fractions)
    if timed:
        said.append(_leads(f"At equal seconds ({timed[0].title} to {timed[-1].title}) ", timed, column, " s"))
    return tuple(each for each in said if each)


def _leads(opening: str, places: Sequence[Place], column: Column, suffix: str) -> str:
    """Return who leads where by medians, and where the seeds cannot tell the first from the second."""
    led = [(leader, place) for place in places if (leader := _leader(place, column)) is not None]
    runs = [(leader, [place for _, place in own]) for leader, own in groupby(led, key=lambda each: each[0])]
    if not runs:
        return ""
    parts = [_run(leader, own, index, len(runs), suffix) for index, (leader, own) in enumerate(runs)]
    unsure = [place.title for _, place in led if not _is_clear(place, column)]
    if not unsure:
        return f"{opening}{', '.join(parts)}."
    where = "anywhere" if len(unsure) == len(led) else f"at {listed(unsure)}{suffix}"
    return f"{opening}{', '.join(parts)}; the seeds cannot tell first from second {where}."


def _run(leader: str, own: Sequence[Place], index: int, count: int, suffix: str) -> str:
    first, last = own[0].title, own[-1].title
    if count == 1:
        return f"{leader} leads throughout"
    if index == 0:
        return f"{leader} leads up to {last}{suffix}"
    if index == count - 1:
        return f"{leader} from {first}{suffix}"
    return f"{leader} at {first}{suffix}" if first == last else f"{leader} from {first} to {last}{suffix}"


def _order(place: Place, column: Column) -> list[tuple[float, str]]:
    sign = 1 if column.is_lower_better else -1
    return sorted((sign * median(found, column), label) for label, found in place.found.items())


def _leader(place: Place, column: Column) -> str | None:
    """Return the model with the best median; None where all failed or two are level."""
    order = _order(place, column)
    if not math.isfinite(order[0][0]) or (len(order) > 1 and order[0][0] == order[1][0]):
        return None
    return order[0][1]


def _is_clear(place: Place, column: Column) -> bool:
    """Whether the seeds tell the leader from the second."""
    order = _order(place, column)
    if len(order) < 2:
        return True
    first, second = (place.found[label] for _, label in order[:2])
    return compare(first, second, lower_is_better=column.is_lower_better).distinguishable


def _timed(block: Block, column: Column, fractions: Sequence[float]) -> list[Place]:
    """Return the same values at equal seconds: each model's last photograph; empty where seconds mean nothing."""
    if block.trial.budget.unit == "seconds":
        return []  # the columns are equal seconds already
    clocks = {row.label: _clock(row, fractions) for row in block.rows}
    if any(len(clock) < len(fractions) for clock in clocks.values()):
        return []
    start = max(min(clock.values()) for clock in clocks.values())  # every model has a photograph by then
    end = min(max(clock.values()) for clock in clocks.values())
    times = sorted({time for clock in clocks.values() for time in clock.values() if start <= time <= end})
    rows = {row.label: row for row in block.rows}
    places = []
    for time in times:
        last = {label: max(each for each in fractions if clock[each] <= time) for label, clock in clocks.items()}
        found = {label: _values(block, rows[label], column, fraction) for label, fraction in last.items()}
        places.append(Place(title=number(time), found=found))
    return places


def _clock(row: Row, fractions: Sequence[float]) -> dict[float, float]:
    """Return the median charged seconds at every mark that has any."""
    seen = {each: [s for record in row.ok if (s := seconds_at(record, each)) is not None] for each in fractions}
    return {fraction: statistics.median(seconds) for fraction, seconds in seen.items() if seconds}
