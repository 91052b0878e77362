from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.check.badness import as_badness
from genbench.check.findings import Gate
from genbench.check.rules import Rules
from genbench.check.seeds import judge_seeds

sys.path.append(str(Path(__file__).parent))
from simulation import FAIL, PASS, UNDECIDED, seed_verdicts

RULES, INF, NAN = Rules(), math.inf, math.nan
BASELINE = (10 + 0.3 * np.sin(np.arange(20))).tolist()
FIVE = BASELINE[3:8]
DISTANCE = Gate(model="m", data="d", measure="fd:classifier", better="lower")
RECALL = Gate(model="m", data="d", measure="recall:classifier", better="higher")
KERNEL = Gate(model="m", data="d", measure="kd:classifier", better="lower", scale="deviations", deviation=0.2)


def _judge(candidate, baseline=BASELINE, gate=DISTANCE, look=0, comparisons=1, rules=RULES):
    return judge_seeds(candidate, baseline, gate=gate, look=look, comparisons=comparisons, rules=rules)


def _times(ratio, values=FIVE):
    return [value * ratio for value in values]


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.7, "PASS"), (1.0, "PASS"), (1.09, "PASS"), (1.15, "FAIL"), (2, "FAIL")]
)
def test_worse_fails_and_equal_passes(ratio, verdict):
    """Kills: sides swapped, FAIL by the p alone, the threshold taken in deviations."""
    decision = _judge(_times(ratio))
    assert decision.verdict == verdict
    assert decision.effect == pytest.approx(ratio - 1, abs=0.03)
    assert decision.interval[0] <= decision.effect <= decision.interval[1]
    assert decision.n == (20, 5)


def test_higher_is_better_turns_the_ratio():
    """Kills: the direction of the measure ignored; 10 % less recall is a ratio of 1 / 1.1."""
    worse = _judge(_times(1 / 1.3), gate=RECALL)
    assert (worse.verdict, _judge(_times(1.3), gate=RECALL).verdict) == ("FAIL", "PASS")
    assert worse.effect == pytest.approx(0.3, abs=0.03)
    assert worse.p_worse == _judge(_times(1.3)).p_worse


@pytest.mark.parametrize(("more", "verdict"), [(0.0, "PASS"), (0.6, "FAIL"), (-2.0, "PASS")])
def test_deviations_where_a_ratio_means_nothing(more, verdict):
    """Kills: a logarithm of what may be negative, differences that are not divided by the deviation."""
    around_zero = [value - 10 for value in BASELINE]
    decision = _judge([value - 10 + more for value in FIVE], around_zero, KERNEL)
    assert decision.verdict == verdict
    assert decision.effect == pytest.approx(more / 0.2, abs=1.5)


@pytest.mark.parametrize("deviation", [None, 0.0, -1.0, NAN, INF])
def test_a_deviation_that_is_none_is_refused(deviation):
    """Kills: a division by zero that calls every difference infinite, seeds that all agree taken for noise."""
    with pytest.raises(ValueError, match="m on d: kd:classifier: got scale deviations and a deviation of"):
        _judge(FIVE, gate=KERNEL.model_copy(update={"deviation": deviation}))


def test_alpha_is_shared_by_looks_and_comparisons():
    """Kills: alpha not divided by the comparisons, or spent in full at every look."""
    levels = [_judge((BASELINE * 2)[: RULES.seeds[look]], look=look, comparisons=6).p_worse_level for look in range(3)]
    assert levels == pytest.approx([0.005 * share / 6 for share in (0.4, 0.3, 0.3)])
    nearly = [*_times(1.3)[:4], sorted(BASELINE)[-7] + 1e-3]  # p 0.0006
    assert (_judge(nearly).verdict, _judge(nearly, comparisons=6).verdict) == ("FAIL", None)


@pytest.mark.parametrize("seeds", [3, 4, 6])
def test_only_planned_looks_are_taken(seeds):
    """Kills: failed seeds dropped before the look, a look at another number."""
    with pytest.raises(ValueError, match=f"got {seeds} seeds, expected the 5"):
        _judge((BASELINE)[:seeds])


