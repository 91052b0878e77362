"""One sentence a pair of models: which is better, how surely, and how many seeds it would take to tell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from genbench.stats.looks import compare_in_looks
from genbench.stats.pairs import LEVEL, Comparison, compare, holm
from genbench.tables.seeds import values
from genbench.tables.words import listed, number, plural, probability

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
    comparison: Comparison
    looks: tuple[int, ...] = ()  # planned ones
    p_holm: float | None = None  # corrected for all comparisons of the block; None of planned looks

    @property
    def is_told(self) -> bool:
        """Whether the two differ, after the correction where there is one."""
        return self.comparison.distinguishable and (self.p_holm is None or self.p_holm <= LEVEL)

    @property
    def sentence(self) -> str:
        """Return the verdict as a reader sees it."""
        found = self.comparison
        seeds = plural(min(found.seeds), "seed")
        if found.distinguishable:
            when = f", decided at {seeds}" if self.looks else ""
            return f"{self.first} against {self.second}, {self.column.title}: {self._pairs}{when}."
        level = f" (to tell at this look: {probability(found.level)})" if self.looks else ""
        needed = f"; it would take about {found.seeds_needed} seeds each" if found.seeds_needed else ""
        told = f"{seeds} cannot tell {self.first} from {self.second}, {self.column.title}"
        return f"{told}: {self.first} {self._pairs}{level}{needed}."

    @property
    def _pairs(self) -> str:
        found = self.comparison
        tied = f", {found.ties} equal" if found.ties else ""
        low, high = (number(bound, "ratio") for bound in found.probability_interval)
        chance = f"P(better) {number(found.probability, 'ratio')} [{low}, {high}]"
        return f"better in {found.better} of {plural(found.pairs, 'pair')}{tied}, {chance}, {probability(found.p)}"


def verdicts(block: Block, chosen: Columns) -> tuple[Verdict, ...]:
    """Compare each pair of models by their headline variants, in every measure that ranks."""
    made = []
    for one, other in combinations(block.rows, 2):
        for column in chosen.ranking:
            pair = [(row.label, values(block, row, column.name)) for row in (one, other)]
            made.append(_verdict(pair, column, block.looks))
    if block.looks:
        return tuple(made)
    corrected = holm([each.comparison.p for each in made])
    return tuple(replace(each, p_holm=p) for each, p in zip(made, corrected, strict=True))


def _verdict(pair: Sequence[tuple[str, Sequence[float]]], column: Column, looks: tuple[int, ...]) -> Verdict:
    """Compare two models, the one that is better in more pairs first."""
    (first, one), (second, other) = pair
    if looks:
        found = compare_in_looks(one, other, looks, lower_is_better=column.is_lower_better)
    else:
        found = compare(one, other, lower_is_better=column.is_lower_better)
    if 2 * found.better < found.pairs - found.ties:
        return _verdict(pair[::-1], column, looks)
    return Verdict(first=first, second=second, column=column, looks=looks, comparison=found)


def ranks(block: Block, found: Sequence[Verdict]) -> dict[str, str]:
    """Return every model's rank, 1 and one more for each model that is told from it and better; `=` where shared.

    Of several measures that rank, the first that tells two models apart decides between them.
    """
    deciding: dict[frozenset[str], Verdict] = {}
    for each in found:
        pair = frozenset((each.first, each.second))
        if each.is_told:
            deciding.setdefault(pair, each)
    beaten = [each.second for each in deciding.values()]
    places = {row.label: 1 + beaten.count(row.label) for row in block.rows}
    shared = [*places.values()]
    return {label: f"{place}{'=' if shared.count(place) > 1 else ''}" for label, place in places.items()}


def sentences(found: tuple[Verdict, ...], best: str) -> tuple[str, ...]:
    """Return the verdicts to print, of many those about the `best` row, and what their reader has to know."""
    pairs = {frozenset((each.first, each.second)) for each in found}
    shown = found if len(pairs) <= MOST_PAIRS else tuple(each for each in found if best in (each.first, each.second))
    said = [each.sentence for each in shown]
    if len(shown) < len(found):
        said.append(f"Only {best} is compared here; all {len(pairs)} pairs are in the JSON.")
    if len(found) > 1:
        said.append(_correction(found))
    return tuple(said)


def _correction(found: Sequence[Verdict]) -> str:
    """Return what becomes of the verdicts where all comparisons together may err in 5 %."""
    if found[0].looks:
        return f"Looks are paid for within each comparison; nothing is corrected for the {len(found)} that were made."
    start = f"Each p is of one comparison; corrected by Holm for the {len(found)} that were made"
    told = [each for each in found if each.comparison.distinguishable]
    lost = [f"{each.first} against {each.second} ({each.column.title})" for each in told if not each.is_told]
    if not told:
        return f"{start}, none is told either."
    if not lost:
        return f"{start}, every verdict stands."
    if len(lost) == len(told):
        return f"{start}, no verdict stands."
    named = listed(lost) if len(lost) <= MOST_PAIRS else f"{len(lost)} of the {len(told)} verdicts"
    return f"{start}, {named} would not stand."
