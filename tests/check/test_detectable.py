"""The detectable effects that are printed: is what they name found in about 80 of 100 checks?"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from genbench.check.collapse import judge_collapse
from genbench.check.detectable import detectable_collapse, detectable_pairs, detectable_seeds
from genbench.check.findings import Gate
from genbench.check.pairs import judge_pairs
from genbench.check.rules import Rules
from genbench.check.seeds import judge_seeds

sys.path.append(str(Path(__file__).parent))
from noise import HOSTS
from simulation import FAIL, pair_verdicts, seed_verdicts

RULES, NAN = Rules(), math.nan
GATE = Gate(model="m", data="d", measure="fd:classifier", better="lower")
NOTHING_PASSES = Rules(beta=1e-9)  # power of FAIL alone


@pytest.mark.parametrize("comparisons", [1, 8])
@pytest.mark.parametrize("spread", [0.02, 0.05, 0.1, 0.3])
def test_pairs_find_what_is_called_detectable(spread, comparisons):
    """Kills: the power left out, the level of the first look, the margin for the threshold, pairs not counted."""
    effect = detectable_pairs(spread, comparisons=comparisons, rules=RULES)
    rng = np.random.default_rng(0)
    slowdowns = math.log1p(effect) + spread * rng.standard_normal((4000, 48))
    found = (pair_verdicts(slowdowns, comparisons, NOTHING_PASSES)[0] == FAIL).mean()
    print(f"spread {spread}, {comparisons} comparisons: {effect:.3f} detectable, found in {found:.3f}")
    assert 0.77 <= found <= 0.93  # earlier looks add what the approximation leaves out


@pytest.mark.parametrize("host", HOSTS)
def test_the_spread_seen_tells_what_is_detectable(host):
    """Kills: the error of 12 pairs taken for that of 48; heavy tails taken at their deviation."""
    rng = np.random.default_rng(1)
    seen = [judge_pairs(each, look=1, comparisons=8, rules=RULES) for each in HOSTS[host].slowdowns(rng, 200, 24)]
    effect = float(np.median([each.detectable for each in seen]))
    slowdowns = HOSTS[host].slowdowns(rng, 4000, 48, slower=effect)
    found = (pair_verdicts(slowdowns, 8, NOTHING_PASSES)[0] == FAIL).mean()
    print(f"{host}: {effect:.3f} detectable after 24 pairs, found in {found:.3f}")
    assert 0.72 <= found <= 0.95


@pytest.mark.parametrize("spread", [0.03, 0.12, 0.3])
def test_seeds_find_what_is_called_detectable(spread):
    """Kills: the spread of one side only, the power left out; over baselines drawn anew."""
    rng = np.random.default_rng(0)
    baselines = spread * rng.standard_normal((400, 20))
    named = [detectable_seeds(np.exp(each).tolist(), gate=GATE, comparisons=6, rules=RULES) for each in baselines]
    effect = float(np.median(named))
    candidate, baseline = (spread * rng.standard_normal((4000, 20)) for _ in range(2))
    scale = {"slight": math.log1p(RULES.worse), "margin": math.log1p(RULES.much_worse)}
    verdicts, _ = seed_verdicts(candidate + math.log1p(effect), baseline, 6, NOTHING_PASSES, **scale)
    found = (verdicts == FAIL).mean()
    print(f"spread {spread}: {effect:.3f} detectable, found in {found:.3f}")
    assert 0.72 <= found <= 0.95


def test_what_a_check_of_seeds_sees_agrees_with_its_baseline():
    """Kills: an error of 5 seeds taken for that of 20."""
    rng = np.random.default_rng(0)
    baseline = np.exp(0.12 * rng.standard_normal(20)).tolist()
    before = detectable_seeds(baseline, gate=GATE, comparisons=6, rules=RULES)
    seen = [
        judge_seeds(
            np.exp(0.12 * rng.standard_normal(5)).tolist(), baseline, gate=GATE, look=0, comparisons=6, rules=RULES
        )
        for _ in range(200)
    ]
    assert np.median([each.detectable for each in seen]) == pytest.approx(before, rel=0.25)


def test_deviations_are_a_scale_of_their_own():
    """Kills: expm1 of deviations."""
    gate = GATE.model_copy(update={"scale": "deviations", "deviation": 1.0})
    baseline = np.random.default_rng(0).standard_normal(20).tolist()
    found = detectable_seeds(baseline, gate=gate, comparisons=6, rules=RULES)
    assert 1.0 < found < 2.2
    assert detectable_seeds([each * 2 for each in baseline], gate=gate, comparisons=6, rules=RULES) == pytest.approx(
        2 * found
    )


def test_some_failed_seeds_leave_a_spread():
    """Kills: one failed seed that makes everything undetectable; a number where nothing is known."""
    baseline = np.exp(0.1 * np.random.default_rng(0).standard_normal(20)).tolist()
    whole = detectable_seeds(baseline, gate=GATE, comparisons=6, rules=RULES)
    assert detectable_seeds([*baseline[:17], NAN, None, NAN], gate=GATE, comparisons=6, rules=RULES) < 3 * whole
    assert detectable_seeds([*baseline[:10], *[NAN] * 10], gate=GATE, comparisons=6, rules=RULES) is None
    assert detectable_seeds([1.0], gate=GATE, comparisons=6, rules=RULES) is None


@pytest.mark.parametrize(("collapsed", "of"), [(0, 20), (1, 20), (5, 20), (1, 60)])
def test_collapse_finds_what_is_called_detectable(collapsed, of):
    """Kills: the candidate's rate for the rise; exact by the binomial, at the last look alone."""
    from scipy.stats import binom

    baseline = [i < collapsed for i in range(of)]
    rise = detectable_collapse(baseline, comparisons=6, rules=RULES)
    failing = [
        x
        for x in range(21)
        if judge_collapse([i < x for i in range(20)], baseline, look=2, comparisons=6, rules=RULES).verdict == "FAIL"
    ]
    assert sum(binom.pmf(x, 20, collapsed / of + rise) for x in failing) == pytest.approx(0.8)


def test_a_rise_that_nothing_finds_is_none():
    """Kills: a rise beyond a rate of 1."""
    assert detectable_collapse([True] * 20, comparisons=6, rules=RULES) is None
