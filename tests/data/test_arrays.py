"""Files of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genbench.data import prepare
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

GENERATOR = np.random.default_rng(0)
POINTS = GENERATOR.normal(size=(30, 3)).astype(np.float32)
COLOUR = GENERATOR.integers(1, 256, (30, 3, 4, 5), dtype=np.uint8)
CLASSES = np.arange(30) % 3


def prepared(path: Path, **arrays: Any):
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        np.save(path, arrays["x"])
    return prepare(f"arrays:{path.name}", data_root=path.parent, cache=path.parent / "cache")


def every_row(found) -> list[bytes]:
    return sorted(row.tobytes() for split in ("train", "validation", "held_out") for row in found.rows(split))


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (POINTS, POINTS),
        (POINTS.astype(np.float64), POINTS),
        (POINTS.astype(">f4"), POINTS),
        (np.asfortranarray(POINTS), POINTS),
        (COLOUR, COLOUR),
        (COLOUR.transpose(0, 2, 3, 1), COLOUR),
        (COLOUR[:, 0], COLOUR[:, :1]),
    ],
    ids=["points", "doubles", "big-endian", "fortran", "nchw", "nhwc", "grey"],
)
def test_every_form_comes_back(tmp_path: Path, name: str, array: Any, expected: Any):
    """Kills: axes taken in the wrong order, bytes taken as they lie."""
    found = prepared(tmp_path / name, x=array)
    assert found.ref.shape == expected.shape[1:]
    assert found.ref.kind == ("points" if expected.ndim == 2 else "image")
    assert found.ref.counts == {"train": 24, "validation": 3, "held_out": 3}
    assert every_row(found) == sorted(row.tobytes() for row in expected)


def test_labels_stay_with_their_rows(tmp_path: Path):
    """Kills: labels in the file's order."""
    found = prepared(tmp_path / "a.npz", x=COLOUR, y=CLASSES)
    assert (found.ref.labelled, found.ref.classes) == (True, 3)
    label_of = {row.tobytes(): label for row, label in zip(COLOUR, CLASSES, strict=True)}
    for split in ("train", "validation", "held_out"):
        assert [label_of[row.tobytes()] for row in found.rows(split)] == found.labels(split).tolist()


def test_train_and_test_are_kept_apart(tmp_path: Path):
    found = prepared(
        tmp_path / "a.npz", x_train=POINTS[:20], x_test=POINTS[20:], y_train=CLASSES[:20], y_test=CLASSES[20:]
    )
    np.testing.assert_array_equal(found.rows("train"), POINTS[:16])
    np.testing.assert_array_equal(found.rows("validation"), POINTS[16:20])
    np.testing.assert_array_equal(found.rows("held_out"), POINTS[20:])


def test_three_parts_are_taken_as_they_are(tmp_path: Path):
    found = prepared(tmp_path / "a.npz", x_train=POINTS[:10], x_validation=POINTS[10:20], x_test=POINTS[20:])
    for split, cut in {"train": slice(10), "validation": slice(10, 20), "held_out": slice(20, 30)}.items():
        np.testing.assert_array_equal(found.rows(split), POINTS[cut])


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": COLOUR}, r"expected: arrays named x \[and y\].*\n  found:    images"),
        ({"x_train": POINTS}, "arrays named x"),
        ({"x": POINTS, "x_test": POINTS}, "arrays named x"),
        ({"x_train": POINTS, "x_test": POINTS, "y_train": CLASSES}, "a y for every x, or none"),
        (
            {"x_train": POINTS, "x_test": POINTS[:, :2]},
            r"rows alike in all splits\n  found:    float32 \[2\] and float32 \[3\]",
        ),
        ({"x_train": COLOUR, "x_test": POINTS}, "rows alike in all splits"),
        ({"x": POINTS, "y": CLASSES[:-1]}, r"y with 30 whole numbers, .*\n  found:    int64 \[29\]"),
        ({"x": POINTS, "y": CLASSES / 2}, "found:    float64"),
        ({"x": POINTS, "y": CLASSES - 1}, r"labels: expected 0\.\.1, found -1\.\.1"),
        ({"x": COLOUR / 255}, r"uint8 images .*\n  found:    float64 \[30, 3, 4, 5\]"),
        ({"x": np.zeros((30, 3, 4, 3), np.uint8)}, "channels first or last"),
        ({"x": np.zeros((30, 2, 4, 4), np.uint8)}, r"found:    uint8 \[30, 2, 4, 4\]\n"),
        ({"x": np.arange(60).reshape(30, 2)}, "found:    int64"),
        ({"x": np.zeros((0, 2))}, "found:    float64"),
        ({"x": np.where(np.arange(30)[:, None] == 4, np.nan, POINTS)}, "expected finite numbers"),
        ({"x": np.zeros((30, 4, 4), np.uint8)}, "all zero"),
        ({"x": POINTS[:9]}, "at least 10 rows"),
    ],
)
def test_unsuitable_arrays_are_refused(tmp_path: Path, arrays: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message) as raised:
        prepared(tmp_path / "a.npz", **arrays)
    assert len(str(raised.value).splitlines()) <= 4


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize(
    ("damage", "found"),
    [
        (lambda good: b"", "an empty file"),
        (lambda good: b"<html>404</html>", "a web page"),
        (lambda good: bytes(400), "nothing but zeros"),
        (lambda good: good[: len(good) // 2], "reading it ends with"),
    ],
    ids=["empty", "html", "zeros", "truncated"],
)
def test_damaged_files_are_refused(tmp_path: Path, suffix: str, damage: Any, found: str):
    path = tmp_path / f"a{suffix}"
    prepared(path, x=POINTS)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match=rf"cannot use .*a\{suffix}\n  expected: .*\n  found:    .*{found}"):
        prepare(f"arrays:{path}", data_root=None, cache=tmp_path / "cache")


def test_a_flipped_bit_in_an_npz_is_refused(tmp_path: Path):
    path = tmp_path / "a.npz"
    np.savez(path, x=POINTS)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(DataError, match="CRC"):
        prepare(f"arrays:{path}", data_root=None, cache=tmp_path / "cache")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_objects_are_refused(tmp_path: Path, suffix: str):
    """Kills: allow_pickle=True."""
    path = tmp_path / f"a{suffix}"
    save = np.save if suffix == ".npy" else np.savez
    save(path, np.array([{"a": 1}] * 20, dtype=object), allow_pickle=True)
    if suffix == ".npz":
        np.savez(path, x=np.array([{"a": 1}] * 20, dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="as numbers and not as objects"):
        prepare(f"arrays:{path}", data_root=None, cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("arrays", "needs to be told what to read, as arrays:FILE.npy or arrays:FILE.npz"),
        ("arrays:nothing.npy", "'arrays' is not there"),
        ("arrays:table.csv", "expected a file .npy or .npz, found '.csv'"),
    ],
)
def test_mistakes_are_explained(tmp_path: Path, name: str, message: str):
    (tmp_path / "table.csv").write_text("1,2\n")
    with pytest.raises(DataError, match=message):
        prepare(name, data_root=tmp_path, cache=tmp_path / "cache")
