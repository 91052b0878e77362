from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.profiles import performance_profile

NAN = math.nan


def test_a_profile_by_hand():
    """Kills: < for <=, shares of the seeds that did not fail, failed seeds that reach an infinite threshold."""
    values = [1.0, 2, 2, NAN, math.inf]
    assert performance_profile(values, [0.5, 1, 2, math.inf]).tolist() == [0, 0.2, 0.6, 0.6]
    upward = performance_profile([0.2, 0.5, NAN], [-math.inf, 0.2, 0.5, 0.6], lower_is_better=False)
    assert upward == pytest.approx([2 / 3, 2 / 3, 1 / 3, 0])
    with pytest.raises(ValueError, match="got 0 values"):
        performance_profile([], [1.0])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-9, 9) | st.just(NAN), min_size=1, max_size=12), st.lists(st.floats(-9, 9), max_size=6))
def test_a_profile_rises_and_counts_seed_by_seed(values, thresholds):
    """Kills: sorted the wrong way, order of the thresholds lost, NaN that compares."""
    found = performance_profile(values, thresholds)
    assert found.tolist() == [sum(value <= limit for value in values) / len(values) for limit in thresholds]
    assert (np.diff(performance_profile(values, sorted(thresholds))) >= 0).all()
    mirrored = performance_profile(
        [-value for value in values], [-limit for limit in thresholds], lower_is_better=False
    )
    assert mirrored.tolist() == found.tolist()
