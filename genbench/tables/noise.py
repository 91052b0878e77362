"""Two reasons why seeds differ: training came out otherwise, and the metric saw other samples."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.stats.variance import components
from genbench.tables.collapse import floor
from genbench.tables.words import finite

if TYPE_CHECKING:
    from genbench.refs import Split
    from genbench.tables.blocks import Block, Row
    from genbench.tables.columns import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Deviations in the measure's own unit; None where they cannot be told."""

    mean: float | None = None  # of the seeds that gave a number
    seed: float | None = None  # of training again with another seed; 0 where sampling explains all of the spread
    sampling: float | None = None  # of measuring the same training again

    def share(self, deviation: float | None) -> float | None:
        """Return a deviation as a share of the mean, as the coefficient of variation is."""
        return deviation / abs(self.mean) if deviation is not None and self.mean else None


def noise(
    block: Block, row: Row, column: Column, *, split: Split = "held_out", variant: str | None = None, mark: float = 1.0
) -> Noise:
    """Separate the noise of training from that of sampling, over the good trials of a row.

    The second is each measure's own standard error, or the floor's deviation over draws where a metric states none; a
    model that is far from the data has more than the floor.
    """
    measured = (row.measure(record.trial.seed, column.name, split, variant, mark) for record in row.ok)
    found = [
        (value, finite(each.se)) for each in measured if each is not None and (value := finite(each.value)) is not None
    ]
    if not found:
        return Noise()
    values = [value for value, _ in found]
    mean, deviation = statistics.fmean(values), floor(block, column.name, split)[1]
    variances = [_variance(deviation if error is None else error) for _, error in found]
    parts = components(values, variances)
    if parts is None:
        return Noise(mean=mean, sampling=finite(variances[0] ** 0.5))
    is_known = parts.sampling_deviation is not None
    return Noise(mean=mean, seed=parts.seed_deviation if is_known else None, sampling=parts.sampling_deviation)


def _variance(deviation: float | None) -> float:
    return math.nan if deviation is None else deviation**2
