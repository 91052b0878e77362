"""Why the order within a pair is a coin flip: a drift that is no change at all, timed in three orders."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parent))
from noise import HOSTS, alternating, in_blocks, in_random_order
from simulation import signed_rank_p

LEVEL, DRAWS = 0.005, 10_000
BOUND = LEVEL + 3 * (LEVEL * (1 - LEVEL) / DRAWS) ** 0.5


def _drifting(host, pairs, trend):
    """Return log times of a machine that becomes slower by `trend` over the session: it heats up, others come."""
    rng = np.random.default_rng(pairs)
    return HOSTS[host].log_times(rng, DRAWS, 2 * pairs) + np.linspace(0, trend, 2 * pairs), rng


@pytest.mark.parametrize("pairs", [12, 24, 48])
@pytest.mark.parametrize("host", HOSTS)
def test_random_order_keeps_its_rate_under_drift(host, pairs):
    """Kills: a candidate that always comes second."""
    times, rng = _drifting(host, pairs, 0.5)
    rate = (signed_rank_p(in_random_order(rng, times)) <= LEVEL).mean()
    print(f"random order on a {host} host, {pairs} pairs: {rate:.4f}, nominal {LEVEL}")
    assert rate <= BOUND


@pytest.mark.parametrize("host", ["quiet", "hosted", "noisy", "awful"])
def test_blocked_order_exceeds_its_rate(host):
    """Kills: a scheduler that times all of one arm and then all of the other; without any trend, by load alone."""
    times, _ = _drifting(host, 24, 0.0)
    rate = (signed_rank_p(in_blocks(times)) <= LEVEL).mean()
    print(f"blocked order on a {host} host: {rate:.4f}, nominal {LEVEL}")
    assert rate > 2 * BOUND


@pytest.mark.parametrize("host", ["quiet", "hosted"])
def test_fixed_order_exceeds_its_rate_under_a_trend(host):
    """Kills: a scheduler whose pairs always begin with the baseline."""
    times, _ = _drifting(host, 48, 1.0)
    rate = (signed_rank_p(alternating(times)) <= LEVEL).mean()
    print(f"fixed order on a {host} host under a trend: {rate:.4f}, nominal {LEVEL}")
    assert rate > 2 * BOUND
