"""What a user gives is read, or refused with its name, what was expected, what was found and what to do."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from PIL import Image

from genbench.errors import DataError
from genbench.scorecard import read


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (12, 6, 5), dtype=np.uint8)


def _save(path, array):
    np.save(path, array)
    return str(path)


def test_the_same_images_are_the_same_rows_in_every_form(tmp_path, images):
    """Kills: channels last read as channels first; pictures in another order."""
    colour = np.stack([images, images // 2, images // 3], axis=-1)
    forms = [
        _save(tmp_path / "last.npy", colour),
        _save(tmp_path / "first.npy", colour.transpose(0, 3, 1, 2)),
        _save(tmp_path / "floats.npy", colour / 255),
        _save(tmp_path / "halves.npy", (colour / 255).astype(np.float32)),
    ]
    np.savez(tmp_path / "one.npz", x=colour)
    np.savez(tmp_path / "two.npz", wanted=colour, other=images)
    (tmp_path / "folder").mkdir()
    for number, image in enumerate(colour):
        Image.fromarray(image).save(tmp_path / "folder" / f"{number:03}.png")
    forms += [str(tmp_path / "one.npz"), str(tmp_path / "two.npz:wanted"), str(tmp_path / "folder")]
    found = [read("REAL", form) for form in forms]
    assert all(each.is_images and each.hash == found[0].hash for each in found)
    assert found[0].rows.shape == (12, 3, 6, 5)
    assert (found[0].rows[3, 1] == images[3] // 2).all()


def test_floats_are_rounded_to_the_nearest_byte(tmp_path):
    """Kills: cut down, by which samples are half a grey value darker than those of a training."""
    floats = np.array([0.0, 0.3 / 255, 0.7 / 255, 254.6 / 255, 1.0, 0.0]).reshape(2, 1, 3)
    assert read("FAKE", _save(tmp_path / "a.npy", floats)).rows.ravel().tolist() == [0, 0, 1, 255, 255, 0]


@pytest.mark.parametrize("is_compressed", [True, False])
def test_idx_files_are_read(tmp_path, images, is_compressed):
    """Kills: an offset of 8 for 16 bytes, little-endian axes."""
    content = bytes((0, 0, 8, 3)) + np.array(images.shape, ">u4").tobytes() + images.tobytes()
    path = tmp_path / "t10k-images-idx3-ubyte"
    path.write_bytes(gzip.compress(content) if is_compressed else content)
    assert (read("REAL", str(path)).rows[:, 0] == images).all()


def test_features_stay_as_they_are(tmp_path):
    rows = np.random.default_rng(0).normal(size=(9, 4))
    given = read("FAKE", _save(tmp_path / "a.npy", rows))
    assert not given.is_images
    assert (given.rows == rows).all()
    assert read("FAKE", _save(tmp_path / "b.npy", np.arange(8).reshape(4, 2))).rows.dtype == np.float64


def test_pictures_are_cropped_and_resized_where_asked(tmp_path):
    for number, size in enumerate([(40, 30), (64, 64)]):
        Image.new("RGB", size, (10, 20, 30)).save(tmp_path / f"{number}.png")
    with pytest.raises(DataError, match=r"(?s)REAL: .*one size.*--size 32"):
        read("REAL", str(tmp_path))
    assert read("REAL", str(tmp_path), side=16).rows.shape == (2, 3, 16, 16)


def test_drawn_rows_are_distinct_seeded_and_in_order(tmp_path):
    """Kills: the first n rows taken (the halves of MNIST's test set differ); rows drawn with replacement."""
    given = read("REAL", _save(tmp_path / "a.npy", np.arange(200.0)[:, None]))
    rows = given.some(50, seed=1).rows[:, 0]
    assert len(set(rows)) == 50 and (np.diff(rows) > 0).all() and rows[-1] > 100
    assert (given.some(50, seed=1).rows[:, 0] == rows).all()
    assert (given.some(50, seed=2).rows[:, 0] != rows).any()
    assert given.some(None, 0) is given
    with pytest.raises(DataError, match=r"REAL .*got 200 rows, expected at least --n 201"):
        given.some(201, 0)


BAD = {
    "values of the wrong range": (np.linspace(-1, 1, 72).reshape(2, 6, 6), ["-1 to 1", "[0, 1]", "(x + 1) / 2"]),
    "bytes as floats": (np.full((2, 6, 6), 255.0), ["255", "[0, 1]", "uint8"]),
    "not a number in images": (np.full((2, 6, 6), np.nan), ["NaN"]),
    "one dimension": (np.zeros(5), ["float64 [5]", "[n, d]"]),
    "no rows": (np.zeros((0, 5)), ["[0, 5]"]),
    "words": (np.array([["a", "b"]]), ["<U1"]),
    "complex": (np.zeros((3, 2), complex), ["complex128"]),
}


@pytest.mark.parametrize(("array", "said"), BAD.values(), ids=BAD)
def test_what_cannot_be_scored_is_refused(tmp_path, array, said):
    with pytest.raises(DataError) as error:
        read("FAKE", _save(tmp_path / "bad.npy", array))
    assert all(each in str(error.value) for each in ["FAKE", "bad.npy", "expected", *said])


def test_files_that_hold_no_rows_are_refused(tmp_path, images):
    np.savez(tmp_path / "two.npz", a=images, b=images)
    (tmp_path / "page.npy").write_text("<html>not found</html>")
    (tmp_path / "cut").write_bytes(bytes((0, 0, 8, 3)) + np.array(images.shape, ">u4").tobytes() + b"12")
    (tmp_path / "objects.npy").write_bytes(b"")
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    (tmp_path / "empty").mkdir()
    for source, said in {
        "nothing.npy": "no such file",
        "two.npz": "a, b",
        "two.npz:c": "'c'",
        "page.npy": "web page",
        "cut": "360 values",
        "objects.npy": "objects.npy",
        "empty": "no pictures",
    }.items():
        with pytest.raises(DataError, match="REAL") as error:
            read("REAL", str(tmp_path / source))
        assert said in str(error.value)
