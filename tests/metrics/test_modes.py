from __future__ import annotations

import numpy as np
import pytest

from genbench.metrics.modes import HQ_CEILING, modes

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


@pytest.mark.parametrize("deviation", [0, -1, float("nan")])
def test_refuses_a_deviation_that_is_not_positive(deviation):
    """Kills: every sample called good or bad in silence."""
    with pytest.raises(ValueError, match="deviation: got"):
        modes(RING, RING, deviation)
