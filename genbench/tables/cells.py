"""The frozen types between records and formats: a cell is one number, a sheet one table, a page one comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from genbench.tables.words import Style, finite, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genbench.tables.leads import Lead

Status = Literal["ok", "bound failed", "failed", "not measured", "n/a"]

EMPTY = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One number as a reader meets it; None always comes with a status that says why."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    deviation: float | None = None  # printed as ±
    status: Status = "ok"
    style: Style = "number"
    word: str | None = None  # printed in the number's place: YES, no
    beyond: str = "fail"  # printed for a bound that fell on a failed trial
    parts: tuple[tuple[str, float | str], ...] = ()  # several named numbers in one cell

    @property
    def first_line(self) -> str:
        """Return the number, or the word in its place."""
        if self.word is not None:
            return self.word
        if self.value is None:
            return "failed" if self.status == "failed" else EMPTY if self.status == "not measured" else self.status
        around = f" ±{number(self.deviation, 'deviation')}" if self.deviation is not None else ""
        return f"{number(self.value, self.style)}{around}"

    @property
    def second_line(self) -> str:
        """Return the bounds as `[low, high]`, or nothing."""
        if self.value is None or (self.low is None and self.high is None and self.status == "ok"):
            return ""
        bounds = [self.beyond if bound is None else number(bound, self.style) for bound in (self.low, self.high)]
        return f"[{bounds[0]}, {bounds[1]}]"

    @property
    def lines(self) -> tuple[str, ...]:
        """Return what is printed, line by line."""
        if self.parts:
            return tuple(f"{name} {_part(amount)}" for name, amount in self.parts)
        return (self.first_line, self.second_line) if self.second_line else (self.first_line,)


NOT_MEASURED = Cell(status="not measured")
NOT_AVAILABLE = Cell(status="n/a")  # the model does not support this kind of data
NOTHING = Cell(status="n/a", word="")  # a place where no number is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table: `frame` has a row per model (index: labels), a column per quantity and a Cell in every place."""

    name: str  # for machines: "quality"
    title: str
    aside: str  # what a cell is
    frame: pd.DataFrame
    titles: dict[str, str]  # column's name for machines -> its title
    sentences: tuple[str, ...] = ()  # beneath the table
    identities: tuple[str, ...] = ()  # what its numbers are numbers of
    leads: tuple[Lead, ...] = ()  # who is first at every place, of a sheet along a budget
    optional: tuple[str, ...] = ()  # columns that a terminal leaves out where they do not fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One comparison: everything that was trained on the same data under the same budget in the same way."""

    run: str
    data: str
    header: tuple[str, ...]  # joined by middle dots
    sheets: tuple[Sheet, ...]
    marks: dict[str, tuple[int, ...]]  # row label -> numbers of its footnotes
    footnotes: tuple[str, ...]
    failures: tuple[str, ...]
    absent: tuple[str, ...]  # models for other kinds of data
    caption: str  # data, budget and seeds in one sentence
    facts: dict[str, object]  # what machines want to know besides: budget, seeds, identities, comparisons
    measures: pd.DataFrame  # long: a row per model, variant, measure, split and mark


def frame(entries: Mapping[str, Mapping[str, Cell]]) -> pd.DataFrame:
    """Return cells by row label and column name as a sheet's frame, the order kept."""
    return pd.DataFrame.from_dict(
        {label: dict(cells) for label, cells in entries.items()}, orient="index", dtype=object
    )


def ranked(values: tuple[float, float, float], style: Style) -> Cell:
    """Return the cell of a median and its bounds, of which an infinite one fell on a failed trial."""
    median, low, high = (finite(value) for value in values)
    if median is None:
        return Cell(status="failed", style=style)
    status: Status = "bound failed" if low is None or high is None else "ok"
    return Cell(value=median, low=low, high=high, status=status, style=style)


def _part(amount: float | str) -> str:
    return amount if isinstance(amount, str) else number(amount, "count")
