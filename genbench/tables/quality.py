"""The first table: how good the samples are, against rows that no trial has seen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from genbench.metrics.modes import HQ_CEILING
from genbench.tables.cells import NOT_MEASURED, NOTHING, Cell, Sheet, frame
from genbench.tables.seeds import cell, control, median, values, what_a_cell_is
from genbench.tables.words import listed, number, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Split
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column, Columns

CONTROLS: tuple[Literal["floor", "memoriser", "noise"], ...] = ("floor", "memoriser", "noise")
CONTROL = "· "  # before the name of a row that is no model
MEANINGS = {
    "floor": "floor = real train rows in a model's place (± over 10 draws), as good as {n} rows can look",
    "memoriser": "memoriser = train rows drawn again, meant to look good, and unmasked by the column copies alone",
    "noise": "noise = uniform values, as bad as it gets",
}


def quality(block: Block, chosen: Columns, verdicts: tuple[str, ...]) -> Sheet:
    """Return the table of sample quality, best first, controls below."""
    entries = {label: _cells(block, row, variant, chosen) for label, row, variant in ranking(block, chosen)}
    controls = block.reference.measures if block.reference is not None else {}
    for name in CONTROLS:
        if name in controls:
            shown = {column.name: control(controls[name], column) for column in chosen.shown}
            entries[f"{CONTROL}{name}"] = {"ok": NOTHING, **shown}
    n = rows_used(block, chosen.headline)
    return Sheet(
        name="quality",
        title=f"Sample quality against held-out ({n})",
        aside=what_a_cell_is(len(block.seeds)),
        frame=frame(entries),
        titles={"ok": "ok"} | {each.name: _title(each, block) for each in chosen.shown},
        sentences=(*verdicts, _how_to_read(block, chosen)),
        identities=identities(block, chosen.shown),
    )


def ranking(block: Block, chosen: Columns) -> list[tuple[str, Row, str]]:
    """Return (label, row, variant) of every row, best first by the ranking columns, failed ones last."""
    rows = []
    for row in block.rows:
        for variant in row.model.variants:
            found = [
                median(values(block, row, column.name, variant=variant), column) * (1 if column.is_lower_better else -1)
                for column in chosen.ranking
            ]
            rows.append((found, variant_label(row, variant), row, variant))
    return [(label, row, variant) for _, label, row, variant in sorted(rows, key=lambda each: each[:2])]


def best_first(block: Block, chosen: Columns) -> Block:
    """Return the block with its models in the order of their headline variants, which every table keeps."""
    order = [row for _, row, variant in ranking(block, chosen) if variant == row.model.variants[0]]
    return replace(block, rows=tuple(order))


def variant_label(row: Row, variant: str) -> str:
    """Return a row's label: the model's, with the variant's name unless it is the headline one."""
    variants = row.model.variants
    if variant == variants[0]:
        return row.label
    name = plain(variant)
    is_only_one = [plain(each) for each in variants].count(name) == 1
    return f"{row.label} {name}" if is_only_one else f"{row.label} {name} {variants.index(variant)}"


def rows_used(block: Block, column: Column) -> str:
    """Return the rows on each side of a number, as `N 500`."""
    return f"N {number(block.identities[column.name, 'held_out'].n, 'count')}"


def _how_to_read(block: Block, chosen: Columns) -> str:
    """Return one line that says what the controls, the arrows and the identities mean."""
    controls = block.reference.measures if block.reference is not None else {}
    n = rows_used(block, chosen.headline)
    said = [MEANINGS[name].format(n=n.removeprefix("N ")) for name in CONTROLS if name in controls]
    if not said:
        said = ["no floor and no controls were measured for these rows"]
    said.append("↓ lower is better, ↑ higher is better")
    if any(column.name.startswith("hq_share:") for column in chosen.shown):
        said.append(f"the high-quality share of perfect samples is {number(HQ_CEILING)}")
    if any(len(row.model.variants) > 1 for row in block.rows):
        said.append("a second name is another way to sample the same training; the headline is the row without one")
    return f"How to read it: {'; '.join(said)}. Numbers are {listed(identities(block, chosen.shown))}."


def identities(block: Block, shown: Sequence[Column], split: Split = "held_out") -> tuple[str, ...]:
    """Return what the numbers are numbers of, one text for each extractor: `fd, kd@500:classifier (3f2a91c0)`."""
    groups: dict[tuple[str, str, int, int | None], list[str]] = {}
    for column in shown:
        found = block.identities[column.name, split]
        key = (plain(found.features, 40), plain(found.features_hash, 64)[:8], found.n, found.k)
        groups.setdefault(key, []).append(plain(found.metric, 40))
    return tuple(
        f"{', '.join(metrics)}@{n}{'' if k is None else f',k={k}'}:{features} ({digest})"
        for (features, digest, n, k), metrics in groups.items()
    )


def _cells(block: Block, row: Row, variant: str, chosen: Columns) -> dict[str, Cell]:
    counted = Cell(value=len(row.ok), style="count", word=f"{len(row.ok)}/{len(block.seeds)}")
    return {"ok": counted} | {each.name: _cell(block, row, variant, each) for each in chosen.shown}


def _cell(block: Block, row: Row, variant: str, column: Column) -> Cell:
    found = values(block, row, column.name, variant=variant)
    if column.is_copies:
        return _copies(found, len(row.ok))
    return cell(found, column, has_failed=not row.ok)


def _copies(found: tuple[float, ...], ok: int) -> Cell:
    """Return whether the samples are copies of train rows: `no`, `YES`, or in how many of the trials."""
    measured = [value for value in found if value == value]
    if not measured:
        return NOT_MEASURED if ok else Cell(status="failed")
    count = sum(value > 0 for value in measured)
    word = "no" if not count else "YES" if count == len(measured) else f"{count} of {len(measured)}"
    return Cell(value=count, style="count", word=word)


def _title(column: Column, block: Block) -> str:
    if column.is_copies:
        return column.title
    if column.name.startswith("modes:") and block.trial.data.mixture is not None:
        return f"{column.title} {column.arrow} of {len(block.trial.data.mixture.centres)}"
    return f"{column.title} {column.arrow}"
