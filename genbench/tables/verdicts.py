"""One sentence a pair of models: which is better, how surely, and how many seeds it would take to tell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from genbench.stats.pairs import Comparison, compare
from genbench.tables.seeds import values
from genbench.tables.words import plural, probability

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.tables.blocks import Block
    from genbench.tables.columns import Column, Columns

MOST_PAIRS = 6  # beyond that only the best against each of the others is said; machines get every pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the seeds say about two models in one measure."""

    first: str
    second: str
    column: Column
    seeds: int
    comparison: Comparison

    @property
    def sentence(self) -> str:
        """Return the verdict as a reader sees it."""
        found = self.comparison
        tied = f", {found.ties} equal" if found.ties else ""
        pairs = f"better in {found.better} of {plural(found.pairs, 'pair')}{tied}, {probability(found.p)}"
        if found.distinguishable:
            return f"{self.first} against {self.second}, {self.column.title}: {pairs}."
        needed = f"; it would take about {found.seeds_needed} seeds each" if found.seeds_needed else ""
        told = f"{plural(self.seeds, 'seed')} cannot tell {self.first} from {self.second}, {self.column.title}"
        return f"{told}: {self.first} {pairs}{needed}."


def verdicts(block: Block, chosen: Columns) -> tuple[Verdict, ...]:
    """Compare each pair of models by their headline variants, in every measure that ranks."""
    made = []
    for one, other in combinations(block.rows, 2):
        for column in chosen.ranking:
            pair = [(row.label, values(block, row, column.name)) for row in (one, other)]
            made.append(_verdict(pair, column))
    return tuple(made)


def _verdict(pair: Sequence[tuple[str, Sequence[float]]], column: Column) -> Verdict:
    """Compare two models, the one that is better in more pairs first."""
    (first, one), (second, other) = pair
    found = compare(one, other, lower_is_better=column.is_lower_better)
    if 2 * found.better < found.pairs - found.ties:
        return _verdict(pair[::-1], column)
    return Verdict(first=first, second=second, column=column, seeds=len(one), comparison=found)


def sentences(found: tuple[Verdict, ...], best: str) -> tuple[str, ...]:
    """Return the verdicts to print, of many those about the `best` row, and what their reader has to know."""
    pairs = {frozenset((each.first, each.second)) for each in found}
    shown = found if len(pairs) <= MOST_PAIRS else tuple(each for each in found if best in (each.first, each.second))
    said = [each.sentence for each in shown]
    if len(shown) < len(found):
        said.append(f"Only {best} is compared here; all {len(pairs)} pairs are in the JSON.")
    if len(found) > 1:
        said.append(f"Each p is of one comparison, not corrected for the {len(found)} that were made.")
    return tuple(said)
