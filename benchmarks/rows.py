"""One line of the table: values in rounds, what they should be, and whether what is compared computes the same."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.networks import BATCH
from benchmarks.rotation import Absent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from benchmarks.rotation import Rotation

AGREEMENT = 1e-4  # relative, of losses and of measures on equal weights, rows and noise


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int
    seconds: float  # of a burst
    is_quick: bool


@dataclass(frozen=True, kw_only=True)
class Row:
    """One line of the table: values in rounds, and what they should be."""

    work: str
    against: str = "–"
    values: Sequence[float] = ()
    unit: str = "×"
    least: float | None = None
    most: float | None = None
    ours: str = ""
    theirs: str = ""
    absent: str = ""  # why there are no values

    @property
    def median(self) -> float:
        """The median of rounds."""
        return statistics.median(self.values)

    @property
    def is_met(self) -> bool | None:
        """Whether the goal is; None where there is none, or nothing to tell it by."""
        if not self.values or (self.least is None and self.most is None):
            return None
        return self.median >= self.least if self.least is not None else self.median <= (self.most or 0)


def check_agreement(work: str, turns: Rotation) -> None:
    """Refuse to compare what does not compute the same.

    Raises:
        AssertionError: a side's values differ from the first's by more than rounding.
    """
    told = {name: each["losses"] for name, each in turns.told.items() if each.get("losses")}
    expected = next(iter(told.values()))
    for name, found in told.items():
        apart = max(abs(one - other) / max(abs(other), 1e-6) for one, other in zip(found, expected, strict=True))
        assert apart < AGREEMENT, f"{work}: {name} computes {found}, expected {expected}"


def guarded(work: str, measure: Callable[[Effort], Iterable[Row]], effort: Effort) -> list[Row]:
    """Measure a group; where no side of ours could run, say why instead."""
    try:
        return list(measure(effort))
    except Absent as reason:
        return [Row(work=work, absent=str(reason))]


def as_json(row: Row) -> dict[str, Any]:
    """Return a row with its values, median and whether it is met."""
    median = row.median if row.values else None
    return vars(row) | {"values": list(row.values), "median": median, "is_met": row.is_met}


def risen(turns: Rotation, name: str) -> float:
    """Return the megabytes by which the high-water mark rose over the features."""
    return turns.bursts[name][0].high_water - turns.told[name]["base"]


def rate(turns: Rotation, name: str) -> str:
    """Say how many examples a side trains on in a second of its processor."""
    return f"{BATCH / statistics.median(turns.costs(name)):,.0f} ex/CPU-s"


def speed(flops: float, turns: Rotation, name: str) -> str:
    """Say at how many operations a second a side does work of so many."""
    return f"{flops / statistics.median(turns.costs(name)) / 1e9:.0f} GF/s"


def seconds(turns: Rotation, name: str) -> str:
    """Say how long a side takes."""
    return f"{statistics.median(turns.costs(name)):.3g} CPU-s"
