from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.check.pairs import is_host_biased, judge_pairs
from genbench.check.reachability import pair_looks
from genbench.check.rules import Rules

sys.path.append(str(Path(__file__).parent))
from noise import HOSTS
from simulation import FAIL, PASS, UNDECIDED, pair_verdicts

RULES, INF, NAN = Rules(), math.inf, math.nan
STEADY = 0.01 * np.sin(np.arange(48))  # twelve and more pairs of a quiet host, half above zero


def _judge(slowdowns, look=0, comparisons=1, rules=RULES):
    return judge_pairs(slowdowns, look=look, comparisons=comparisons, rules=rules)


def test_slower_fails_and_equal_passes():
    """Kills: arms swapped, times taken for throughputs, PASS and FAIL swapped."""
    slow, same, fast = (_judge(STEADY[:12] + math.log(ratio)) for ratio in (1.12, 1.0, 1 / 1.12))
    assert (slow.verdict, same.verdict, fast.verdict) == ("FAIL", "PASS", "PASS")
    assert slow.effect == pytest.approx(0.12, abs=0.005)
    assert fast.effect == pytest.approx(1 / 1.12 - 1, abs=0.005)
    assert slow.interval[0] < slow.effect < slow.interval[1] < 0.14


@pytest.mark.parametrize(("ratio", "verdict"), [(1.04, "PASS"), (1.06, "FAIL"), (1.3, "FAIL")])
def test_less_than_the_threshold_never_fails(ratio, verdict):
    """Kills: FAIL by the p alone, the threshold of 5 % on the wrong scale."""
    decision = _judge(STEADY[:12] * 0.1 + math.log(ratio))
    assert decision.p_worse == 2**-12
    assert decision.verdict == verdict


def test_one_spike_decides_nothing():
    """Kills: mean for median; the mean of these is 38 % slower."""
    spiked = STEADY[:12].copy()
    spiked[3] = 4.0
    decision = _judge(spiked)
    assert decision.effect < 0.02
    assert decision.verdict != "FAIL"
    assert _judge(np.r_[STEADY[:11] + 0.12, -9.0], rules=Rules(alpha=0.05)).verdict == "FAIL"  # the other way round


def test_alpha_is_shared_by_looks_and_comparisons():
    """Kills: alpha not divided by the comparisons, or spent in full at every look."""
    levels = [_judge(STEADY[: pair_looks(8, RULES)[look]], look, 8).p_worse_level for look in range(3)]
    assert levels == pytest.approx([0.005 * share / 8 for share in (0.4, 0.3, 0.3)])
    slightly = np.r_[STEADY[:11] * 0.1 + 0.06, -0.001]
    assert _judge(slightly, comparisons=4).p_worse == 2**-11
    assert (_judge(slightly, comparisons=4).verdict, _judge(slightly, comparisons=8).verdict) == ("FAIL", "PASS")


def test_beta_is_shared_by_looks():
    """Kills: beta spent in full at every look: one pair of twelve the wrong way is enough for it."""
    decision = _judge(np.r_[-STEADY[:11] * 0.1, 0.5])
    assert decision.p_tolerable_level == pytest.approx(0.05 / 3)
    assert 0.05 / 3 < decision.p_tolerable <= 0.05
    assert decision.verdict is None


@pytest.mark.parametrize("pairs", [6, 11, 13, 24])
def test_only_planned_looks_are_taken(pairs):
    """Kills: a look at 6 pairs, or at any other number than the levels were shared out for."""
    with pytest.raises(ValueError, match=f"got {pairs} pairs, expected the 12 that this look was planned for"):
        _judge(STEADY[:pairs])


def test_no_such_look():
    """Kills: the last share of alpha spent once more by index -1."""
    for look, comparisons in ((3, 1), (-1, 1), (0, 0)):
        with pytest.raises(ValueError, match="expected 0 to 2"):
            _judge(STEADY[:12], look, comparisons)


def test_a_candidate_that_fails_is_slower_than_any():
    """Kills: NaN or inf dropped or taken for zero: a candidate that crashes must not pass."""
    decision = _judge([INF] * 12)
    assert (decision.verdict, decision.effect, decision.n) == ("FAIL", INF, (12, 0))
    assert decision.detectable is None
    half = _judge([*STEADY[:6], *[INF] * 6])
    assert half.verdict != "PASS"
    assert half.n == (12, 6)


