from __future__ import annotations

from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.proportions import difference_interval, fisher_p_greater, non_inferiority_p


@st.composite
def counts(draw, most=12):
    of = draw(st.integers(1, most))
    return draw(st.integers(0, of)), of


@settings(max_examples=60, deadline=None)
@given(counts(), counts())
def test_fisher_agrees_with_scipy(first, second):
    """Kills: the other tail, a two-sided p, rows taken for columns."""
    stats = pytest.importorskip("scipy.stats")
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    expected = stats.fisher_exact(table, alternative="greater").pvalue
    assert fisher_p_greater(first, second) == pytest.approx(expected, rel=1e-9)


def _chance(count, of, rate):
    return comb(of, count) * rate**count * (1 - rate) ** (of - count)


def _slow_p(first, second, margin):
    """Sum the tables one by one, at many rates."""
    (a, n), (b, m) = first, second
    tables = [(x, y) for x in range(n + 1) for y in range(m + 1) if x * m - y * n <= a * m - b * n]
    rates = np.linspace(0, 1 - margin, 301)
    return max(sum(_chance(x, n, rate + margin) * _chance(y, m, rate) for x, y in tables) for rate in rates)


@settings(max_examples=25, deadline=None)
@given(counts(6), counts(6), st.sampled_from([0.2, 0.5, 0.6]))
def test_non_inferiority_is_worst_over_the_unknown_rate(first, second, margin):
    """Kills: the rate seen put for the unknown one, a strict <, a margin on the wrong side."""
    slow = _slow_p(first, second, margin)
    assert slow - 1e-12 <= non_inferiority_p(first, second, margin=margin) <= slow + 1e-3


@pytest.mark.parametrize(("n", "m"), [(5, 20), (10, 20), (7, 11)])
def test_non_inferiority_keeps_its_level_at_every_rate(n, m):
    """Kills: a p that is too small somewhere, also beyond the margin."""
    level, margin = 0.05 / 3, 0.6
    passes = [
        (x, y) for x in range(n + 1) for y in range(m + 1) if non_inferiority_p((x, n), (y, m), margin=margin) <= level
    ]
    assert passes
    for rate in np.linspace(0, 1 - margin, 41):
        for worse in (margin, min(margin + 0.1, 1 - rate)):
            assert sum(_chance(x, n, rate + worse) * _chance(y, m, rate) for x, y in passes) <= level


def test_none_of_five_against_none_of_twenty():
    """Kills: Fisher's test for the pass, which is 1 there; the worst is no collapse at all: 0.4 to the fifth."""
    assert non_inferiority_p((0, 5), (0, 20), margin=0.6) == pytest.approx(0.4**5)
    assert non_inferiority_p((1, 5), (0, 20), margin=0.6) > 0.05


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((6, 7), (2, 7), (0.0582, 0.8062)),
        ((5, 56), (0, 29), (-0.0381, 0.1926)),
        ((0, 10), (0, 20), (-0.1611, 0.2775)),
        ((0, 10), (0, 10), (-0.2775, 0.2775)),
        ((10, 10), (0, 20), (0.6791, 1.0000)),
        ((10, 10), (0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_interval_is_newcombes(first, second, expected):
    """Kills: Wald's interval, which is a point at 0 of 10 against 0 of 10; the ends swapped (his table II)."""
    assert difference_interval(first, second) == pytest.approx(expected, abs=6e-5)


@pytest.mark.parametrize("count", [(-1, 5), (6, 5), (0, 0)])
def test_no_count_is_refused(count):
    """Kills: a rate of 0 of 0 that passes."""
    for function in (fisher_p_greater, difference_interval):
        with pytest.raises(ValueError, match="expected a count from 0"):
            function(count, (1, 2))
    with pytest.raises(ValueError, match="expected a count from 0"):
        non_inferiority_p((1, 2), count, margin=0.5)
