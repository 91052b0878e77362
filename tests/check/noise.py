"""What machines do to the times of one unchanged program: four profiles, from quiet to awful.

Each is a drift that neighbours share, normal jitter, and spikes that only ever slow down; the deviations of the log
ratio of two neighbours are those that the design was made for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STAY = 0.98  # of the drift from one process to the next


@dataclass(frozen=True)
class Profile:
    """Deviations of log times."""

    spread: float  # of the log ratio of two neighbours: what the rest adds up to
    jitter: float
    drift: float
    spikes: float  # share of processes
    spike: float  # mean slowdown of one

    def log_times(self, rng, draws, processes):
        """Return log times of consecutive processes, [draws, processes]."""
        times = self.jitter * rng.standard_normal((draws, processes))
        times += (rng.random((draws, processes)) < self.spikes) * rng.exponential(self.spike, (draws, processes))
        level = self.drift * rng.standard_normal(draws)
        for number in range(processes):
            times[:, number] += level
            level = STAY * level + self.drift * (1 - STAY**2) ** 0.5 * rng.standard_normal(draws)
        return times

    def slowdowns(self, rng, draws, pairs, *, slower=0.0):
        """Return log ratios of pairs whose order a coin decided, [draws, pairs]; the candidate is `slower` by 0.1."""
        return in_random_order(rng, self.log_times(rng, draws, 2 * pairs)) + np.log1p(slower)


HOSTS = {
    "quiet": Profile(spread=0.017, jitter=0.012, drift=0.01, spikes=0.0, spike=0.0),
    # 2.66 % of jitter as measured on a hosted runner, and now and then a neighbour
    "hosted": Profile(spread=0.045, jitter=0.0266, drift=0.03, spikes=0.05, spike=0.055),
    "noisy": Profile(spread=0.12, jitter=0.067, drift=0.06, spikes=0.10, spike=0.115),
    "awful": Profile(spread=0.27, jitter=0.135, drift=0.15, spikes=0.15, spike=0.26),
}


def in_random_order(rng, times):
    """Pair neighbours, which one is the candidate by a coin flip: [draws, 2 pairs] to log ratios [draws, pairs]."""
    first, second = times[:, ::2], times[:, 1::2]
    return np.where(rng.random(first.shape) < 0.5, first - second, second - first)


def in_blocks(times):
    """Time all of the baseline and then all of the candidate: what a scheduler must not do."""
    baseline, candidate = np.split(times, 2, axis=1)
    return candidate - baseline


def alternating(times):
    """Time the baseline first in every pair, which is no better: a drift never averages out."""
    return times[:, 1::2] - times[:, ::2]


SEEDS = {
    "normal": lambda rng, shape: 1 + 0.12 * rng.standard_normal(shape),
    "lognormal": lambda rng, shape: np.exp(0.3 * rng.standard_normal(shape)),
    "bimodal": lambda rng, shape: 1 + 0.05 * rng.standard_normal(shape) + 0.5 * (rng.random(shape) < 0.3),
    "failing": lambda rng, shape: np.where(rng.random(shape) < 0.1, np.inf, np.exp(0.2 * rng.standard_normal(shape))),
}
