from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.stats.pairs import compare
from genbench.stats.ranks import performance_profile, ranks

NAN = math.nan
scores = st.dictionaries(
    st.sampled_from("abcd"), st.lists(st.integers(0, 20).map(float), min_size=1, max_size=6), min_size=1
)


def test_models_that_cannot_be_told_apart_share_a_rank():
    """Kills: ranks by medians, which would order a and b; 1 + the models with better medians."""
    found = ranks({"a": [1.0, 3, 5, 7, 9], "b": [2.0, 4, 6, 8, 10], "c": [21.0, 22, 23, 24, 25]})
    assert found == {"a": 1, "b": 1, "c": 3}
    assert ranks({"c": [21.0, 22, 23, 24, 25], "a": [1.0, 3, 5, 7, 9]}, lower_is_better=False) == {"c": 1, "a": 2}


def test_ranks_are_corrected_for_the_number_of_pairs():
    """Kills: each p taken for itself: of 2 models p 0.032 tells, of 5 models it does not."""
    ours, theirs = [1.0, 2, 3, 4, 6.5], [5.0, 6, 7, 8, 9]
    assert compare(ours, theirs).distinguishable
    assert ranks({"a": ours, "b": theirs}) == {"a": 1, "b": 2}
    crowd = {name: [4.0, 5, 6, 7, 8] for name in "cde"}
    assert ranks({"a": ours, "b": theirs, **crowd})["b"] == 1


def test_a_model_that_fails_is_ranked_and_ranks_last():
    """Kills: failed models left out."""
    assert ranks({"a": [1.0] * 5, "b": [NAN] * 5}) == {"a": 1, "b": 2}
    assert ranks({"a": [1.0] * 5, "b": [NAN] * 5}, lower_is_better=False) == {"a": 1, "b": 2}
    assert ranks({"a": [1.0]}) == {"a": 1}
    with pytest.raises(ValueError, match="got 0 values"):
        ranks({"a": [1.0], "b": []})


@settings(max_examples=30, deadline=None)
@given(scores)
def test_ranks_are_those_of_the_mirror_and_somebody_is_first(table):
    """Kills: the loser counted up, a direction forgotten, ranks by position in the table."""
    found = ranks(table)
    assert min(found.values()) == 1
    assert max(found.values()) <= len(table)
    mirrored = {name: [-value for value in table[name]] for name in reversed(list(table))}
    assert ranks(mirrored, lower_is_better=False) == found


def test_equal_models_hardly_ever_get_different_ranks():
    """Kills: uncorrected p, by which 4 equal models differ in 17 % of studies."""
    rng = np.random.default_rng(0)
    studies = [ranks({name: rng.normal(size=8) for name in "abcd"}) for _ in range(300)]
    assert np.mean([max(found.values()) > 1 for found in studies]) <= 0.05


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
