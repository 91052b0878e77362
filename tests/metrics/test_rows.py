from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.metrics.frechet import fd
from genbench.metrics.kernel import kd
from genbench.metrics.manifold import prdc
from genbench.metrics.rows import checked, parts

METRICS = (fd, kd, prdc)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    ("fake", "expected"),
    [
        (np.full((20, 3), np.nan), "NaN or infinity in 20 of 20 rows"),
        (np.full((20, 3), np.inf), "NaN or infinity"),
        (np.ones((20, 4)), "real has d = 3, fake has d = 4"),
        (np.ones((1, 3)), "got 1 rows, expected at least"),
        (np.ones(20), r"shape \(20,\), expected rows"),
        (np.full((20, 3), 1e39), "beyond float32"),
    ],
)
def test_refuses_what_cannot_be_compared(metric, fake, expected):
    """Kills: NaN turned into 0, broadcasting over widths, a covariance of one row."""
    with pytest.raises(ValueError, match=expected):
        metric(np.random.default_rng(0).normal(size=(20, 3)), fake)


@pytest.mark.parametrize("metric", METRICS)
def test_global_generator_is_not_touched(metric):
    """Kills: drawing from numpy's global state (B8)."""
    rows = np.random.default_rng(0).normal(size=(40, 3))
    before = np.random.get_state()[1].copy()
    metric(rows, rows[:20] + 1)
    assert (np.random.get_state()[1] == before).all()


def test_integers_are_taken_as_float64():
    """Kills: arithmetic in uint8, which wraps at 256."""
    rows = np.arange(60, dtype=np.uint8).reshape(20, 3) * 4
    assert checked("real", rows, least=1).dtype == np.float64
    assert fd(rows, rows + 10).value == pytest.approx(300)


@given(st.integers(1, 5000), st.integers(1, 700))
def test_parts_cover_every_row_once_and_evenly(count, size):
    """Kills: a last row left out, a part longer than asked, a last part of one row beside full ones."""
    lengths = [part.stop - part.start for part in parts(count, size)]
    assert sum(lengths) == count
    assert parts(count, size)[0].start == 0
    assert 1 <= max(lengths) <= size
    assert max(lengths) - min(lengths) <= 1
