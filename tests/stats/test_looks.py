from __future__ import annotations

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.looks import compare_in_looks, spend
from genbench.stats.pairs import compare, mann_whitney_p, smallest_p

LOOKS = (5, 10, 20)
NAN = math.nan


def test_three_looks_spend_two_fifths_and_twice_three_tenths():
    """Kills: the whole level at every look, equal parts."""
    assert spend(LOOKS) == pytest.approx((0.02, 0.015, 0.015))
    assert spend([4]) == (0.05,)
    assert spend([5, 10]) == pytest.approx((0.02, 0.03))
    assert spend(LOOKS, level=0.1) == pytest.approx((0.04, 0.03, 0.03))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(6, 40), min_size=1, max_size=5, unique=True), st.floats(0.04, 0.2))
def test_the_looks_spend_the_level_and_can_all_decide(looks, level):
    """Kills: parts that do not add up for four looks; a look at which nothing could ever be decided."""
    levels = spend(sorted(looks), level)
    assert sum(levels) == pytest.approx(level)
    assert all(smallest_p(seeds, seeds) <= own for seeds, own in zip(sorted(looks), levels, strict=True))


@pytest.mark.parametrize(
    ("looks", "seeds"), [([3], 3), ([4, 10, 20], 4), ([5, 6, *range(13, 36)], 6), ([1, 2], 1), ([5, 6, 7], None)]
)
def test_a_look_that_can_never_decide_is_refused(looks, seeds):
    """Kills: every look held to the level of all: 4 seeds reach 0.029, not the 0.02 of a first look of several."""
    if seeds is None:
        assert len(spend(looks)) == 3
    else:
        with pytest.raises(ValueError, match=rf"{seeds} against {seeds} seeds reach p .* has to reach"):
            spend(looks)


@pytest.mark.parametrize("looks", [[], [0, 5], [10, 5], [5, 5]])
def test_looks_that_do_not_ascend_are_refused(looks):
    """Kills: looks sorted in silence, so that a typing error is another plan."""
    with pytest.raises(ValueError, match="expected ascending numbers of seeds"):
        spend(looks)


def test_each_look_sees_its_own_seeds_at_its_own_level():
    """Kills: all seeds at every look, the last look's level for the first, going on after a decision."""
    ours, theirs = [1.0, 2, 3, 4, 5, *[50] * 15], [6.0, 7, 8, 9, 10, *[20] * 15]
    found = compare_in_looks(ours, theirs, LOOKS)
    assert (found.seeds, found.better, found.distinguishable, found.level) == ((5, 5), 25, True, pytest.approx(0.02))
    late = compare_in_looks([9.0, *range(1, 10)], [1.0, *range(11, 20)], LOOKS)
    assert (late.seeds, late.distinguishable, late.level) == ((10, 10), True, pytest.approx(0.015))


def test_undecided_is_the_last_look_reached():
    """Kills: a p of 0.03 at a look of level 0.02 taken for a verdict; the look that only one side reaches."""
    ours, theirs = [1.0, 2, 3, 4, 6.5], [5.0, 6, 7, 8, 9]
    found = compare_in_looks(ours, theirs, LOOKS)
    assert (found.seeds, found.distinguishable) == ((5, 5), False)
    assert compare(ours, theirs).distinguishable
    assert found.seeds_needed > 5
    assert compare_in_looks([*ours, 6, 6, 6, 6, 6], theirs, LOOKS).seeds == (5, 5)


def test_nothing_is_decided_before_the_first_look():
    """Kills: a verdict of 6 seeds of the planned 10, which is a look that nobody planned."""
    found = compare_in_looks([1.0] * 6, [2.0] * 6, (10, 20))
    assert (found.distinguishable, found.seeds_needed, found.seeds) == (False, 10, (6, 6))


def test_failed_seeds_count_in_the_order_of_seeds():
    """Kills: failures dropped, so that a look has other seeds than planned."""
    found = compare_in_looks([1.0, 2, 3, 4, 5], [NAN] * 5, LOOKS)
    assert (found.distinguishable, found.better) == (True, 25)
    worse = compare_in_looks([NAN] * 5, [0.1, 0.2, 0.3, 0.4, 0.5], LOOKS, lower_is_better=False)
    assert (worse.better, worse.distinguishable) == (0, True)


def _verdicts(first, second):
    """Return for [studies, 20] values of two models whether any look told them apart, from tables of p by wins."""
    told = np.zeros(len(first), dtype=bool)
    for seeds, level in zip(LOOKS, spend(LOOKS), strict=True):
        wins = (first[:, :seeds, None] < second[:, None, :seeds]).sum(axis=(1, 2))
        told |= _p_by_wins(seeds)[wins] <= level
    return told


@cache
def _p_by_wins(n):
    """Return p for each number of pairs won by `n` against `n` seeds."""
    other = np.arange(n) * 2.0 + 1
    table = np.empty(n * n + 1)
    for wins in range(n * n + 1):
        below = np.full(n, 0)
        below[: wins // n] = n
        if wins < n * n:
            below[wins // n] = wins % n
        ours = 2 * n - 2.0 * below + np.linspace(0, 0.5, n)  # a value with `below` of the others above it
        assert (ours[:, None] < other).sum() == wins
        table[wins] = mann_whitney_p(ours, other)
    return table


TOYS = {
    "normal": lambda rng, level, shape: level * (1 + 0.12 * rng.normal(size=shape)),
    "lognormal": lambda rng, level, shape: level * np.exp(0.12 * rng.normal(size=shape)),
    "bimodal": lambda rng, level, shape: level * (1 + 0.05 * rng.normal(size=shape) + 0.3 * (rng.random(shape) < 0.3)),
}


@pytest.mark.parametrize("draw", TOYS)
def test_three_looks_err_in_at_most_one_study_of_twenty(draw):
    """Kills: 5 % at every look, which errs in 9 to 10 %; and the power that remains is stated."""
    rng = np.random.default_rng(0)
    equal = _verdicts(*(TOYS[draw](rng, 10, (6000, 20)) for _ in range(2)))
    apart = _verdicts(TOYS[draw](rng, 10, (2000, 20)), TOYS[draw](rng, 12, (2000, 20)))
    print(f"{draw}: type I {equal.mean():.3f}, power at 20 % {apart.mean():.3f}")
    assert equal.mean() <= 0.05
    assert apart.mean() >= (0.8 if draw == "bimodal" else 0.95)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_simulated_verdict_is_the_one_given(seed):
    """Kills: a simulation of some other procedure."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=(1, 20)), rng.normal(size=(1, 20)) + rng.choice([0, 0.8])
    assert compare_in_looks(first[0], second[0], LOOKS).distinguishable == _verdicts(first, second)[0]