def test_a_baseline_that_fails_says_nothing():
    """Kills: a failure of the baseline that helps the candidate to pass."""
    decision = _judge([-INF] * 12)
    assert (decision.verdict, decision.p_tolerable, decision.n) == (None, 1, (0, 12))
    assert _judge([*STEADY[:5], *[-INF] * 7]).verdict is None  # 5 pairs reach 1/32, too few for a third of beta
    assert _judge([*STEADY[:7], *[-INF] * 5]).verdict == "PASS"


def test_a_pair_that_says_nothing_is_left_out():
    """Kills: NaN as 0, which is a pair of equal times; fewer pairs than the level needs that fail nonetheless."""
    nothing = _judge([NAN] * 12)
    assert (nothing.verdict, nothing.n, nothing.p_worse, nothing.p_tolerable) == (None, (0, 0), 1, 1)
    assert math.isnan(nothing.effect)
    assert _judge([*STEADY[:9] * 0.1 + 0.2, *[NAN] * 3]).verdict == "FAIL"
    too_few = _judge([*STEADY[:8] * 0.1 + 0.2, *[NAN] * 4])
    assert (too_few.verdict, too_few.p_worse, too_few.n) == (None, 2**-8, (8, 8))


def test_failures_of_both_arms_cancel():
    """Kills: pairs dropped whose baseline failed, while those whose candidate failed count: 16 % false alarms for 4."""
    rng, rules, draws = np.random.default_rng(0), Rules(alpha=0.1), 1500
    level = rules.alpha * rules.spending[0]
    times = HOSTS["awful"].log_times(rng, draws, 24)
    times[rng.random(times.shape) < 0.25] = INF
    candidate_first = rng.random((draws, 12)) < 0.5
    with np.errstate(invalid="ignore"):
        ratios = times[:, ::2] - times[:, 1::2]
    found = [_judge(each, rules=rules).verdict == "FAIL" for each in np.where(candidate_first, ratios, -ratios)]
    print(f"failures of both arms: {np.mean(found):.4f} at {level}")
    assert np.mean(found) <= level + 3 * (level / draws) ** 0.5


@pytest.mark.parametrize(("control", "is_biased"), [(0.0, False), (0.015, False), (0.03, True), (-0.03, False)])
def test_a_control_that_is_slow_too_accuses_the_host(control, is_biased):
    """Kills: the whole threshold for half of it, a control that is fast in the host's favour."""
    decision = _judge(STEADY[:12] + 0.1)
    assert is_host_biased(STEADY[:12] + control, decision, RULES) is is_biased


def test_a_control_that_says_nothing_clears_nobody():
    """Kills: a control arm that crashed taken for a steady one."""
    decision = _judge(STEADY[:12] + 0.1)
    assert all(is_host_biased(control, decision, RULES) for control in ([], [NAN] * 12, [INF] * 12))


def test_much_too_good_is_told():
    """Kills: a flag at any improvement; three times the margin on the log scale is 25 % less time."""
    assert not _judge(STEADY[:12] + math.log(0.78)).is_too_good
    assert _judge(STEADY[:12] + math.log(0.72)).is_too_good


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(sorted(HOSTS)), st.sampled_from([1, 8, 64]))
def test_the_simulated_verdicts_are_the_ones_given(seed, host, comparisons):
    """Kills: a simulation of some other procedure."""
    rng = np.random.default_rng(seed)
    slowdowns = HOSTS[host].slowdowns(rng, 1, 48, slower=rng.choice([0, 0.07, 0.1, 0.2]))
    verdict = None
    for look, pairs in enumerate(pair_looks(comparisons, RULES)):
        verdict = verdict or _judge(slowdowns[0, :pairs], look, comparisons).verdict
    simulated, _ = pair_verdicts(slowdowns, comparisons, RULES)
    assert {"FAIL": FAIL, "PASS": PASS, None: UNDECIDED}[verdict] == simulated[0]
