"""The gate on what a real machine did: `results/gate/trace.csv`, recorded by `benchmarks/trace.py`, in moving blocks.

References:
    H. R. Künsch, The Jackknife and the Bootstrap for General Stationary Observations, Annals of Statistics 17, 1989.
"""

from __future__ import annotations

import csv
import sys
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from genbench.check.rules import Rules

sys.path.append(str(Path(__file__).parent))
from noise import in_blocks, in_random_order
from simulation import FAIL, PASS, pair_verdicts, shares, signed_rank_p

TRACE = Path(__file__).parents[2] / "results" / "gate" / "trace.csv"
LEAST, BLOCK, DRAWS, RULES = 2000, 32, 4000, Rules()


def sessions(path=TRACE):
    """Return log seconds of each session's processes, in order."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        np.log([float(row["seconds"]) for row in each]) for _, each in groupby(rows, key=lambda row: row["session"])
    ]


def resampled(rng, trace, draws, processes):
    """Return log times [draws, processes] of blocks of neighbours, each from anywhere within one session."""
    starts = [(number, at) for number, each in enumerate(trace) for at in range(len(each) - BLOCK + 1)]
    blocks = np.array([trace[number][at : at + BLOCK] for number, at in starts])
    chosen = blocks[rng.integers(0, len(blocks), (draws, -(-processes // BLOCK)))]
    return chosen.reshape(draws, -1)[:, :processes]


@pytest.fixture(scope="module")
def trace():
    recorded = sessions()
    assert sum(map(len, recorded)) >= LEAST
    return recorded


@pytest.mark.parametrize("comparisons", [1, 8])
def test_nothing_changed_on_a_real_machine(trace, comparisons):
    """Kills: a gate that holds for made-up noise only."""
    rng = np.random.default_rng(comparisons)
    slowdowns = in_random_order(rng, resampled(rng, trace, DRAWS, 96))
    verdicts, used = pair_verdicts(slowdowns, comparisons, RULES)
    told = ", ".join(f"{share:.4f}" for share in shares(verdicts))
    print(f"A/A, {comparisons} comparisons, deviation {slowdowns.std():.3f}: {told}; {used.mean():.1f} pairs")
    nominal = RULES.alpha / comparisons
    assert (verdicts == FAIL).mean() <= nominal + 3 * (nominal / DRAWS) ** 0.5
    for pairs in (12, 24, 48):
        assert (signed_rank_p(slowdowns[:, :pairs]) <= 0.05).mean() <= 0.05 + 3 * (0.05 / DRAWS) ** 0.5


@pytest.mark.parametrize("comparisons", [1, 8])
def test_ten_percent_on_a_real_machine(trace, comparisons):
    """Kills: a PASS on real noise of what became a tenth slower."""
    rng = np.random.default_rng(comparisons)
    slowdowns = in_random_order(rng, resampled(rng, trace, DRAWS, 96)) + np.log(1.1)
    verdicts, used = pair_verdicts(slowdowns, comparisons, RULES)
    told = ", ".join(f"{share:.4f}" for share in shares(verdicts))
    print(f"A/(A x 1.1), {comparisons} comparisons: {told}; {used.mean():.1f} pairs")
    assert (verdicts == PASS).mean() <= RULES.beta


def test_blocked_order_on_a_real_machine(trace):
    """Kills: a scheduler that times one arm after the other: whole stretches as they were recorded, not resampled."""
    rng = np.random.default_rng(0)
    stretches = [each[at : at + 48] for each in trace for at in range(0, len(each) - 47, 4)]
    blocked = (signed_rank_p(in_blocks(np.array(stretches))) <= 0.005).mean()
    mixed = (signed_rank_p(in_random_order(rng, np.repeat(stretches, 20, axis=0))) <= 0.005).mean()
    print(f"at 0.005, {len(stretches)} stretches: blocked {blocked:.4f}, random order {mixed:.4f}")
    assert mixed <= 0.01 < blocked
