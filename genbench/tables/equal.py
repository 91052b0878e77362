"""Quality at equal spend: each seed's curve read at the same amounts of one currency."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from genbench.stats.interpolation import at_spends
from genbench.tables.cells import Sheet, frame
from genbench.tables.currencies import NAMES, STYLES, UNITS, Currency, left_out, spent_at, unknown
from genbench.tables.leads import Place, leads, sentence
from genbench.tables.quality import identities
from genbench.tables.seeds import cell, values, what_a_cell_is
from genbench.tables.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column

PLACES = 6
WIDE = 10.0  # last place to first, beyond which places are spread evenly by ratio
NARROW = 1.02  # last place to first, below which they are one
READING = (
    "How to read it: every seed's curve is read off its marks by monotone interpolation over what it had spent; the "
    "first place is where the last model has its first mark, the last one where the first model ends: never beyond."
)
Curve = list[tuple[float, float]]  # (spent, value), spending ascending


@dataclass(frozen=True, slots=True, kw_only=True)
class Equal:
    """A block's quality at equal spend: the amounts and every model's values there, or why there are none."""

    currency: Currency
    amounts: tuple[float, ...] = ()
    places: tuple[Place, ...] = ()
    reason: str | None = None

    @property
    def unit(self) -> str:
        """Return what follows an amount."""
        return UNITS.get(self.currency, f" {NAMES[self.currency]}")


def equal(block: Block, column: Column, currency: Currency) -> Equal:
    """Read every seed's validation curve at the same amounts of a currency."""
    reason = _unreadable(block, column, currency)
    if reason is not None:
        return Equal(currency=currency, reason=reason)
    curves = {row.label: _curves(block, row, column, currency) for row in block.rows}
    start = max(curve[0][0] for own in curves.values() for curve in own if curve)
    end = min(curve[-1][0] for row in block.rows for curve in _finished(block, row, curves[row.label]))
    if start > end:
        return Equal(currency=currency, reason=_apart(start, end, currency))
    amounts = _amounts(start, end)
    read = {label: [_read(curve, amounts) for curve in own] for label, own in curves.items()}
    places = tuple(
        Place(
            title=number(amount, STYLES.get(currency, "number")),
            found={label: tuple(values[index] for values in own) for label, own in read.items()},
        )
        for index, amount in enumerate(amounts)
    )
    return Equal(currency=currency, amounts=amounts, places=places)


def equal_sheet(block: Block, column: Column, currency: Currency) -> Sheet:
    """Return the headline measure at equal spend, with who leads there; without a table where it cannot be told."""
    found = equal(block, column, currency)
    name, title = f"equal_{currency}", f"Quality at equal {NAMES[currency]}"
    if found.reason is not None:
        text = f"{title}: cannot be told; {found.reason}"
        return Sheet(name=name, title=text, aside="", frame=pd.DataFrame(), titles={})
    first = leads(found.places, column)
    titles = {f"{amount:.12g}": place.title for amount, place in zip(found.amounts, found.places, strict=True)}
    entries = {
        row.label: {
            key: cell(place.found[row.label], column, has_failed=not row.ok)
            for key, place in zip(titles, found.places, strict=True)
        }
        for row in block.rows
    }
    n = number(block.identities[column.name, "validation"].n, "count")
    said = [sentence(first, f"At equal {NAMES[currency]} ", found.unit)] if len(block.rows) > 1 else []
    said.append(left_out(block) or "" if currency == "updates" else "")
    return Sheet(
        name=name,
        title=f"{title}: {column.title} {column.arrow} on validation (N {n})",
        aside=f"columns: {NAMES[currency]}; {what_a_cell_is(len(block.seeds))}",
        frame=frame(entries),
        titles=titles,
        sentences=(*(each for each in said if each), READING),
        identities=identities(block, [column], "validation"),
        leads=first,
    )


def _unreadable(block: Block, column: Column, currency: Currency) -> str | None:
    """Return why there are no curves to read."""
    if len(block.marks.get((column.name, "validation"), ())) < 2:
        return "quality was judged at fewer than two marks: run with --marks"
    reason = unknown(block, currency)
    if reason is not None:
        return reason
    is_any = any(_finished(block, row, _curves(block, row, column, currency)) for row in block.rows)
    return None if is_any else "no trial was done well"


def _curves(block: Block, row: Row, column: Column, currency: Currency) -> list[Curve]:
    """Return a curve for every planned seed: nothing where the trial was never photographed."""
    fractions = block.marks.get((column.name, "validation"), ())
    found = [values(block, row, column.name, split="validation", mark=each) for each in fractions]
    return [
        _curve(block, row, seed, currency, dict(zip(fractions, own, strict=True)))
        for seed, own in zip(block.seeds, zip(*found, strict=True), strict=True)
    ]


def _curve(block: Block, row: Row, seed: int, currency: Currency, known: dict[float, float]) -> Curve:
    """Return what was spent and reached at the marks that have a number; of equal spends the last."""
    record = row.records.get(seed)
    made: dict[float, float] = {}
    for fraction, value in known.items():
        spent = spent_at(record, fraction, currency) if record is not None else None
        if spent is not None and not math.isnan(value):
            made[spent] = value
    return sorted(made.items())


def _finished(block: Block, row: Row, curves: Sequence[Curve]) -> list[Curve]:
    """Return the curves of the good trials that have any."""
    pairs = zip(block.seeds, curves, strict=True)
    return [curve for seed, curve in pairs if curve and seed in row.records and row.records[seed].is_ok]


def _apart(start: float, end: float, currency: Currency) -> str:
    first, last = (number(amount, STYLES.get(currency, "number")) for amount in (start, end))
    return (
        f"a model ends at {last} {NAMES[currency]}, before another has its first mark at {first}: "
        "run with earlier marks, or a larger budget"
    )


def _amounts(start: float, end: float) -> tuple[float, ...]:
    """Return the two ends exactly, and between them amounts of three digits."""
    if end < NARROW * start:
        return (end,)
    spread = np.geomspace if start > 0 and end > WIDE * start else np.linspace
    inner = [float(f"{amount:.3g}") for amount in spread(start, end, PLACES)[1:-1]]
    return tuple(sorted({start, end, *(amount for amount in inner if start < amount < end)}))


def _read(curve: Curve, amounts: Sequence[float]) -> list[float]:
    """Return a seed's value at every amount, NaN before its first photograph and after its last."""
    if not curve:
        return [math.nan] * len(amounts)
    spent, reached = zip(*curve, strict=True)
    return [float(value) for value in at_spends(spent, reached, amounts)]
