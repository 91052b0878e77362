from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.modes import HQ_CEILING, expected_log_density, log_density, modes

ANGLES = 2 * np.pi * np.arange(8) / 8
RING = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])


def _values(*arguments):
    return {name: score.value for name, score in modes(*arguments).items()}


def _drawn(rng, n, which, deviation=0.01):
    return RING[rng.choice(which, n)] + deviation * rng.normal(size=(n, 2))


def test_a_perfect_sampler_reaches_the_ceiling_and_no_more():
    """Kills: |dx| and |dy| bounded one by one (0.9946), a variance taken for a deviation."""
    values = _values(_drawn(np.random.default_rng(0), 100_000, 8), RING, 0.01)
    assert values["modes"] == 8
    assert values["hq_share"] == pytest.approx(HQ_CEILING, abs=0.002)
    assert pytest.approx(0.98889, abs=1e-5) == HQ_CEILING
    assert values["reverse_kl"] == pytest.approx(0, abs=1e-3)


def test_missing_modes_cost_their_logarithm():
    """Kills: the histogram over captured modes only (0), KL the other way round (infinite)."""
    values = _values(_drawn(np.random.default_rng(0), 50_000, [1, 4]), RING, 0.01)
    assert values["modes"] == 2
    assert values["reverse_kl"] == pytest.approx(np.log(4), abs=1e-3)


def test_only_samples_of_high_quality_count():
    """Kills: bad samples in the histogram, <= 3 deviations for < 3."""
    samples = np.vstack([RING[0], RING[1] + [0, 3.0], RING[2] * 1.35])
    values = _values(samples, RING, 0.1)
    assert values == {"modes": 1, "hq_share": pytest.approx(1 / 3), "reverse_kl": pytest.approx(np.log(8))}
    assert _values(np.array([[3.0, 0]]), np.array([[0.0, 0]]), 1.0)["hq_share"] == 0


def test_no_sample_of_high_quality_is_no_number():
    """Kills: 0, the best there is, where nothing was captured."""
    score = modes(np.full((10, 2), 5.0), RING, 0.01)
    assert (score["modes"].value, score["hq_share"].value, score["reverse_kl"].value) == (0, 0, None)
    assert score["reverse_kl"].warnings


def test_float32_samples_give_the_same_answer():
    """Kills: distances in float32 far from the origin."""
    samples = (_drawn(np.random.default_rng(0), 2000, 8, 1e-3) + 1000).astype(np.float32)
    assert _values(samples, RING + 1000, 1e-3) == _values(samples.astype(np.float64), RING + 1000, 1e-3)


@pytest.mark.parametrize("deviation", [0, -1, float("nan"), float("inf")])
def test_refuses_a_deviation_that_is_not_positive(deviation):
    """Kills: every sample called good or bad in silence."""
    with pytest.raises(ValueError, match="deviation: got"):
        modes(RING, RING, deviation)


def _grid(side, spacing):
    return spacing * np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(1, 6), st.floats(0.05, 3))
def test_log_density_agrees_with_scipy_and_is_invariant(seed, width, count, deviation):
    """Kills: a variance for a deviation, the weights 1 / m left out, d ln 2 pi for its half, one mode's term only."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(seed)
    centres, samples = rng.normal(size=(count, width)), rng.normal(size=(40, width))
    each = np.array([stats.norm(centre, deviation).logpdf(samples).sum(axis=1) for centre in centres])
    values = np.logaddexp.reduce(each) - np.log(count)
    score = log_density(samples, centres, deviation)
    assert score.value == pytest.approx(values.mean(), rel=1e-9, abs=1e-9)
    assert score.se == pytest.approx(values.std(ddof=1) / 40**0.5, rel=1e-6, abs=1e-12)
    moved = log_density(rng.permutation(samples) + 5, rng.permutation(centres) + 5, deviation)
    assert moved.value == pytest.approx(score.value, rel=1e-9, abs=1e-9)
    scaled = log_density(3 * samples, 3 * centres, 3 * deviation)
    assert scaled.value == pytest.approx(score.value - width * np.log(3), rel=1e-9, abs=1e-9)


def test_log_density_does_not_underflow():
    """Kills: the logarithm of a sum of exponentials that are all zero."""
    far = log_density(np.full((3, 2), 100.0), RING, 0.01)
    nearest = ((100 - np.sqrt(0.5)) ** 2 * 2) / (2 * 0.01**2)
    assert far.value == pytest.approx(-nearest - np.log(8) - np.log(2 * np.pi * 0.01**2), rel=1e-9)
    assert log_density(RING[:1], RING, 0.01).se is None


def test_a_perfect_sampler_has_the_expected_log_density():
    """Kills: an expectation with the bits of ln m lost; the deviation's square root."""
    samples = _drawn(np.random.default_rng(0), 100_000, 8)
    expected = expected_log_density(RING, 0.01)
    score = log_density(samples, RING, 0.01)
    assert expected == pytest.approx(-np.log(8) - np.log(2 * np.pi * np.e * 0.01**2), abs=1e-9)
    assert score.value == pytest.approx(expected, abs=4 * score.se)
    assert score.se == pytest.approx(1 / 100_000**0.5, rel=0.02)  # a deviation of sqrt(d / 2)


@pytest.mark.parametrize("spacing", [0.0, 1.0, 2.5, 4.0, 8.0])
def test_overlap_is_integrated(spacing):
    """Kills: the entropy of modes far apart, told of modes that overlap, and offsets that are not scaled."""
    centres = _grid(2, 0.1 * spacing)
    axis = np.linspace(-0.8, 0.8 + 0.1 * spacing, 400)
    points = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    each = np.stack([np.exp(-((points - c) ** 2).sum(1) / 0.02) / (0.02 * np.pi) for c in centres]).mean(axis=0)
    slow = (each[each > 0] * np.log(each[each > 0])).sum() * (axis[1] - axis[0]) ** 2
    assert expected_log_density(centres, 0.1) == pytest.approx(slow, abs=1e-5)
    apart = -np.log(4) - np.log(2 * np.pi * np.e * 0.01)
    assert expected_log_density(centres, 0.1) >= apart - 1e-9


def test_expectation_in_one_and_three_dimensions():
    """Kills: a quadrature laid out for the plane alone."""
    for width in (1, 3):
        assert expected_log_density(np.zeros((1, width)), 2.0) == pytest.approx(
            -width / 2 * np.log(2 * np.pi * np.e * 4), rel=1e-12
        )
    with pytest.raises(ValueError, match="got 4 dimensions, expected at most 3"):
        expected_log_density(np.zeros((1, 4)), 1.0)


def test_log_density_alone_rewards_collapse():
    """Kills: a reader's trust; the catalogue may not call more of it better."""
    collapsed = np.repeat(RING[:1], 100, axis=0)
    gain = log_density(collapsed, RING, 0.01).value - expected_log_density(RING, 0.01)
    assert gain == pytest.approx(1.0, abs=1e-9)  # d / 2
    samples = [_drawn(np.random.default_rng(0), 2000, 8, deviation) for deviation in (0.001, 0.01, 0.02, 0.1)]
    values = [log_density(each, RING, 0.01).value for each in samples]
    assert values == sorted(values, reverse=True)


def test_tensors_are_taken():
    """Kills: a metric that only knows arrays of numpy."""
    torch = pytest.importorskip("torch")
    samples = _drawn(np.random.default_rng(0), 500, 8)
    taken = [torch.from_numpy(each) for each in (samples, RING)]
    assert log_density(*taken, 0.01) == log_density(samples, RING, 0.01)
    assert modes(*taken, 0.01) == modes(samples, RING, 0.01)