@pytest.mark.parametrize("gate", [DISTANCE, RECALL, KERNEL], ids=str)
@pytest.mark.parametrize("failed", [NAN, None, INF, -INF])
def test_failed_seeds_are_the_worst(gate, failed):
    """Kills: failed seeds dropped, NaN as 0, inf as the best recall there is."""
    decision = _judge([failed] * 5, gate=gate)
    assert (decision.verdict, decision.effect) == ("FAIL", INF)
    some = _judge([*FIVE[:2], failed, failed, failed], gate=gate)
    assert (some.verdict, some.effect) == (None, INF)
    assert some.p_worse < 0.1


def test_seeds_that_fail_alike_are_equal():
    """Kills: infinity less infinity as NaN, ties among failed seeds broken by order."""
    mixed = [*BASELINE[:15], *[NAN] * 5]
    assert _judge([*FIVE[:4], NAN], mixed).effect == pytest.approx(0, abs=0.03)
    nothing = _judge([NAN] * 5, [None] * 20)
    assert (nothing.verdict, nothing.effect, nothing.p_worse, nothing.p_tolerable) == (None, 0, 1, 1)


def test_whatever_runs_is_no_worse_than_a_baseline_that_failed():
    """Kills: a verdict of worse by -inf; a flag that is not raised where everything became better."""
    decision = _judge(FIVE, [NAN] * 20)
    assert (decision.verdict, decision.effect, decision.is_too_good) == ("PASS", -1, True)
    assert decision.detectable is None


def test_equal_values_pass():
    """Kills: ties counted as worse, a spread of zero that divides."""
    decision = _judge([3.0] * 5, [3.0] * 20)
    assert (decision.verdict, decision.effect, decision.p_worse) == ("PASS", 0, 1)
    assert _judge([3.9] * 5, [3.0] * 20).verdict == "FAIL"


def test_zeros_of_a_ratio():
    """Kills: log of 0 as NaN; no recall at all is as bad as a failure, no distance at all as good as can be."""
    assert as_badness([0.0, -1e-9], RECALL).tolist() == [INF, INF]
    assert as_badness([0.0, -1e-9], DISTANCE).tolist() == [-INF, -INF]
    assert _judge([0.0] * 5, gate=RECALL).verdict == "FAIL"
    assert _judge([0.0] * 5).verdict == "PASS"
    assert _judge([0.0] * 5, [0.0] * 20).effect == 0
    assert _judge([1.0] * 5, [0.0] * 20).verdict == "FAIL"


def test_a_ratio_beyond_any_float_is_infinite():
    """Kills: an OverflowError where a candidate diverges without failing."""
    decision = _judge([1e308] * 5, _times(1e-7, BASELINE))
    assert (decision.verdict, decision.effect) == ("FAIL", INF)


def test_much_too_good_is_told():
    """Kills: a flag at any improvement: three times the margin on the log scale is half of the distance."""
    assert not _judge(_times(0.6)).is_too_good
    assert _judge(_times(0.45)).is_too_good
    assert _judge([value - 2 for value in FIVE], gate=KERNEL).is_too_good


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.1]), st.sampled_from([1, 6]))
def test_the_simulated_verdicts_are_the_ones_given(seed, failing, comparisons):
    """Kills: a simulation of some other procedure."""
    rng = np.random.default_rng(seed)
    values = np.exp(0.12 * rng.standard_normal((1, 40)))
    values[:, :20] *= rng.choice([1.0, 1.2, 1.4])
    values[rng.random((1, 40)) < failing] = INF
    candidate, baseline = values[:, :20], values[:, 20:]
    verdict = None
    for look, seeds in enumerate(RULES.seeds):
        found = _judge(candidate[0, :seeds].tolist(), baseline[0].tolist(), look=look, comparisons=comparisons)
        verdict = verdict or found.verdict
    scale = {"slight": math.log1p(RULES.worse), "margin": math.log1p(RULES.much_worse)}
    simulated, _ = seed_verdicts(np.log(candidate), np.log(baseline), comparisons, RULES, **scale)
    assert {"FAIL": FAIL, "PASS": PASS, None: UNDECIDED}[verdict] == simulated[0]
