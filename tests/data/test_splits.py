"""Cutting in three."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.data.dataset import Part
from genbench.data.splits import by_content, by_tail
from genbench.errors import DataError


def numbered(count: int, start: int = 0) -> Part:
    return Part(rows=np.arange(start, start + count, dtype=np.int64)[:, None], labels=np.arange(count))


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (60_000, 10_000, (55_000, 5_000, 10_000)),
        (10_000, 1_000, (8_000, 2_000, 1_000)),
        (30_000, 12_000, (25_000, 5_000, 10_000)),
    ],
)
def test_tail_validates(train: int, test: int, expected: tuple[int, ...]):
    """Kills: validation from the head, a fixed 5,000, a held-out part without limit."""
    parts = by_tail(numbered(train), numbered(test, start=train))
    assert tuple(map(len, parts)) == expected
    assert parts[0].rows[0] == 0
    assert parts[1].rows[-1] == train - 1
    assert parts[2].rows[0] == train


@given(count=st.integers(10, 200), seed=st.integers(0, 2**32 - 1))
def test_content_order_ignores_the_order_of_the_rows(count: int, seed: int):
    """Kills: a permutation of positions, labels that stay behind, rows that are lost at a cut."""
    part = numbered(count)
    shuffled = part[np.random.default_rng(seed).permutation(count)]
    first, second = by_content(part, "x"), by_content(shuffled, "x")
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_array_equal(one.rows[:, 0], one.labels)
    assert sorted(np.concatenate([one.labels for one in first])) == list(range(count))
    assert len(first[1]) == len(first[2]) == count // 10


def test_equal_rows_stay_together():
    """Kills: leakage of duplicates into other splits."""
    rows = np.repeat(np.arange(50), 2)[:, None]
    splits = [set(part.rows[:, 0].tolist()) for part in by_content(Part(rows=rows), "x")]
    assert not splits[0] & splits[1]
    assert not splits[0] & splits[2]


def test_a_share_of_a_fifth():
    assert tuple(map(len, by_content(numbered(342), "x", share=5))) == (206, 68, 68)
    with pytest.raises(DataError, match="at least 5 rows to split 60/20/20, found 4"):
        by_content(numbered(4), "x", share=5)


def test_too_few_rows_are_refused():
    with pytest.raises(DataError, match="photos: expected at least 10 rows to split 80/10/10, found 9"):
        by_content(numbered(9), "photos")
