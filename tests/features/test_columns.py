"""Rows of tables and of tokens as features, and stacked digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.errors import UsageError
from genbench.features import choose, columns, default_features, extractor, ngrams, raw_space
from genbench.refs import DataRef, Scale
from genbench.table import Column, Table

TABLE = Table(
    columns=(
        Column(name="mass", kind="number"),
        Column(name="island", kind="category", categories=("a", "b", "c")),
        Column(name="year", kind="integer"),
    )
)
FIELDS = {"classes": None, "labelled": False, "counts": {"train": 9, "validation": 9, "held_out": 9}, "hash": "0" * 64}
SCALE = Scale(mean=(100.0, 1.0, 2008.0), deviation=(10.0, 1.0, 2.0))
PENS = DataRef(name="pens", kind="points", shape=(3,), table=TABLE, scale=SCALE, **FIELDS)
TEXT = DataRef(name="plays", kind="tokens", shape=(16,), **(FIELDS | {"classes": 65}))
STACKED = DataRef(
    name="stacked_mnist", kind="image", shape=(3, 28, 28), **(FIELDS | {"classes": 1000, "labelled": True})
)


def test_every_kind_has_its_spaces():
    """Kills: coordinates of a table, in which a code is a number; a classifier trained for 1,000 classes."""
    assert default_features(PENS) == ("columns",) == (raw_space(PENS),)
    assert default_features(TEXT) == ("ngrams",) == (raw_space(TEXT),)
    assert default_features(PENS.model_copy(update={"labelled": True, "classes": 3})) == ("columns",)
    assert default_features(STACKED) == ("pixels", "classifier")
    assert choose(None, PENS) == ("columns",)


def test_columns_by_hand():
    """Kills: codes as numbers, one-hot of length 1, the scale of another column, float32."""
    features = extractor("columns", PENS)(np.array([[100, 0, 2008], [120, 2, 2010]], np.float32))
    root = 1 / np.sqrt(2)
    np.testing.assert_array_equal(features, [[0, root, 0, 0, 0], [2, 0, 0, root, 1]])
    assert features.dtype == np.float64
    assert np.linalg.norm(features[0, 1:4] - features[1, 1:4]) == pytest.approx(1)


def test_columns_are_named_by_what_decides_them():
    """Kills: one hash for two scales or two tables."""
    moved = PENS.model_copy(update={"scale": SCALE.model_copy(update={"mean": (99.0, 1.0, 2008.0)})})
    other = PENS.model_copy(update={"table": TABLE.model_copy(update={"target": "island"})})
    assert len({columns.extractor(data).hash for data in (PENS, moved, other)}) == 3
    assert columns.extractor(PENS).dimension == 5


def test_the_wrong_data_are_refused():
    """Kills: points without names read as a table, images as text."""
    with pytest.raises(UsageError, match="got tokens data 'plays', expected a table"):
        choose(("columns",), TEXT)
    with pytest.raises(UsageError, match="got points data 'pens', expected tokens"):
        choose(("ngrams",), PENS)
    with pytest.raises(UsageError, match="rows of 2 tokens in 'plays', expected at least 3"):
        choose(("ngrams",), TEXT.model_copy(update={"shape": (2,)}))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 300), st.integers(3, 12))
def test_n_gram_features_are_shares(seed, vocabulary, length):
    """Kills: features that depend on the company, rows of unequal length, a bucket beyond the last."""
    embed = ngrams.extractor(TEXT.model_copy(update={"classes": vocabulary, "shape": (length,)}))
    rows = np.random.default_rng(seed).integers(0, vocabulary, (5, length))
    features = embed(rows)
    assert features.shape == (5, embed.dimension)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1)
    np.testing.assert_array_equal(embed(rows[2:3])[0], features[2])


def test_n_gram_features_by_hand():
    """Kills: a hash that differs between machines or versions, shares without their root."""
    embed = ngrams.extractor(TEXT.model_copy(update={"classes": 3}))
    (row,) = embed(np.array([[0, 0, 0, 2]]))
    assert row[:3] == pytest.approx([np.sqrt(0.75 / 3), 0, np.sqrt(0.25 / 3)])
    pairs, triples = row[3:67] ** 2 * 3, row[67:] ** 2 * 3
    assert sorted(pairs[pairs > 0]) == pytest.approx([1 / 3, 2 / 3])
    assert pairs[0] == pytest.approx(2 / 3)  # the number of 0 0 is 0
    assert np.flatnonzero(pairs[1:])[0] + 1 == (2 * 0x9E3779B97F4A7C15 % 2**64) >> 58
    assert sorted(triples[triples > 0]) == pytest.approx([0.5, 0.5])
    assert ngrams.extractor(TEXT).hash != embed.hash
    assert ngrams.extractor(TEXT).dimension == 193


def test_stacked_digits_are_read_one_by_one(make_images):
    """Kills: channels mixed up, a class of other digits' order, the hash of single digits for both."""
    stacked, single = extractor("classifier", STACKED), extractor("classifier", STACKED.model_copy(
        update={"name": "mnist", "shape": (1, 28, 28), "classes": 10}
    ))  # fmt: skip
    rows = make_images(shape=(3, 28, 28)).rows("train")[:5]
    features = stacked(rows)
    assert features.shape == (5, 192)
    for channel in range(3):
        np.testing.assert_allclose(features[:, 64 * channel :][:, :64], single(rows[:, [channel]]), atol=1e-5)
    assert stacked.hash != single.hash
    digits = [stacked.classes(np.repeat(rows[:, [channel]], 3, axis=1)) // 111 for channel in range(3)]
    assert stacked.classes(rows).tolist() == (np.array(digits).T @ (100, 10, 1)).tolist()
    assert single.classes is None
