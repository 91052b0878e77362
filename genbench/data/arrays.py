"""Your own arrays: arrays:FILE.npy or arrays:FILE.npz, images in bytes or points in floats.

An .npy file holds one array. An .npz file holds x and, if you like, y (labels); or x_train and x_test and, if you like,
y_train, y_test, x_validation, y_validation. Images: uint8 [n, h, w], [n, h, w, c] or [n, c, h, w] with 1 or 3 channels.
Points: floats [n, d]. A single array is split 80/10/10 in the order of its rows' hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.dataset import Part, Raw
from genbench.data.reading import read_npy, read_npz, refusal, resolve
from genbench.data.splits import by_content, by_tail
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

USAGE = "arrays:FILE.npy or arrays:FILE.npz"
CHANNELS = (1, 3)
NAMES = "x [and y], or x_train, x_test [and y_train, y_test, x_validation, y_validation]"
FORM = "uint8 images [n, h, w], [n, h, w, c] or [n, c, h, w] with 1 or 3 channels, or float points [n, d]"
ADVICE = "save the array anew with numpy.save or numpy.savez, as numbers and not as objects"


def files(source: str | None, root: Path | None) -> tuple[Path, ...]:
    """Return the one file."""
    return (resolve(source, root, name="arrays", usage=USAGE),)


def load(source: str | None, root: Path | None) -> Raw:
    """Read, bring to the stored form and split."""
    (path,) = files(source, root)
    if path.suffix not in (".npy", ".npz"):
        raise DataError(f"{path}: expected a file .npy or .npz, found '{path.suffix}'; write {USAGE}")
    arrays = read_npz(path, ADVICE) if path.suffix == ".npz" else {"x": read_npy(path, ADVICE)}
    train, validation, held_out = _split(path, arrays)
    _check_alike(path, train, validation, held_out)
    kind = "image" if train.rows.dtype == np.uint8 else "points"
    classes = None if train.labels is None else int(train.labels.max(initial=-1)) + 1
    return Raw(kind=kind, train=train, validation=validation, held_out=held_out, classes=classes)  # type: ignore[arg-type]


def _split(path: Path, arrays: dict[str, NDArray[Any]]) -> tuple[Part, Part, Part]:
    names = {name for name in arrays if name.startswith("x")}
    labelled = {"x" + name[1:] for name in arrays if name.startswith("y")}
    if labelled not in (set(), names):
        found = ", ".join(arrays)
        raise refusal(path, expected="a y for every x, or none", found=found, advice="add or remove labels")
    if names == {"x"}:
        return by_content(_part(path, arrays, ""), f"arrays:{path.name}")
    if names == {"x_train", "x_test"}:
        return by_tail(_part(path, arrays, "_train"), _part(path, arrays, "_test"))
    if names == {"x_train", "x_validation", "x_test"}:
        train, validation, test = (_part(path, arrays, suffix) for suffix in ("_train", "_validation", "_test"))
        return train, validation, test

    raise refusal(path, expected=f"arrays named {NAMES}", found=", ".join(arrays) or "none", advice="rename them")


def _check_alike(path: Path, *parts: Part) -> None:
    found = {f"{part.rows.dtype} {list(part.rows.shape[1:])}" for part in parts}
    if len(found) > 1:
        advice = "bring all to one shape and type"
        raise refusal(path, expected="rows alike in all splits", found=" and ".join(sorted(found)), advice=advice)


def _part(path: Path, arrays: dict[str, NDArray[Any]], suffix: str) -> Part:
    rows, labels = rows_of(path, arrays[f"x{suffix}"]), arrays.get(f"y{suffix}")
    if labels is not None and (labels.shape != (len(rows),) or labels.dtype.kind not in "iu"):
        expected = f"y{suffix} with {len(rows)} whole numbers, one for every row"
        raise refusal(path, expected=expected, found=f"{labels.dtype} {list(labels.shape)}", advice="correct it")
    return Part(rows=rows, labels=labels)


def rows_of(path: Path, array: NDArray[Any]) -> NDArray[Any]:
    """Return an array in the stored form: bytes [n, c, h, w] or float32 [n, d].

    Raises:
        DataError: it is of another type or shape, or its axes can be read in two ways.
    """
    if array.dtype.kind == "f" and array.ndim == 2 and array.size:
        return array.astype(np.float32)
    if array.dtype == np.uint8 and array.ndim == 3 and array.size:
        return array[:, None]
    first, last = (array.ndim == 4 and array.shape[axis] in CHANNELS for axis in (1, -1))
    if array.dtype != np.uint8 or first == last or not array.size:
        found = f"{array.dtype} {list(array.shape)}{': channels first or last?' if first else ''}"
        raise refusal(path, expected=FORM, found=found, advice="convert it first")
    return array if first else array.transpose(0, 3, 1, 2)
