"""A sheet apart: numbers by the papers' own convention, which compares samples with the rows that trained the model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.tables.cells import Sheet, frame
from genbench.tables.columns import column_of
from genbench.tables.quality import controls, identities, title, variant_label
from genbench.tables.seeds import cell, values, what_a_cell_is
from genbench.tables.words import listed

if TYPE_CHECKING:
    from genbench.tables.blocks import Block

HEADING = (
    "For comparison with papers; blind to memorisation "
    "(fid50k-train: Inception weights, 50k samples against the train rows)"
)
READING = (
    "How to read it: beside published numbers of the same convention; a model that repeats its train rows wins here."
)


def papers(block: Block) -> Sheet | None:
    """Return what was measured against train rows, None where nothing was; it enters no ranking and no verdict."""
    shown = [column_of(block, name) for name in block.names("train")]
    if not shown:
        return None
    entries = {
        variant_label(row, variant): {
            each.name: cell(values(block, row, each.name, split="train", variant=variant), each, has_failed=not row.ok)
            for each in shown
        }
        for row in block.rows
        for variant in row.model.variants
    }
    measured = {
        label: cells
        for label, cells in controls(block, shown, "train").items()
        if any(each.value is not None for each in cells.values())
    }
    return Sheet(
        name="papers",
        title=HEADING,
        aside=what_a_cell_is(len(block.seeds)),
        frame=frame(entries | measured),
        titles={each.name: title(each, block) for each in shown},
        sentences=(f"{READING} Numbers are {listed(identities(block, shown, 'train'))}.",),
        identities=identities(block, shown, "train"),
    )
