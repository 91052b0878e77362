from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics import twosample
from genbench.metrics.twosample import c2st


def _slow(real, fake, rng):
    """Newton's method on the penalised likelihood, fold by fold."""
    folds = [rng.permutation(np.arange(len(side)) % 5) for side in (real, fake)]
    hits = [[], []]
    for fold in range(5):
        seen = [side[dealt != fold] for side, dealt in zip((real, fake), folds, strict=True)]
        mean, deviation = np.vstack(seen).mean(axis=0), np.vstack(seen).std(axis=0)
        rows = np.hstack([(np.vstack(seen) - mean) / deviation, np.ones((sum(map(len, seen)), 1))])
        sign = np.repeat([0.0, 1], [len(side) for side in seen])
        weight = np.repeat([len(rows) / (2 * len(side)) for side in seen], [len(side) for side in seen])
        penalty = np.append(np.ones(real.shape[1]), 0)
        line = np.zeros(len(penalty))
        for _ in range(30):
            chance = 1 / (1 + np.exp(-rows @ line))
            slope = rows.T @ (weight * (chance - sign)) + penalty * line
            curve = (rows * (weight * chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty)
            line = line - np.linalg.solve(curve, slope)
        for side, (values, dealt) in enumerate(zip((real, fake), folds, strict=True)):
            hits[side] += ((((values[dealt == fold] - mean) / deviation) @ line[:-1] + line[-1] > 0) == side).tolist()
    return (np.mean(hits[0]) + np.mean(hits[1])) / 2


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 4), st.integers(10, 60), st.integers(10, 60))
def test_agrees_with_a_slow_implementation(seed, width, n, m):
    """Kills: rows judged by a classifier that saw them, no penalty, sides weighed by their numbers, no balance."""
    rng = np.random.default_rng(seed)
    real, fake = 9 * rng.normal(size=(n, width)) + 4, 9 * rng.normal(size=(m, width)) + 7
    slow = _slow(real, fake, np.random.default_rng(seed))
    one_row = 1 / (2 * min(n, m))  # on the border, to the tolerance of either solver
    assert c2st(real, fake, rng=np.random.default_rng(seed)).value == pytest.approx(slow, abs=one_row + 1e-9)


def test_separable_is_1_and_constant_is_a_half():
    """Kills: verdicts turned round, a division by a deviation of zero, ties that count for a side."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 3))
    assert c2st(rows, rows[:25] + 50, rng=rng).value == 1
    assert c2st(rows + 50, rows[:25], rng=rng).value == 1
    assert c2st(np.ones((40, 3)), np.ones((25, 3)), rng=rng).value == 0.5


def test_two_gaussians_are_told_apart_as_often_as_any_classifier_can():
    """Kills: the share of correct rows of the larger side; the best accuracy is Phi(shift / 2)."""
    rng = np.random.default_rng(0)
    score = c2st(rng.normal(size=(6000, 2)), rng.normal([1.0, 0], size=(2000, 2)), rng=rng)
    assert score.value == pytest.approx(0.69146, abs=0.02)
    assert score.value > score.interval[1]


def test_linear_maps_change_little_and_shifts_add_up():
    """Kills: features as they come, at which the penalty depends on their units."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 200, 3))
    values = [c2st(real, fake + shift, rng=np.random.default_rng(1)).value for shift in (0, 0.5, 1, 2)]
    assert values == sorted(values)
    scale = np.array([1e-3, 1, 1e4])
    moved = c2st(real * scale + 7, (fake + 0.5) * scale + 7, rng=np.random.default_rng(1)).value
    assert moved == pytest.approx(values[1], abs=1e-9)


def test_copies_fall_below_the_interval():
    """Kills: folds that keep a row and its copy together by their order."""
    rows = np.random.default_rng(0).normal(size=(100, 60))
    score = c2st(rows, rows, rng=np.random.default_rng(1))
    assert score.value < score.interval[0]


NULLS = {
    "normal": lambda rng, n: rng.normal(size=(n, 4)),
    "one coin": lambda rng, n: rng.integers(0, 2, size=(n, 1)).astype(float),
    "lognormal": lambda rng, n: np.exp(rng.normal(size=(n, 4))),
}


@pytest.mark.slow
@pytest.mark.parametrize(("name", "n", "m"), [("normal", 120, 40), ("one coin", 60, 60), ("lognormal", 60, 60)])
def test_the_interval_holds_95_of_100_equal_sides(name, n, m):
    """Kills: the variance of one split, 1 / (4 n_test), which holds 84 to 92 of 100."""
    rng = np.random.default_rng(0)
    draw = NULLS[name]
    held = [_is_held(c2st(draw(rng, n), draw(rng, m), rng=rng)) for _ in range(300)]
    assert 0.915 < np.mean(held) <= 1


def _is_held(score):
    return score.interval[0] <= score.value <= score.interval[1]


def test_the_interval_is_wider_than_one_split_as_folds_are_coupled():
    """Kills: no coupling, coupling taken over folds at once; 1 + 2 / pi where decisions are Gaussian, 2 for a coin."""
    rng = np.random.default_rng(0)
    for draw, coupling in ((NULLS["normal"], 2 / np.pi), (NULLS["one coin"], 1)):
        low, high = c2st(draw(rng, 1500), draw(rng, 500), rng=rng).interval
        variance = (1 / 1500 + 1 / 500) / 16 * (1 + coupling)
        assert (high - low) / 2 == pytest.approx(1.959964 * variance**0.5, rel=0.03)
        assert low + high == pytest.approx(1)


def test_few_rows_and_few_steps_are_told(monkeypatch):
    """Kills: a fold without a row of one side, and a solver's silence."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(40, 3))
    with pytest.raises(ValueError, match="fake: got 4 rows, expected at least 5"):
        c2st(rows, rows[:4], rng=rng)
    monkeypatch.setattr(twosample, "MOST_STEPS", 1)
    assert c2st(rows, rows + 1, rng=rng).warnings == ("a classifier had not converged after 1 steps",)


def test_same_generator_same_value():
    """Kills: folds dealt from a state of their own (B8)."""
    rng = np.random.default_rng(0)
    real, fake = rng.normal(size=(2, 50, 3))
    values = [c2st(real, fake, rng=np.random.default_rng(seed)).value for seed in (1, 1, 2, 3)]
    assert values[0] == values[1]
    assert len(set(values)) > 1
