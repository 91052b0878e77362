from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.signed_rank import p_greater, shift, smallest_p

few = st.lists(st.integers(-4, 4).map(float), min_size=1, max_size=8)


def _slow_p(differences):
    """Sign all that are not zero in every way, with the ranks counted off by hand."""
    sizes = [abs(each) for each in differences]
    ranks = [sum(other < size for other in sizes) + (sizes.count(size) + 1) / 2 for size in sizes]
    signed = [rank for rank, each in zip(ranks, differences, strict=True) if each]
    seen = sum(rank for rank, each in zip(ranks, differences, strict=True) if each > 0)
    sums = [sum(np.compress(signs, signed)) for signs in product([0, 1], repeat=len(signed))]
    return np.mean([each >= seen for each in sums])


@settings(max_examples=80, deadline=None)
@given(few)
def test_p_counts_all_ways_to_sign(differences):
    """Kills: ties broken by order, zeros signed, > for >=, two-sided p."""
    assert p_greater(differences) == pytest.approx(_slow_p(differences), rel=1e-12)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 50))
def test_p_agrees_with_scipy_where_nothing_ties(seed, pairs):
    """Kills: a rank left out or used twice; the sign of the alternative."""
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(seed).normal(0.3, 1, pairs)
    expected = stats.wilcoxon(differences, alternative="greater", method="exact").pvalue
    assert p_greater(differences) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("pairs", [1, 6, 12, 24, 48, 64])
def test_smallest_p_is_that_of_one_direction(pairs):
    """Kills: a normal approximation; counts that overflow at 64 pairs."""
    assert p_greater(np.arange(1.0, pairs + 1)) == smallest_p(pairs) == 2.0**-pairs
    assert p_greater(-np.arange(1.0, pairs + 1)) == 1


def test_infinities_rank_highest_and_alike():
    """Kills: infinities dropped, or taken for zero."""
    assert p_greater([math.inf, math.inf, 1.0, 2.0]) == 1 / 16
    assert p_greater([math.inf, -1.0, -2.0]) == _slow_p([9.0, -1, -2])
    assert p_greater([math.inf, -math.inf]) == _slow_p([9.0, -9])


def test_nothing_seen_says_nothing():
    """Kills: zeros or no pairs at all that reject."""
    assert p_greater([]) == p_greater([0.0, 0.0]) == 1
    empty = shift([])
    assert math.isnan(empty.estimate)
    assert (empty.low, empty.high) == (-math.inf, math.inf)


@pytest.mark.parametrize("function", [p_greater, shift])
def test_no_number_is_refused(function):
    """Kills: NaN taken for zero, which would let a failure pass for no difference."""
    with pytest.raises(ValueError, match="1 differences that are not numbers"):
        function([1.0, math.nan])


@settings(max_examples=60, deadline=None)
@given(few)
def test_shift_is_the_median_of_walsh_averages(differences):
    """Kills: the mean or the plain median for it; averages of a value with itself left out."""
    averages = [
        (differences[i] + differences[j]) / 2 for i in range(len(differences)) for j in range(i, len(differences))
    ]
    assert shift(differences).estimate == pytest.approx(np.median(averages))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(6, 20))
def test_the_interval_is_what_the_test_keeps(seed, pairs):
    """Kills: an end counted off one too far in or out."""
    differences = np.random.default_rng(seed).normal(size=pairs)
    seen = shift(differences)
    tiny = 1e-9
    for end, sign in ((seen.low, 1), (seen.high, -1)):
        assert p_greater(sign * (differences - end - sign * tiny)) > 0.025
        assert p_greater(sign * (differences - end + sign * tiny)) <= 0.025


def test_the_interval_needs_six_pairs():
    """Kills: an interval of 95 % claimed for five values, whose range covers 15 of 16 times."""
    assert shift([1.0, 2, 3, 4, 5]).low == -math.inf
    assert shift([1.0, 2, 3, 4, 5, 6]).low == 1


def test_the_interval_covers():
    """Kills: one tail of 5 % for two of 2.5; skewed and heavy noise, made symmetric by the coin."""
    rng = np.random.default_rng(0)
    noise = rng.lognormal(0, 1, (1000, 24)) - rng.lognormal(0, 1, (1000, 24))
    intervals = [shift(each) for each in noise]
    assert 0.95 - 3 * (0.95 * 0.05 / 1000) ** 0.5 < np.mean([each.low <= 0 <= each.high for each in intervals]) < 0.98


def test_shift_bears_failures():
    """Kills: inf less inf as NaN for the whole estimate."""
    assert shift([0.1] * 9 + [math.inf]).estimate == pytest.approx(0.1)
    assert shift([math.inf, -math.inf]).estimate == 0
    assert shift([math.inf] * 3).estimate == math.inf
