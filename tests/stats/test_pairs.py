from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.pairs import compare, mann_whitney_p, seeds_needed, smallest_p

few = st.lists(st.integers(0, 4).map(float), min_size=1, max_size=6)


def _slow_p(first, second):
    """Every way to deal the pooled values, by counting pairs."""
    pooled = [*first, *second]

    def excess(chosen):
        ours, theirs = [pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen]
        return abs(sum((x > y) - (x < y) for x in ours for y in theirs))

    seen = excess(range(len(first)))
    ways = [excess(chosen) for chosen in combinations(range(len(pooled)), len(first))]
    return np.mean([way >= seen for way in ways])


@settings(max_examples=40, deadline=None)
@given(few, few)
def test_p_is_the_permutation_test_also_with_ties(first, second):
    """Kills: ties broken by order, one-sided p, > for >=."""
    assert mann_whitney_p(np.array(first), np.array(second)) == pytest.approx(_slow_p(first, second), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20))
def test_p_agrees_with_scipy_where_nothing_ties(seed, n, m):
    """Kills: a rank dropped from the recursion, a rank used twice."""
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(seed).permutation(n + m).astype(float)
    expected = stats.mannwhitneyu(values[:n], values[n:], method="exact").pvalue
    assert mann_whitney_p(values[:n], values[n:]) == pytest.approx(expected, rel=1e-9)


@given(few, few, st.booleans())
def test_the_sides_mirror_each_other(first, second, lower_is_better):
    """Kills: the sides swapped (mutant 1 of the gate), ties counted as wins."""
    ours = compare(first, second, lower_is_better=lower_is_better)
    theirs = compare(second, first, lower_is_better=lower_is_better)
    assert ours.pairs == len(first) * len(second) == ours.better + theirs.better + ours.ties
    assert ours.p == theirs.p
    assert ours.better == compare([-x for x in first], [-x for x in second], lower_is_better=not lower_is_better).better


def test_direction():
    """Kills: higher taken for better."""
    assert compare([1.0, 2], [3.0, 4]).better == 4
    assert compare([1.0, 2], [3.0, 4], lower_is_better=False).better == 0


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_failed_seeds_rank_worst(lower_is_better):
    """Kills: failed seeds dropped, NaN compared as equal to everything, NaN as 0."""
    result = compare([1.0, 1, math.nan], [2.0, 2, 2], lower_is_better=lower_is_better)
    assert (result.pairs, result.better) == (9, 6 if lower_is_better else 0)
    assert compare([5.0] * 5, [math.nan] * 5, lower_is_better=lower_is_better).better == 25
    both = compare([math.nan] * 4, [math.nan] * 4, lower_is_better=lower_is_better)
    assert (both.ties, both.p, both.seeds_needed) == (16, 1.0, None)


def test_three_against_three_can_never_tell():
    """Kills: a normal approximation, which calls 3 against 3 significant at p 0.0495."""
    result = compare([1.0, 2, 3], [4.0, 5, 6])
    assert (result.better, result.p, result.distinguishable, result.seeds_needed) == (9, pytest.approx(0.1), False, 4)


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 3), (3, 5), (4, 4), (5, 5), (2, 8)])
def test_smallest_p_is_what_complete_separation_gets(n, m):
    """Kills: the one-sided 1/56 of 3 against 5 passed off as two-sided."""
    assert smallest_p(n, m) == pytest.approx(mann_whitney_p(np.arange(n) * 1.0, np.arange(m) + 100.0))


def test_seeds_needed_follows_noether():
    """Kills: the total given for the number of each, P for P - 1/2; 2 n = 7.849 / (3 x 0.3^2) = 29.07."""
    assert seeds_needed(0.8, more_than=5) == 15
    assert seeds_needed(0.2, more_than=5) == 15
    assert seeds_needed(0.8, more_than=15) == 16
    assert seeds_needed(0.5, more_than=5) is None
    assert seeds_needed(0.501, more_than=5) is None
    assert seeds_needed(1.0, more_than=2) == 4


@pytest.mark.parametrize("shift", [0.8, 1.2])
def test_seeds_needed_tell_about_as_often_as_promised(shift):
    """Kills: another level or power in the formula; two normals one shift apart, power 0.8 at the advised number."""
    from statistics import NormalDist

    n = seeds_needed(NormalDist().cdf(shift / 2**0.5), more_than=1)
    rng = np.random.default_rng(0)
    told = [compare(rng.normal(size=n), rng.normal(size=n) + shift).distinguishable for _ in range(200)]
    assert 0.72 < np.mean(told) < 0.88


def test_p_values_are_super_uniform_on_equal_models():
    """Kills: an anti-conservative p (D5.5 property 1)."""
    rng = np.random.default_rng(0)
    p = np.array([compare(rng.lognormal(size=6), rng.lognormal(size=5)).p for _ in range(2000)])
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() <= level + 3 * (level / 2000) ** 0.5


def test_sentences():
    """Kills: a verdict without its number of seeds, or p where it says nothing."""
    clear = compare([1.0, 2, 3, 4, 6.5], [5.0, 6, 7, 8, 9])
    assert clear.sentence("a", "b", "FD") == "a against b, FD: better in 23 of 25 pairs, p 0.032"
    unclear = compare([1.0, 3, 5, 7, 9], [2.0, 4, 6, 8, 10])
    assert unclear.sentence("a", "b", "FD") == (
        f"a against b, FD: not distinguishable at 5 seeds; about {unclear.seeds_needed} seeds would tell"
    )
    assert (
        compare([1.0], [1.0]).sentence("a", "b", "KD")
        == "a against b, KD: not distinguishable at 1 seed; no difference seen"
    )
    assert "at 3 against 2 seeds" in compare([1.0, 2, 3], [2.0, 2]).sentence("a", "b", "KD")
    tied = compare([1.0, 1, 1, 1, 5], [5.0, 6, 7, 8, 9])
    assert tied.sentence("a", "b", "FD") == "a against b, FD: better in 24 of 25 pairs, 1 equal, p 0.016"


def test_refuses_a_side_without_values():
    """Kills: p = 1 from nothing."""
    with pytest.raises(ValueError, match="got 0 values"):
        compare([], [1.0])
