"""Whether the order of models is told right, against closed forms and scipy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from benchmarks import created_equal

ORDERS = st.lists(st.floats(0, 100), min_size=5, max_size=6)


@given(ORDERS)
def test_ranks_are_scipys(values) -> None:
    """Kills: ranks from 0, ties in the order of their places."""
    assert created_equal.ranks(values) == stats.rankdata(values).tolist()


def test_the_rank_correlation_is_spearmans() -> None:
    """Kills: a correlation of values, an interval of Pearson's, a one-sided p."""
    first, second = [1.0, 2, 3, 4, 5, 6, 7, 8], [2.0, 1, 4, 3, 6, 5, 80, 7]
    rho, (low, high), p = created_equal.rank_correlation(first, second)
    assert rho == pytest.approx(stats.spearmanr(first, second).statistic)
    assert p == pytest.approx(184 / 40_320)  # tabulated: 0.0046
    assert (low, high) == pytest.approx((0.4279, 0.9876), abs=1e-4)  # by hand: tanh(1.4979 -+ 1.9600 x 0.5309)


def test_the_p_is_that_of_all_orders() -> None:
    """Kills: one side alone, ties that are not counted as far."""
    first, second = [1.0, 2, 3, 4, 5], [2.0, 1, 3, 3, 5]
    statistic = lambda x: stats.pearsonr(x, stats.rankdata(second)).statistic  # noqa: E731
    exact = stats.permutation_test((stats.rankdata(first),), statistic, permutation_type="pairings", n_resamples=500)
    assert created_equal.rank_correlation(first, second)[2] == pytest.approx(exact.pvalue)


def test_a_perfect_order_has_an_interval_and_few_models_have_none() -> None:
    """Kills: the arc tangent of 1."""
    rho, (low, high), p = created_equal.rank_correlation([1, 2, 3, 4, 5], [10, 20, 30, 40, 50])
    assert (rho, p) == (pytest.approx(1), pytest.approx(2 / 120))
    assert low < high <= 1
    with pytest.raises(ValueError, match="got 3 models, expected at least 4"):
        created_equal.rank_correlation([1, 2, 3], [1, 2, 3])


def test_a_failed_seed_is_as_bad_as_can_be() -> None:
    """Kills: the median of what is left."""
    assert created_equal.middle([1.0, float("nan"), 3.0]) == 3.0
    assert created_equal.middle([float("nan"), float("nan"), 3.0]) == float("inf")


def test_what_was_searched_is_said() -> None:
    """Kills: an option that the model sets by itself, for which there is no number to show."""
    options = {"width": 16, "lr": 0.00123456, "clip": None, "critic_steps": 5}
    assert created_equal.settings(options) == "lr 0.00123, critic_steps 5"


def test_what_was_published_is_of_the_studys_models() -> None:
    """Kills: a model that the study has and no figure stands beside."""
    study = _study("created_equal")
    assert set(study["models"]) == set(created_equal.PUBLISHED)
    assert all(data in each for data in study["datasets"] for each in created_equal.PUBLISHED.values())


def test_the_whole_study_differs_in_its_size_alone() -> None:
    """Kills: a model or a range that one of the two has not."""
    small, whole = _study("created_equal"), _study("created_equal_full")
    assert small["tune"]["space"] == whole["tune"]["space"]
    assert small["models"] == whole["models"]
    assert {**whole, "options": {}, "tune": {}}.keys() == {**small, "options": {}, "tune": {}}.keys()
    assert {options.get("width") for options in whole["options"].values()} == {64, None}
    assert [name for name, options in whole["options"].items() if "width" not in options] == ["gan@mm"]


def _study(name: str) -> dict:
    return tomllib.loads((Path(created_equal.__file__).parents[1] / "studies" / f"{name}.toml").read_text())
