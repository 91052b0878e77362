from __future__ import annotations

import pytest

from genbench.check.collapse import judge_collapse
from genbench.check.rules import Rules

RULES = Rules()


def some(collapsed, of):
    return [True] * collapsed + [False] * (of - collapsed)


def _judge(candidate, baseline, look=0, comparisons=6):
    return judge_collapse(some(*candidate), some(*baseline), look=look, comparisons=comparisons, rules=RULES)


@pytest.mark.parametrize(
    ("candidate", "baseline", "look", "verdict"),
    [
        ((0, 5), (0, 20), 0, "PASS"),
        ((0, 5), (2, 20), 0, "PASS"),
        ((1, 5), (0, 20), 0, None),
        ((4, 5), (0, 20), 0, None),
        ((5, 5), (0, 20), 0, "FAIL"),
        ((2, 10), (0, 20), 1, "PASS"),
        ((3, 10), (0, 20), 1, None),
        ((9, 10), (1, 20), 1, "FAIL"),
        ((0, 5), (20, 20), 0, "PASS"),
        ((20, 20), (12, 20), 2, None),
    ],
)
def test_verdicts(candidate, baseline, look, verdict):
    """Kills: sides swapped, Fisher's p of a fall for that of a rise, a PASS that 0 of 5 can never reach."""
    decision = _judge(candidate, baseline, look)
    assert decision.verdict == verdict
    assert decision.effect == pytest.approx(candidate[0] / candidate[1] - baseline[0] / baseline[1])
    assert decision.n == (baseline[1], candidate[1])
    assert decision.interval[0] <= decision.effect <= decision.interval[1]


def test_alpha_is_shared_by_looks_and_comparisons():
    """Kills: alpha not divided; 4 of 5 against none of 20 have p 0.0004."""
    assert _judge((4, 5), (0, 20), comparisons=6).p_worse_level == pytest.approx(0.005 * 0.4 / 6)
    assert _judge((4, 5), (0, 20), comparisons=5).verdict == "FAIL"
    assert _judge((0, 20), (0, 20), look=2).p_worse_level == pytest.approx(0.005 * 0.3 / 6)


def test_only_planned_looks_are_taken():
    """Kills: seeds that failed dropped, so that a look has fewer."""
    with pytest.raises(ValueError, match="got 4 seeds, expected the 5"):
        _judge((0, 4), (0, 20))
