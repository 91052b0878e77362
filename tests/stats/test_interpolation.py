from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genbench.stats.interpolation import at_spends

NAN = math.nan
heights = st.lists(st.floats(-50, 50), min_size=2, max_size=8)
positive = st.lists(st.floats(0.01, 500), min_size=2, max_size=8)


def _spent(count):
    return [100 * (1 + index) ** 1.5 for index in range(count)]


@settings(max_examples=30, deadline=None)
@given(heights | positive)
@example([0.0, 0.0, 2.2e-309])
def test_marks_are_met_exactly(values):
    """Kills: a smoother, the logarithm of one side only, a warning of an overflow where a curve is all but flat."""
    assert at_spends(_spent(len(values)), values, _spent(len(values))) == pytest.approx(values, rel=1e-9, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(heights | positive)
def test_it_turns_only_at_marks(values):
    """Kills: an ordinary cubic spline, which overshoots: a curve between two marks stays between their values."""
    spent = _spent(len(values))
    for index in range(len(values) - 1):
        found = at_spends(spent, values, np.linspace(spent[index], spent[index + 1], 40))
        step = np.diff(found) * np.sign(values[index + 1] - values[index])
        assert (step >= -1e-9 * max(map(abs, values))).all()


def test_nothing_is_said_beyond_the_marks():
    """Kills: extrapolation, the end value held, a rounding that loses the last mark."""
    found = at_spends([10.0, 20, 40], [5.0, 3, 2], [9.999, 10, 40, 40.001])
    assert np.isnan(found).tolist() == [True, False, False, True]
    thirds = [1 / 3, 2 / 3, 1.0]
    assert np.isfinite(at_spends(thirds, [3.0, 2, 1], thirds)).all()


@pytest.mark.parametrize("power", [-0.7, -2.0, 0.5])
def test_power_laws_are_exact(power):
    """Kills: plain numbers, by which a quality that falls like 1 / sqrt(spent) is read per cents too high."""
    spent, wanted = np.array([10.0, 20, 50, 100]), np.geomspace(10, 100, 30)
    assert at_spends(spent, 7 * spent**power, wanted) == pytest.approx(7 * wanted**power, rel=1e-9)


@settings(max_examples=30, deadline=None)
@given(positive, st.sampled_from([1e-3, 3.6e3, 1e12]))
def test_units_are_nothing(values, unit):
    """Kills: an interpolation that differs by whether seconds or hours were spent, distances or thousandths of them."""
    spent, wanted = np.array(_spent(len(values))), np.linspace(100, 300, 7)
    found = at_spends(spent, values, wanted)
    assert at_spends(unit * spent, values, unit * wanted) == pytest.approx(found, rel=1e-6, nan_ok=True)
    assert at_spends(spent, unit * np.array(values), wanted) == pytest.approx(unit * found, rel=1e-6, nan_ok=True)


def _slow(knots, values, at):
    """Cubic Hermite with the slopes of Fritsch and Butland, interval by interval, in plain numbers."""
    widths, chords = np.diff(knots), np.diff(values) / np.diff(knots)
    slopes = np.zeros(len(knots))
    for index in range(1, len(knots) - 1):
        before, after = chords[index - 1], chords[index]
        if before * after > 0:
            one, two = 2 * widths[index] + widths[index - 1], widths[index] + 2 * widths[index - 1]
            slopes[index] = (one + two) / (one / before + two / after)
    for end, near, far in ((0, 0, 1), (-1, -1, -2)):
        slope = ((2 * widths[near] + widths[far]) * chords[near] - widths[near] * chords[far]) / (
            widths[near] + widths[far]
        )
        if slope * chords[near] <= 0:
            slope = 0.0
        elif chords[near] * chords[far] <= 0 and abs(slope) > 3 * abs(chords[near]):
            slope = 3 * chords[near]
        slopes[end] = slope
    piece = np.clip(np.searchsorted(knots, at, "right") - 1, 0, len(widths) - 1)
    t, width = (at - knots[piece]) / widths[piece], widths[piece]
    rise = values[piece] * (1 + 2 * t) * (1 - t) ** 2 + values[piece + 1] * t**2 * (3 - 2 * t)
    return rise + width * (slopes[piece] * t * (1 - t) ** 2 + slopes[piece + 1] * t**2 * (t - 1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(3, 8), st.booleans())
def test_an_independent_monotone_cubic_agrees(seed, count, is_positive):
    """Kills: other slopes, logarithms where a value is not positive."""
    rng = np.random.default_rng(seed)
    knots = np.cumsum(rng.uniform(1, 5, count))
    values = rng.uniform(0.1, 9, count) if is_positive else rng.normal(size=count)
    if not is_positive:
        values[0] = -abs(values[0])
    at = np.linspace(knots[0], knots[-1], 25)[1:-1]
    expected = _slow(np.log(knots), np.log(values) if is_positive else values, np.log(at))
    assert at_spends(knots, values, at) == pytest.approx(np.exp(expected) if is_positive else expected, rel=1e-8)


def test_a_diverged_mark_leaves_a_hole_and_no_more():
    """Kills: NaN everywhere, a bridge across a divergence."""
    found = at_spends([10.0, 20, 30, 40, 50], [5.0, 4, NAN, 3, 2], [15, 20, 25, 30, 35, 40, 45])
    assert np.isnan(found).tolist() == [False, False, True, True, True, False, False]
    assert np.isnan(at_spends([10.0, 20], [NAN, math.inf], [10, 15, 20])).all()
    assert at_spends([10.0, 20], [3.0, NAN], [10, 15]) == pytest.approx([3, NAN], nan_ok=True)


def test_a_start_at_nothing_spent_and_few_marks():
    """Kills: the logarithm of 0, a failure of one mark."""
    assert at_spends([0.0, 10], [1.0, 3], [0, 10]) == pytest.approx([1, 3])
    assert at_spends([0.0, 10], [-1.0, 3], [5]) == pytest.approx([1])
    assert at_spends([5.0], [2.0], [5, 6]) == pytest.approx([2, NAN], nan_ok=True)
    assert np.isnan(at_spends([], [], [1.0])).all()


def test_marks_that_cannot_be_are_refused():
    """Kills: marks sorted in silence, two values at one spend."""
    with pytest.raises(ValueError, match="got 1 values for 2 marks"):
        at_spends([1.0, 2], [1.0], [1.0])
    for spent in ([2.0, 1], [1.0, 1], [NAN, 1]):
        with pytest.raises(ValueError, match="expected each beyond the one before"):
            at_spends(spent, [1.0, 2], [1.0])
