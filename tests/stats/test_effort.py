"""The expected best of k trials, against all choices one by one."""

from __future__ import annotations

from itertools import combinations
from math import inf, isnan
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.stats.effort import expected_best, places

VALUES = st.lists(st.integers(0, 9).map(float) | st.just(inf), min_size=1, max_size=7)


def _brute(ordered: list[float], first: int, trials: int) -> tuple[float, float]:
    """Return mean and share of failures over every choice that has the first."""
    others = [place for place in range(len(ordered)) if place != first]
    chosen = combinations(others, min(trials - 1, len(others)))
    best = [ordered[min((first, *each))] for each in chosen]
    good = [value for value in best if value != inf]
    return fmean(good) if good else float("nan"), 1 - len(good) / len(best)


@given(VALUES, st.data())
def test_it_is_the_mean_over_all_choices(values, data) -> None:
    """Kills: chances with replacement; the first configuration drawn like the others; failures counted as 0."""
    ordered = sorted(values)
    first, trials = data.draw(st.integers(0, len(values) - 1)), data.draw(st.integers(1, len(values) + 2))
    found, (value, failed) = expected_best(ordered, first, trials), _brute(ordered, first, trials)
    assert found.failed == pytest.approx(failed)
    assert isnan(found.value) if isnan(value) else found.value == pytest.approx(value)


def test_its_ends_are_the_first_and_the_best() -> None:
    """Kills: an expectation that never reaches the best, as with replacement."""
    assert expected_best([1.0, 2.0, 5.0], 2, 1).value == 5.0
    assert expected_best([1.0, 2.0, 5.0], 2, 3).value == 1.0


def test_nothing_is_expected_of_no_trial() -> None:
    with pytest.raises(ValueError, match="got 0 trials"):
        expected_best([1.0], 0, 0)


def test_places_double_up_to_the_last() -> None:
    assert [places(trials) for trials in (1, 2, 3, 16)] == [(1,), (1, 2), (1, 2, 3), (1, 2, 4, 8, 16)]
