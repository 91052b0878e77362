"""Read what a user wants scored: arrays, folders of pictures, idx files; images become bytes, features stay floats."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data import images
from genbench.data.arrays import rows_of
from genbench.data.reading import GZIP, NUMPY, ZIP, read_npy, read_npz, refusal, sniff
from genbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

FORMS = "an .npy or .npz file, a folder of pictures, or an idx file of images"
ARRAYS = "features [n, d], or images [n, h, w], [n, h, w, c] or [n, c, h, w] as bytes or as floats in [0, 1]"
ADVICE = "save the array anew with numpy.save, as numbers"
IDX_AXES = {3, 4}  # of images, with and without channels
LARGEST_IDX = 16 * 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Rows that a user gave: bytes [n, c, h, w] or float features [n, d]."""

    role: str  # "REAL", "FAKE", "TRAIN"
    path: Path
    rows: NDArray[Any]

    @property
    def is_images(self) -> bool:
        """Whether the rows are images, rather than features."""
        return self.rows.ndim == 4

    @property
    def hash(self) -> str:
        """Return a sha256 over type, shape and values."""
        total = hashlib.sha256(f"{self.rows.dtype.str} {self.rows.shape} ".encode())
        total.update(np.ascontiguousarray(self.rows).data)
        return total.hexdigest()

    def some(self, n: int | None, seed: int) -> Given:
        """Return `n` rows drawn without replacement, in their order; all where none is said.

        Raises:
            DataError: there are fewer.
        """
        if n is None or n == len(self.rows):
            return self
        if n > len(self.rows):
            raise DataError(f"{self.role} {self.path}: got {len(self.rows)} rows, expected at least --n {n}")
        chosen = np.sort(np.random.default_rng(seed).choice(len(self.rows), n, replace=False))
        return replace(self, rows=self.rows[chosen])


def read(role: str, source: str, side: int | None = None) -> Given:
    """Read rows.

    Args:
        role: what they are for, to be named in errors.
        source: a path; of an .npz file with several arrays `FILE.npz:NAME`.
        side: pixels of a square that pictures of a folder are cropped and resized to, by an antialiased filter.

    Raises:
        DataError: nothing there, something else, damaged, or values out of range; says which.
    """
    path, name = _split(source)
    if not path.exists():
        raise DataError(f"{role} {path}: there is no such file or folder; expected {FORMS}")
    try:
        suffix = "" if side is None else f"@{side}"
        rows = images.pictures(f"{path.absolute()}{suffix}", None) if path.is_dir() else _rows(path, name)
    except DataError as error:
        raise DataError(f"{role}: {error}") from error
    return Given(role=role, path=path, rows=rows)


def _split(source: str) -> tuple[Path, str | None]:
    """Return the path and, after a colon, the name of an array in it."""
    path, colon, name = source.rpartition(":")
    if colon and path.endswith(".npz") and not Path(source).exists():
        return Path(path), name
    return Path(source), None


def _rows(path: Path, name: str | None) -> NDArray[Any]:
    with path.open("rb") as file:
        head = file.read(6)
    if head.startswith(NUMPY):
        return _stored(path, read_npy(path, ADVICE))
    if head.startswith(ZIP):
        return _stored(path, _member(path, name))
    return _stored(path, _idx(path, is_compressed=head.startswith(GZIP)))


def _member(path: Path, name: str | None) -> NDArray[Any]:
    arrays = read_npz(path, ADVICE)
    found = ", ".join(arrays) or "none"
    if name is not None and name not in arrays:
        raise refusal(path, expected=f"an array '{name}'", found=found, advice=f"name one of them, as {path}:NAME")
    if name is None and len(arrays) != 1:
        raise refusal(path, expected="one array", found=found, advice=f"say which, as {path}:NAME")
    return arrays[name or next(iter(arrays))]


def _idx(path: Path, *, is_compressed: bool) -> NDArray[np.uint8]:
    """Read an idx file of bytes: two zeros, type 8, the number of axes, each axis in 4 bytes, then the values."""
    try:
        with gzip.open(path) if is_compressed else path.open("rb") as stream:
            content = stream.read(LARGEST_IDX)
    except (OSError, EOFError) as error:
        raise refusal(path, expected=FORMS, found=f"{sniff(path)}; {error}", advice="get the file again") from error
    if content[:3] != b"\0\0\x08" or len(content) < 4 or content[3] not in IDX_AXES:
        raise refusal(path, expected=FORMS, found=sniff(path), advice=ADVICE)
    start = 4 + 4 * content[3]
    shape = tuple(int(axis) for axis in np.frombuffer(content[4:start], ">u4"))
    if len(content) - start != int(np.prod(shape)):
        expected, found = f"{int(np.prod(shape))} values {list(shape)}", f"{len(content) - start}"
        raise refusal(path, expected=expected, found=found, advice="get the file again, whole")
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)


def _stored(path: Path, array: NDArray[Any]) -> NDArray[Any]:
    """Return images as bytes [n, c, h, w], by clamping nothing; features [n, d] as floats."""
    if array.dtype.kind not in "buif" or array.ndim not in (2, 3, 4) or not array.size:
        raise refusal(path, expected=ARRAYS, found=f"{array.dtype} {list(array.shape)}", advice="convert it first")
    if array.ndim == 2:
        return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)
    if array.dtype.kind == "f":
        array = _bytes(path, array)
    return rows_of(path, array)


def _bytes(path: Path, array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return float images as bytes, by the same rounding as the samples of a training."""
    low, high = float(array.min()), float(array.max())
    if not (low >= 0 and high <= 1):
        if not np.isfinite(array).all():
            raise refusal(path, expected=ARRAYS, found="NaN or infinity", advice="remove those images")
        advice = "rescale, as (x + 1) / 2" if low >= -1 and high <= 1 else "rescale, or save bytes as uint8"
        raise refusal(path, expected=ARRAYS, found=f"values from {low:.4g} to {high:.4g}", advice=advice)
    return np.round(array * 255).astype(np.uint8)
