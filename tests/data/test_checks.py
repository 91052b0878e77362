"""What is refused, whoever made it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from genbench.data.checks import check_content, check_form, overlap
from genbench.data.dataset import Part, Raw
from genbench.data.folder import write
from genbench.data.naming import refer, stored
from genbench.errors import DataError
from genbench.table import Column, Table


def part(*shape: int, dtype: Any = np.uint8, labels: Any = None) -> Part:
    rows = np.random.default_rng(shape[0]).integers(1, 200, shape).astype(dtype)
    return Part(rows=rows, labels=None if labels is None else np.array(labels))


def images(**changes: Any) -> Raw:
    parts = {"train": part(4, 1, 2, 2), "validation": part(2, 1, 2, 2), "held_out": part(3, 1, 2, 2)}
    return Raw(kind="image", **(parts | changes))


def points(**changes: Any) -> Raw:
    parts = {name: part(4, 2, dtype=np.float32) for name in ("train", "validation", "held_out")}
    return Raw(kind="points", **(parts | changes))


def with_value(value: float, index: Any) -> Part:
    changed = part(4, 2, dtype=np.float32)
    changed.rows[index] = value
    return changed


def test_good_sets_pass():
    for raw in (images(), points()):
        check_form(raw)
        check_content("good", raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (images(train=part(4, 2, 2)), r"train rows are uint8 \[4, 2, 2\], expected uint8 \[n c h w\] for kind 'image'"),
        (images(train=part(4, 1, 2, 2, dtype=np.int16)), "train rows are int16"),
        (images(held_out=part(3, 1, 2, 3)), r"held_out rows are uint8 \[3, 1, 2, 3\], expected .* train, \[1, 2, 2\]"),
        (images(train=part(4, 1, 2, 2, labels=[0, 1, 0, 1]), classes=2), "labels in every split or in none"),
        (points(train=part(4, 2, dtype=np.float64)), "expected float32"),
    ],
)
def test_wrong_forms_are_refused(raw: Raw, message: str):
    with pytest.raises(ValueError, match=message):
        check_form(raw)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, 1], r"int64 \[2\], expected whole numbers \[4\]"),
        ([0.0, 1, 1, 0], "float64"),
        ([0, 1, 0, 1], "`classes` is None"),
    ],
)
def test_wrong_labels_are_refused(labels: list[float], message: str):
    one = part(4, 1, 2, 2, labels=labels)
    with pytest.raises(ValueError, match=message):
        check_form(Raw(kind="image", train=one, validation=one, held_out=one))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            points(validation=with_value(np.nan, (2, 1))),
            "validation split: expected finite .* in 1 of 4 rows, .* row 2",
        ),
        (points(held_out=with_value(np.inf, (0, 0))), "held_out split: expected finite"),
        (points(train=with_value(7, (slice(None), 1))), "found coordinate 1 constant at 7"),
        (images(train=Part(rows=np.zeros((4, 1, 2, 2), np.uint8))), "found 4 of 4 rows to be all zero"),
        (images(held_out=part(0, 1, 2, 2)), "held_out split: expected at least one row"),
    ],
)
def test_wrong_values_are_refused(raw: Raw, message: str):
    """Kills: a check of the train split only, one of the sum (which lets NaN through) in place of every value."""
    with pytest.raises(DataError, match=f"set, .*{message}"):
        check_content("set", raw)


COLUMNS = (
    Column(name="colour", kind="category", categories=("blue", "red")),
    Column(name="legs", kind="integer"),
    Column(name="weight", kind="number"),
)


def table(train: list[list[float]], *, columns: Any = COLUMNS, target: str | None = None) -> Raw:
    good = Part(rows=np.array([[0, 2, 0.5], [1, 4, 1.5]], np.float32))
    first = Part(rows=np.array(train, np.float32))
    raw_table = Table(columns=columns, target=target)
    return Raw(kind="points", train=first, validation=good, held_out=good, table=raw_table)


def tokens(**changes: Any) -> Raw:
    one = Part(rows=np.array([[0, 1], [2, 0]], np.int64))
    return Raw(**({"kind": "tokens", "train": one, "validation": one, "held_out": one, "classes": 3} | changes))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (table([[0, 2, 0.5], [1, 4, 1]], columns=COLUMNS[:2]), "a table of 2 columns for points \\[3\\], expected"),
        (table([[0, 2, 0.5], [1, 4, 1]], target="age"), "the table's target is 'age', expected the name of a column"),
        (tokens(classes=None), "`classes` is None, expected the size of the vocabulary"),
        (tokens(alphabet=("a", "b")), "an alphabet of 2 for tokens, expected one for tokens, with `classes`, 3"),
        (points(alphabet=("a", "b")), "an alphabet of 2 for points"),
    ],
)
def test_what_rows_mean_is_said_of_all_of_them(raw: Raw, message: str):
    with pytest.raises(ValueError, match=message):
        check_form(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (table([[0, 2, 0.5], [2, 4, 1]]), r"expected codes 0\.\.1 in column 'colour', found values from 0 to 2"),
        (table([[0, 2, 0.5], [0.5, 4, 1]]), r"codes 0\.\.1 in column 'colour', .* 0 to 0.5, not all of them whole"),
        (table([[0, 2.5, 0.5], [1, 4, 1]]), "expected whole numbers in column 'legs'"),
        (table([[0, 2, 0.5], [1, 2, 1]]), "found column 'legs' constant at 2"),
        (tokens(classes=2), r"tokens: expected 0\.\.1, found 0\.\.2"),
    ],
)
def test_codes_that_mean_nothing_are_refused(raw: Raw, message: str):
    check_form(raw)
    with pytest.raises(DataError, match=message):
        check_content("set", raw)


def test_a_category_may_be_constant():
    """Kills: a refusal of a column that is the same everywhere, which a category's coordinates can stand."""
    for raw in (table([[1, 2, 0.5], [1, 4, 1]]), tokens(alphabet=("a", "b", "c"))):
        check_form(raw)
        check_content("set", raw)


def test_a_few_blank_images_are_data():
    rows = part(4, 1, 2, 2).rows
    rows[:2] = 0
    check_content("set", images(train=Part(rows=rows)))
    rows[2] = 0
    with pytest.raises(DataError, match="found 3 of 4 rows to be all zero"):
        check_content("set", images(train=Part(rows=rows)))


@pytest.mark.parametrize(("highest", "classes"), [(-1, 2), (2, 2)])
def test_labels_out_of_range_are_refused(highest: int, classes: int):
    one = part(4, 1, 2, 2, labels=[0, 1, 0, highest])
    with pytest.raises(DataError, match=r"labels: expected 0\.\.1, found"):
        check_content("set", Raw(kind="image", train=one, validation=one, held_out=one, classes=classes))


def test_overlap_counts_held_out_rows(tmp_path):
    """Kills: counting the train rows, or pairs: two held-out rows occur in train, one of them three times."""
    train, held_out = part(6, 1, 2, 2), part(3, 1, 2, 2)
    train.rows[1:4] = held_out.rows[0]
    train.rows[5] = held_out.rows[2]
    raw = stored(images(train=train, held_out=held_out))
    assert overlap(write(refer("set", raw), raw, tmp_path)) == 2
    clean = stored(images())
    assert overlap(write(refer("set", clean), clean, tmp_path)) == 0
