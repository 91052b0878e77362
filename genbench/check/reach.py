"""What the statistics of a check can tell at all, as far as a baseline has to know it when it is made."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import stdev
from typing import TYPE_CHECKING

from genbench.check.findings import COLLAPSE, SPEEDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genbench.check.baseline import Cell
    from genbench.check.findings import Gate
    from genbench.check.rules import Rules

    Values = Sequence[float | None]

FEWEST = 3  # sessions that give a spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whether comparisons can ever fail, when they are first looked at, and what they find; `Rules` come last."""

    seeds_problem: Callable[[Values, Gate, int, Rules], str | None]  # values of the baseline; comparisons
    collapse_problem: Callable[[int, int, int, Rules], str | None]  # collapsed, of so many; comparisons
    pairs_problem: Callable[[int, Rules], str | None]
    pair_looks: Callable[[int, Rules], tuple[int, ...]]
    detectable: Callable[[Gate, Cell, int, Rules], float | None]  # in the unit of the gate's scale


def installed() -> Reach:
    """Return the statistics that come with genbench; they are imported here, since reading baselines needs none."""
    from genbench.check import reachability as can

    return Reach(
        seeds_problem=lambda values, gate, m, rules: can.seeds_problem(values, gate=gate, comparisons=m, rules=rules),
        collapse_problem=lambda bad, of, m, rules: can.collapse_problem(bad, of, comparisons=m, rules=rules),
        pairs_problem=lambda m, rules: can.pairs_problem(comparisons=m, rules=rules),
        pair_looks=can.pair_looks,
        detectable=_detectable,
    )


def _detectable(gate: Gate, cell: Cell, comparisons: int, rules: Rules) -> float | None:
    """Return the effect that one comparison finds in 80 of 100 checks; None where nothing tells."""
    from genbench.check import detectable as found

    if gate.measure == COLLAPSE:
        judged = [row.is_collapsed for row in cell.seeds if row.is_collapsed is not None]
        return found.detectable_collapse(judged, comparisons=comparisons, rules=rules)
    if gate.measure not in SPEEDS:
        values = [row.values[gate.measure] for row in cell.seeds]
        return found.detectable_seeds(values, gate=gate, comparisons=comparisons, rules=rules)
    spread = _spread(gate, cell)
    return None if spread is None else found.detectable_pairs(spread, comparisons=comparisons, rules=rules)


def _spread(gate: Gate, cell: Cell) -> float | None:
    """Return the deviation to expect of a pair's log ratio, from sessions; too large where the machine drifts."""
    logs = [math.log(getattr(each, gate.measure)) for each in cell.sessions]
    return math.sqrt(2) * stdev(logs) if len(logs) >= FEWEST else None
