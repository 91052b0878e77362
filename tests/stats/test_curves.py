from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.curves import oscillation

AT = np.arange(4000)
WITHIN = math.sin(0.45 * math.pi)  # of a sinusoid's amplitude, that 9 of 10 of its values keep


def _wave(amplitude, level=1.0, slope=0.0, at=AT):
    return level + slope * at / at[-1] + amplitude * np.sin(at / 5)


@pytest.mark.parametrize("level", [1.0, -4.0])
def test_a_sinusoid_swings_by_its_amplitude(level):
    """Kills: the whole range for half of it, deviations for quantiles, the sign of a negative loss."""
    assert oscillation(AT, _wave(0.2, level)) == pytest.approx(0.2 * WITHIN / abs(level), rel=0.01)


def test_a_trend_is_no_swing():
    """Kills: the range of the loss instead of its residuals."""
    assert oscillation(AT, 5 - AT / 2000) == pytest.approx(0, abs=1e-12)
    tilted = _wave(0.2, level=5.0, slope=-2.0)
    assert oscillation(AT, tilted) == pytest.approx(0.2 * WITHIN / 3.5, rel=0.02)


def test_only_the_last_half_counts():
    """Kills: the descent at the start, or early swings, charged to a model that has settled."""
    values = np.where(AT < 1900, _wave(30.0, level=50.0), 1.0)
    assert oscillation(AT, values) == 0


def test_spikes_neither_count_nor_turn_the_trend():
    """Kills: max - min, a least-squares line, a deviation that a single spike makes ten times larger."""
    values = _wave(0.2)
    spiked = values.copy()
    spiked[[2100, 3000, 3950]] += 1e4
    assert oscillation(AT, spiked) == pytest.approx(oscillation(AT, values), rel=0.02)


def test_a_loss_around_zero_is_all_swing():
    """Kills: division by a level that vanishes, the level of a critic's loss taken with its sign."""
    assert oscillation(AT, _wave(0.2, level=0.0)) == 1
    assert oscillation(AT, _wave(1e-9, level=1e-12)) == 1
    assert oscillation(AT, 0 * AT) == 0


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 2), st.floats(1.001, 3), st.sampled_from([1e-6, 0.25, 1e5, -3.0]))
def test_scale_is_nothing_and_amplitude_everything(amplitude, more, scale):
    """Kills: an absolute threshold, a measure that saturates before 1 or falls as swings grow past the level."""
    values = _wave(amplitude)
    found = oscillation(AT, values)
    assert oscillation(AT, scale * values) == pytest.approx(found, rel=1e-9)
    assert found <= oscillation(AT, _wave(amplitude * more)) <= 1


@pytest.mark.parametrize("every", [2, 4, 10])
def test_thinning_changes_little(every):
    """Kills: differences of neighbours, which depend on how often a loss is logged."""
    rng = np.random.default_rng(0)
    values = _wave(0.2) + 0.1 * rng.normal(size=len(AT))
    assert oscillation(AT[::every], values[::every]) == pytest.approx(oscillation(AT, values), rel=0.1)


def test_a_noisy_descent_is_known_from_a_fight():
    """Kills: a scale that both share: the losses of a likelihood model and of two players, as they look on digits."""
    rng = np.random.default_rng(0)
    descent = 23 + 20 * np.exp(-AT / 50) - AT / 4000 + 0.27 * rng.normal(size=len(AT))
    fight = 1.1 + 0.1 * rng.normal(size=len(AT)) + 0.1 * np.sin(AT / 9)
    assert oscillation(AT, descent) < 0.03 < 0.1 < oscillation(AT, fight)


def test_many_values_at_one_hand_out_have_no_trend():
    """Kills: a slope over no distance."""
    assert oscillation([7] * 20, [1.0, 3.0] * 10) == pytest.approx(0.5)


def test_too_little_is_none():
    """Kills: a swing of 19 points, a number for a loss that blew up."""
    assert oscillation(AT[:19], _wave(0.2)[:19]) is None
    assert oscillation(AT[:20], _wave(0.2)[:20]) is not None
    for bad in (math.nan, math.inf):
        assert oscillation(AT, np.where(AT == 30, bad, 1.0)) is None
    with pytest.raises(ValueError, match="got 3 values for 2 points"):
        oscillation([1, 2], [1.0, 2, 3])
