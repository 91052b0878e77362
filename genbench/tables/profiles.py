"""Performance profiles for machines: which share of each model's seeds reaches every value of the headline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from genbench.escaping import plain
from genbench.stats.profiles import performance_profile
from genbench.tables.seeds import values

if TYPE_CHECKING:
    from genbench.tables.blocks import Block
    from genbench.tables.columns import Column


def profiles(block: Block, column: Column) -> dict[str, Any]:
    """Return every value that a seed reached, from the best on, and the share of each model's seeds that reach it."""
    found = {row.label: values(block, row, column.name) for row in block.rows}
    thresholds = sorted(
        {value for own in found.values() for value in own if value == value}, reverse=not column.is_lower_better
    )
    shares = {
        label: performance_profile(own, thresholds, lower_is_better=column.is_lower_better).tolist()
        for label, own in found.items()
    }
    return {"measure": plain(column.name), "thresholds": thresholds, "shares": shares}
