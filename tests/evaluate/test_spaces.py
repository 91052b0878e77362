"""Features of real rows, kept on disk."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from genbench.evaluate.spaces import Space, load, open_spaces, save
from genbench.messages import Places


@dataclass
class Counting:
    """Row sums, counting the calls."""

    name: str = "sums"
    hash: str = "aa"
    dimension: int = 1
    calls: list[int] = field(default_factory=list)

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        self.calls.append(len(rows))
        return rows.reshape(len(rows), -1).sum(axis=1, keepdims=True, dtype=np.float64)


@pytest.fixture
def space(digits, tmp_path):
    return Space(Counting(), digits, Places(cache=tmp_path))


def test_features_are_made_once(space):
    first = space.real("held_out", 100)
    second = space.real("held_out", 100)
    assert space.extractor.calls == [100]
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first[:, 0], space.data.rows("held_out")[:100].sum(axis=(1, 2, 3)))


def test_nothing_that_decides_them_is_left_out_of_the_key(space, digits, tmp_path):
    """Planted bug: a key without the number of rows, the split, the extractor's hash or the data's hash."""
    space.real("held_out", 100)
    other = digits.model_copy(update={"ref": digits.ref.model_copy(update={"hash": "b" * 64})})
    space.real("held_out", 101)
    space.real("validation", 100)
    places = Places(cache=tmp_path)
    for each in (Space(Counting(hash="bb"), digits, places), Space(Counting(), other, places)):
        each.real("held_out", 100)
        assert each.extractor.calls == [100]
    assert space.extractor.calls == [100, 101, 100]


def test_a_flipped_byte_anywhere_is_noticed(space):
    """Planted bug: a file believed because it can be parsed: most flips only change a number."""
    first = space.real("held_out", 3)
    (path,) = (space.places.cache / "features").iterdir()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert load(path) is None, place
    np.testing.assert_array_equal(space.real("held_out", 3), first)
    assert space.extractor.calls == [3, 3]
    assert path.read_bytes() == whole


@pytest.mark.parametrize("end", [0, 10, 32, 60, -1])
def test_a_torn_file_is_made_again(space, end):
    first = space.real("held_out", 3)
    (path,) = (space.places.cache / "features").iterdir()
    path.write_bytes(path.read_bytes()[:end])
    np.testing.assert_array_equal(space.real("held_out", 3), first)
    assert space.extractor.calls == [3, 3]


def test_nothing_but_the_file_is_left(tmp_path):
    save(tmp_path / "a" / "b.features", np.eye(3, dtype=np.float32))
    assert [each.name for each in (tmp_path / "a").iterdir()] == ["b.features"]
    back = load(tmp_path / "a" / "b.features")
    assert back.dtype == np.float32
    np.testing.assert_array_equal(back, np.eye(3))


def test_a_torn_array_behind_its_own_checksum_is_no_array(tmp_path):
    assert load(tmp_path / "none") is None
    (tmp_path / "empty").write_bytes(b"")
    assert load(tmp_path / "empty") is None


def test_raw_rows_are_not_kept_twice(digits, points, tmp_path):
    places = Places(cache=tmp_path / "cache")
    pixels, classifier = open_spaces(places, digits, ("pixels", "classifier"))
    (coordinates,) = open_spaces(places, points, ("coordinates",))
    assert (pixels.is_raw, classifier.is_raw, coordinates.is_raw) == (True, False, True)
    assert pixels.real("held_out", 20).shape == (20, 64)
    assert coordinates.real("held_out", 20).shape == (20, 2)
    assert not (tmp_path / "cache").exists()
