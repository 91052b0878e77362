from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.pairs import mann_whitney_p
from genbench.stats.rank_sum import p_greater, shift, smallest_p

INF = math.inf
few = st.lists(st.one_of(st.integers(0, 4).map(float), st.just(INF)), min_size=1, max_size=6)


def _slow_p(first, second):
    """Deal the pooled values in every way and count the pairs won."""
    pooled = [*first, *second]

    def won(chosen):
        ours, theirs = [pooled[i] for i in chosen], [pooled[i] for i in range(len(pooled)) if i not in chosen]
        return sum((x > y) - (x < y) for x in ours for y in theirs)

    seen = won(range(len(first)))
    return np.mean([won(chosen) >= seen for chosen in combinations(range(len(pooled)), len(first))])


@settings(max_examples=50, deadline=None)
@given(few, few)
def test_p_counts_all_ways_to_deal(first, second):
    """Kills: ties broken by order, infinities dropped, sides swapped, > for >=."""
    assert p_greater(first, second) == pytest.approx(_slow_p(first, second), rel=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_p_agrees_with_scipy_where_nothing_ties(seed, n, m):
    """Kills: a rank left out or used twice."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    first, second = rng.normal(0.2, 1, n), rng.normal(size=m)
    expected = stats.mannwhitneyu(first, second, alternative="greater", method="exact").pvalue
    assert p_greater(first, second) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.integers(1, 8))
def test_two_sided_p_is_twice_the_smaller_side(seed, n, m):
    """Kills: two rooms that count differently; without ties both tails are alike."""
    values = np.random.default_rng(seed).permutation(n + m) * 1.0
    sides = p_greater(values[:n], values[n:]), p_greater(values[n:], values[:n])
    assert mann_whitney_p(values[:n], values[n:]) == pytest.approx(min(1, 2 * min(sides)))


@pytest.mark.parametrize(("n", "m"), [(1, 1), (3, 5), (5, 20), (20, 20), (40, 40)])
def test_smallest_p_is_that_of_complete_separation(n, m):
    """Kills: a two-sided p, counts that overflow at 40 against 40."""
    assert p_greater(np.arange(n) + 100.0, np.arange(m)) == pytest.approx(smallest_p(n, m), rel=1e-12)
    assert smallest_p(n, m) == 1 / math.comb(n + m, n)


@pytest.mark.parametrize("function", [p_greater, shift])
@pytest.mark.parametrize("first", [[], [1.0, math.nan]])
def test_no_number_is_refused(function, first):
    """Kills: NaN as 0, an empty side that passes."""
    with pytest.raises(ValueError, match="not a number"):
        function(first, [1.0])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 9).map(float), min_size=1, max_size=7), st.lists(st.integers(0, 9).map(float), min_size=1)
)
def test_shift_is_the_median_difference(first, second):
    """Kills: the difference of medians or of means."""
    assert shift(first, second).estimate == pytest.approx(np.median([x - y for x in first for y in second]))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(5, 10), st.integers(5, 10))
def test_the_interval_is_what_the_test_keeps(seed, n, m):
    """Kills: an end counted off one too far in or out, the null distribution of other sizes."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(size=n), rng.normal(size=m)
    seen, tiny = shift(first, second), 1e-9
    assert p_greater(first - seen.low - tiny, second) > 0.025 >= p_greater(first - seen.low + tiny, second)
    assert p_greater(second, first - seen.high + tiny) > 0.025 >= p_greater(second, first - seen.high - tiny)


def test_shift_bears_failures():
    """Kills: inf less inf as NaN; a few failures that move the estimate to infinity."""
    baseline = list(np.arange(20.0))
    assert 10 < shift([*np.arange(15.0) + 10, *[INF] * 5], baseline).estimate < 20
    assert shift([INF] * 5, baseline).estimate == INF
    assert shift([INF] * 5, [INF] * 20).estimate == 0
    assert shift([1.0] * 5, [INF] * 20).estimate == -INF
    assert shift([1.0], [2.0]).low == -INF
