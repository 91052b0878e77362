"""Nothing changed: how often does it fail? One comparison, and whole checks whose baseline is drawn anew each time."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from genbench.check.rules import Rules

sys.path.append(str(Path(__file__).parent))
from noise import HOSTS, SEEDS
from simulation import FAIL, collapse_verdicts, pair_verdicts, rank_sum_p, seed_verdicts, signed_rank_p

RULES = Rules()
SCALE = {"slight": math.log1p(RULES.worse), "margin": math.log1p(RULES.much_worse)}
MODELS = 4  # with training and sampling speed each: 8 comparisons of throughput


def _bound(rate, draws):
    """Return the share that a true rate exceeds as seldom as a normal one its three deviations."""
    from scipy.stats import binom

    return binom.isf(0.00135, draws, rate) / draws


@pytest.mark.parametrize("host", HOSTS)
def test_the_profiles_spread_as_the_design_says(host):
    """Kills: a profile so quiet that nothing is proven."""
    spread = HOSTS[host].slowdowns(np.random.default_rng(0), 4000, 48).std()
    assert spread == pytest.approx(HOSTS[host].spread, rel=0.03)


@pytest.mark.parametrize("comparisons", [1, 8, 64])
@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("draws", [10_000, pytest.param(200_000, marks=pytest.mark.slow)])
def test_throughput_fails_no_oftener_than_stated(host, comparisons, draws):
    """Kills: a normal p, alpha not divided, a look that spends what another has spent."""
    rng = np.random.default_rng([comparisons, *host.encode()])
    verdicts = [
        pair_verdicts(HOSTS[host].slowdowns(rng, 10_000, 48), comparisons, RULES)[0] == FAIL
        for _ in range(draws // 10_000)
    ]
    nominal = RULES.alpha / comparisons
    print(f"{host}, {comparisons} comparisons: {np.mean(verdicts):.5f} FAIL of {draws}, nominal {nominal:.5f}")
    assert np.mean(verdicts) <= _bound(nominal, draws)


@pytest.mark.parametrize("values", SEEDS)
@pytest.mark.parametrize("comparisons", [1, 8, 64])
@pytest.mark.parametrize("draws", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_quality_fails_no_oftener_than_stated(values, comparisons, draws):
    """Kills: failed seeds dropped or untied, a normal p, alpha not divided."""
    rng, failed = np.random.default_rng([comparisons, *values.encode()]), 0
    for _ in range(draws // 5000):
        bad = np.log(SEEDS[values](rng, (5000, 40)))
        failed += (seed_verdicts(bad[:, :20], bad[:, 20:], comparisons, RULES, **SCALE)[0] == FAIL).sum()
    nominal = RULES.alpha / comparisons
    print(f"{values}, {comparisons} comparisons: {failed / draws:.5f} FAIL of {draws}, nominal {nominal:.5f}")
    assert failed / draws <= _bound(nominal, draws)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("pairs", [9, 12, 24, 48])
def test_p_of_pairs_is_super_uniform(host, pairs):
    """Kills: a p too small anywhere, not only at the levels that the looks have."""
    p = signed_rank_p(HOSTS[host].slowdowns(np.random.default_rng([pairs, *host.encode()]), 10_000, pairs))
    for level in (0.5, 0.1, 0.05, 0.01, 0.002):
        assert (p <= level).mean() <= _bound(level, len(p))


@pytest.mark.parametrize("values", SEEDS)
@pytest.mark.parametrize("seeds", [5, 10, 20])
def test_p_of_seeds_is_super_uniform(values, seeds):
    """Kills: ties of failed seeds broken in favour of one side."""
    rng = np.random.default_rng([seeds, *values.encode()])
    p = rank_sum_p(SEEDS[values](rng, (5000, seeds)), SEEDS[values](rng, (5000, 20)))
    for level in (0.5, 0.1, 0.05, 0.01, 0.002):
        assert (p <= level).mean() <= _bound(level, len(p))


def _has_failed(rng, host, values, checks, *, alpha_is_shared=True):
    """Return of each check whether anything failed: 8 comparisons of throughput, 8 of seeds and 4 of collapse."""
    slowdowns = HOSTS[host].slowdowns(rng, checks * 2 * MODELS, 48)
    found, _ = pair_verdicts(slowdowns, 2 * MODELS, RULES, alpha_is_shared=alpha_is_shared)
    throughput = (found == FAIL).reshape(checks, -1).any(axis=1)
    bad = np.log(SEEDS[values](rng, (checks * 2 * MODELS, 40)))
    worse, _ = seed_verdicts(bad[:, :20], bad[:, 20:], 3 * MODELS, RULES, **SCALE)
    collapsed = rng.random((checks * MODELS, 40)) < 0.2
    rates = collapse_verdicts(collapsed[:, :20], collapsed[:, 20:], 3 * MODELS, RULES)
    quality = [(each == FAIL).reshape(checks, -1).any(axis=1) for each in (worse, rates)]
    return throughput, quality[0] | quality[1]


@pytest.mark.parametrize(("host", "values"), list(zip(HOSTS, SEEDS, strict=True)))
@pytest.mark.parametrize("checks", [1000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_whole_check_fails_in_at_most_one_of_a_hundred(host, values, checks):
    """Kills: a budget of its own for each half that is not halved; every baseline is drawn anew."""
    rng = np.random.default_rng(list(host.encode()))
    halves = [_has_failed(rng, host, values, 1000) for _ in range(checks // 1000)]
    throughput, quality = (np.concatenate(half) for half in zip(*halves, strict=True))
    told = f"throughput {throughput.mean():.4f}, quality {quality.mean():.4f}"
    print(f"{host} host, {values} seeds: {(throughput | quality).mean():.4f} of {checks} checks fail ({told})")
    assert (throughput | quality).mean() <= _bound(0.01, checks)
    assert throughput.mean() <= _bound(0.005, checks)
    assert quality.mean() <= _bound(0.005, checks)


def test_an_alpha_that_is_not_shared_cries_wolf():
    """Kills: this test of the tests, were it blind: with alpha not divided, 8 comparisons exceed what they may."""
    throughput, _ = _has_failed(np.random.default_rng(0), "awful", "normal", 1000, alpha_is_shared=False)
    assert throughput.mean() > _bound(0.01, 1000)
