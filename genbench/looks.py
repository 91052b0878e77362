"""Planned looks at the seeds: more of them only while some pair of models is undecided.

The seeds of a study are not known to suffice before they are run. Looking after every seed until something shows would
find differences that are not there; planned looks, among which the chance of that is divided, do not.

References:
    K. K. G. Lan, D. L. DeMets, Discrete Sequential Boundaries for Clinical Trials, Biometrika 70, 1983: alpha spending.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from genbench.refs import Frozen
from genbench.stats.looks import compare_in_looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from genbench.record import Record, Reference
    from genbench.tables.blocks import Block

PLANNED = (5, 10, 20)  # seeds at each look
MOST_SEEDS = 20


class Stopped(Frozen):
    """Where a run with planned looks stopped."""

    seeds: int  # of each model, run
    reason: str


def planned(most: int) -> tuple[int, ...]:
    """Return the looks of a study of at most `most` seeds: 5, 10 and 20 as far as they go, and the last."""
    return (*(look for look in PLANNED if look < most), most)


def undecided(
    records: Iterable[Record], references: Mapping[str, Reference], looks: tuple[int, ...]
) -> tuple[str, ...] | None:
    """Return the pairs of models that the seeds so far cannot tell apart, by the measure that ranks.

    Two models that both failed throughout are told apart by no number of seeds, and are not named.

    Returns:
        Pairs as `a and b on digits`; None where there is no pair to compare.
    """
    from genbench.tables.blocks import blocks

    found = [_undecided(block, looks) for block in blocks(records, references, run="")]
    pairs = [pair for each in found if each is not None for pair in each]
    return None if all(each is None for each in found) else tuple(pairs)


def _undecided(block: Block, looks: tuple[int, ...]) -> list[str] | None:
    from genbench.tables.columns import columns
    from genbench.tables.seeds import values

    chosen = columns(block)
    if len(block.rows) < 2 or chosen is None:
        return None
    column, pairs = chosen.ranking[0], []
    for first, second in combinations(block.rows, 2):
        ours, theirs = (values(block, row, column.name) for row in (first, second))
        if all(math.isnan(value) for value in (*ours, *theirs)):
            continue
        if not compare_in_looks(ours, theirs, looks, lower_is_better=column.is_lower_better).distinguishable:
            pairs.append(f"{first.label} and {second.label} on {block.trial.data.name}")
    return pairs
