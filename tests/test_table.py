"""Tables as points: what a model sees of them, and what becomes of what it samples."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.data.naming import scale
from genbench.samples import to_rows, to_task
from genbench.table import Column, Table

TABLE = Table(
    columns=(
        Column(name="weight", kind="number"),
        Column(name="colour", kind="category", categories=("blue", "green", "red")),
        Column(name="legs", kind="integer"),
        Column(name="only", kind="category", categories=("one",)),
    ),
    target="colour",
)
ROWS = st.lists(
    st.tuples(st.floats(-1e4, 1e4, width=32), st.integers(0, 2), st.integers(-1000, 1000), st.just(0)),
    min_size=2, max_size=20,
)  # fmt: skip
POINTS = SimpleNamespace(kind="points")


def _rows(rows) -> np.ndarray:
    """Return rows whose numbers vary, as data sets' do."""
    return np.array([*rows, (5e4, 0, 2000, 0)], np.float32)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_rows_come_back(rows):
    """Kills: a category's code off by a column, integers truncated, a scale of another column."""
    stored = _rows(rows)
    given_scale = scale(stored, TABLE)
    seen = to_task(stored, given_scale, TABLE)
    assert (seen.dtype, seen.shape) == (torch.float32, (len(stored), TABLE.width))
    back, outside = to_rows(seen, POINTS, given_scale, TABLE)
    assert (back.dtype, outside) == (np.float32, 0.0)
    np.testing.assert_array_equal(back[:, 1:], stored[:, 1:])
    np.testing.assert_allclose(back[:, 0], stored[:, 0], atol=0.05)


@settings(max_examples=40, deadline=None)
@given(ROWS)
def test_numbers_are_standardised_and_categories_are_not(rows):
    """Kills: codes standardised as if red were twice green; a scale that moves one-hot coordinates."""
    stored = _rows(rows)
    seen = to_task(stored, scale(stored, TABLE), TABLE).numpy()
    numbers, hot = seen[:, [0, 4]], seen[:, [1, 2, 3, 5]]
    np.testing.assert_allclose(numbers.mean(axis=0), 0, atol=1e-3)
    np.testing.assert_allclose(numbers.std(axis=0), 1, atol=1e-3)
    assert set(hot.ravel()) <= {0.0, 1.0}
    assert (hot[:, :3].argmax(axis=1) == stored[:, 1]).all() and (hot[:, :3].sum(axis=1) == 1).all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(-30, 30, width=32), min_size=6, max_size=6), min_size=1, max_size=10))
def test_whatever_a_model_samples_is_a_row(sampled):
    """Kills: codes from rounded coordinates, which a model can push out of range; -0, which has other bytes than 0."""
    given_scale = scale(np.array([(1, 0, -1, 0), (3, 1, 1, 0)], np.float32), TABLE)
    sampled = [*sampled, [0.0, 0.0, 0.0, 0.0, -0.25, 0.0]]
    rows, _ = to_rows(torch.tensor(sampled), POINTS, given_scale, TABLE)
    assert set(rows[:, 1]) <= {0.0, 1.0, 2.0} and set(rows[:, 3]) == {0.0}
    assert (rows[:, 2] == np.rint(rows[:, 2])).all()
    assert not np.signbit(rows[:, 1:][rows[:, 1:] == 0]).any()


def test_a_model_is_told_which_coordinates_are_whose():
    told = TABLE.described()
    assert told["target"] == "colour"
    spans = {each["name"]: (each["kind"], each["start"], each["stop"]) for each in told["columns"]}
    assert spans == {
        "weight": ("number", 0, 1), "colour": ("category", 1, 4), "legs": ("integer", 4, 5), "only": ("category", 5, 6)
    }  # fmt: skip


def test_the_scale_of_a_category_is_none_at_all():
    found = scale(np.array([(1, 2, 3, 0), (3, 2, 5, 0)], np.float32), TABLE)
    assert (found.mean, found.deviation) == ((2.0, 0.0, 4.0, 0.0), (1.0, 1.0, 1.0, 1.0))
