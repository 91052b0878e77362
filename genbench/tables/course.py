"""Along the budget: who leads where, on validation rows, at the photographs taken while training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.tables.cells import Sheet, frame
from genbench.tables.currencies import NAMES, Currency, steps_at
from genbench.tables.equal import equal
from genbench.tables.leads import Lead, Place, leaders, leads, sentence
from genbench.tables.quality import identities
from genbench.tables.seeds import cell, values
from genbench.tables.words import listed, number

if TYPE_CHECKING:
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column, Columns

OWN: dict[str, Currency] = {"steps": "examples", "examples": "examples", "seconds": "seconds", "flops": "flops"}
TOLD: tuple[Currency, ...] = ("examples", "flops", "seconds", "energy")  # updates are asked for by name alone
READING = (
    "How to read it: medians on validation rows, against fewer rows than at the end and so not to be compared with the "
    "table above."
)


def course(block: Block, chosen: Columns) -> Sheet | None:
    """Return the headline measure at every mark, None where validation was judged at fewer than two."""
    column = chosen.headline
    fractions = block.marks.get((column.name, "validation"), ())
    if len(fractions) < 2 or (column.name, "validation") not in block.identities:
        return None
    titles = {fraction: position(block, fraction) for fraction in fractions}
    entries = {
        row.label: {
            titles[each]: cell(_values(block, row, column, each), column, has_failed=not row.ok) for each in fractions
        }
        for row in block.rows
    }
    first = leads(
        [
            Place(title=titles[each], found={row.label: _values(block, row, column, each) for row in block.rows})
            for each in fractions
        ],
        column,
    )
    n = number(block.identities[column.name, "validation"].n, "count")
    return Sheet(
        name="course",
        title=f"Along the budget: {column.title} {column.arrow} on validation (N {n})",
        aside=f"columns: {unit(block)}",
        frame=frame(entries),
        titles={title: title for title in titles.values()},
        sentences=(*_sentences(block, column, first), READING),
        identities=identities(block, [column], "validation"),
        leads=first,
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


def _is_same_everywhere(block: Block) -> bool:
    """Whether every trial that reached a mark had the same steps there."""
    for fraction in {mark.fraction for record in block.records for mark in record.marks} | {1.0}:
        found = {steps_at(record, fraction) for record in block.records if record.is_ok or fraction < 1} - {None}
        if len(found) != 1:
            return False
    return True


def _values(block: Block, row: Row, column: Column, fraction: float) -> tuple[float, ...]:
    return values(block, row, column.name, split="validation", mark=fraction)


def _sentences(block: Block, column: Column, first: tuple[Lead, ...]) -> tuple[str, ...]:
    """Return who leads along the budget, and in other currencies: in words where that differs, else in one line."""
    if len(block.rows) < 2:
        return ()
    said = [sentence(first, unit=" steps" if unit(block) == "steps" else "")]
    agreeing = []
    for currency in _others(block):
        found = equal(block, column, currency)
        there = leads(found.places, column)
        if leaders(there) == leaders(first):
            agreeing.append(NAMES[currency])
        elif there:
            reach = f"({there[0].title} to {there[-1].title})"
            said.append(sentence(there, f"At equal {NAMES[currency]} {reach} ", found.unit))
    if agreeing and said[0]:
        said.append(f"The same lead in the same order at equal {listed(agreeing)}.")
    return tuple(each for each in said if each)


def _others(block: Block) -> list[Currency]:
    """Return the currencies that the columns are not counted in already."""
    batches = {row.model.batch_size for row in block.rows if row.ok}
    is_examples = unit(block) == "steps" and len(batches) < 2
    own = "examples" if is_examples else None if unit(block) == "steps" else OWN[block.trial.budget.unit]
    return [currency for currency in TOLD if currency != own]
