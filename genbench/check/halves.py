"""A baseline against itself: one whose first seeds differ from its last was not made under one condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.check.baseline import Halves
from genbench.check.findings import COLLAPSE
from genbench.stats.pairs import mann_whitney_p
from genbench.stats.ranking import ranked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from genbench.check.baseline import Cell
    from genbench.check.findings import Gate

LEVEL = 0.01  # shared out among the comparisons: one in a hundred honest baselines is refused


def halves(gates: Sequence[Gate], cells: Sequence[Cell]) -> tuple[Halves, ...]:
    """Compare the first half of the planned seeds with the second, for every gated comparison of quality.

    By the exact two-sided Mann-Whitney test, failed seeds being the worst; each at 0.01 over the number of comparisons.
    """
    by_name = {cell.name: cell for cell in cells}
    judged = [gate for gate in gates if gate.half == "quality"]
    found = []
    for gate in judged:
        values = _values(gate, by_name[gate.cell])
        middle = len(values) // 2
        p = mann_whitney_p(values[:middle], values[middle:])
        level = LEVEL / len(judged)
        found.append(Halves(model=gate.model, data=gate.data, measure=gate.measure, p=p, level=level))
    return tuple(found)


def _values(gate: Gate, cell: Cell) -> NDArray[np.float64]:
    """Return one value a seed, in the order in which they were planned."""
    is_rate = gate.measure == COLLAPSE
    told = [row.counts_as_collapsed if is_rate else row.values[gate.measure] for row in cell.seeds]
    return ranked([np.nan if each is None else float(each) for each in told], lower_is_better=gate.better == "lower")
