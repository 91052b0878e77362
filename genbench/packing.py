"""In which order trials begin, so that workers are busy to the end and a run that is cut short has whole seeds."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genbench.record import Trial

STRETCH = 3  # trials a worker in the last stretch; more win nothing in simulated grids, fewer lose


def packed(trials: Sequence[Trial], seconds: Callable[[Trial], float], workers: int) -> list[Trial]:
    """Order trials: seed by seed, each from its longest trial on; but the last seeds as one stretch, longest first.

    Each worker takes the next trial when it is free, so what decides how long some wait at the end for others is
    how long the last trials are (longest processing time first: Graham, 1969, Bounds on multiprocessing timing
    anomalies). All seeds longest first would be no better by much, and a run that is cut short would have all seeds
    of its slowest model and none of the others.

    Args:
        trials: in the order of the plan, which is that of its seeds.
        seconds: how long a trial is expected to take; infinite where nobody knows.
        workers: trials side by side; one gets no stretch.
    """
    seeds = list(dict.fromkeys(trial.seed for trial in trials))
    wanted = STRETCH * workers if workers > 1 else 0
    last = min(len(seeds), ceil(wanted * len(seeds) / max(1, len(trials))))
    place = {seed: min(number, len(seeds) - max(last, 1)) for number, seed in enumerate(seeds)}
    return sorted(trials, key=lambda trial: (place[trial.seed], -seconds(trial)))
