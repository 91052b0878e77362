"""Read files that a user gives: find them, bound them, and say what is wrong with them."""

from __future__ import annotations

import contextlib
import hashlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

GZIP, ZIP, NUMPY = b"\x1f\x8b", b"PK\x03\x04", b"\x93NUMPY"
LARGEST = 64 * 2**30  # bytes of one array when unpacked; a small archive can claim more than any machine holds


def refusal(path: Path, *, expected: str, found: str, advice: str) -> DataError:
    """Return the error for a file that will not do, one fact a line."""
    return DataError(f"cannot use {path}\n  expected: {expected}\n  found:    {found}\n  what to do: {advice}")


def sniff(path: Path) -> str:
    """Return in words what a file is, judged by its first bytes."""
    return describe(_head(path), path.stat().st_size)


def describe(head: bytes, size: int) -> str:
    """Return in words what `size` bytes are, judged by the first of them."""
    words = head.lstrip().lower()
    if not head:
        return "an empty file (0 bytes)"
    if words.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        return "a web page, as servers send in place of a file that they do not have"
    if words.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS in place of the file"
    if not any(head):
        return f"{size} bytes that begin with nothing but zeros"
    return f"{size} bytes that begin with {head[:8].hex(' ')}"


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(512)


def data_root(root: Path | None, name: str) -> Path:
    """Return the data root.

    Raises:
        DataError: there is none.
    """
    if root is None:
        raise DataError(f"data set '{name}' is read from disk: pass --data-root FOLDER or set GENBENCH_DATA")
    if not root.is_dir():
        raise DataError(f"data root {root}: expected a folder, found none; pass --data-root or set GENBENCH_DATA")
    return root


def first_existing(candidates: Sequence[Path], *, name: str, advice: str) -> Path:
    """Return the first path that exists.

    Raises:
        DataError: none does; all are listed.
    """
    for path in candidates:
        if path.exists():
            return path
    tried = "".join(f"\n    {path}" for path in candidates)
    raise DataError(f"data set '{name}' is not there\n  expected: one of{tried}\n  what to do: {advice}")


def resolve(source: str | None, root: Path | None, *, name: str, usage: str) -> Path:
    """Return the path that a user wrote after the colon: under the data root where it is there, else as it stands."""
    if source is None:
        raise DataError(f"data set '{name}' needs to be told what to read, as {usage}")
    candidates = [Path(source).expanduser()]
    if root is not None:
        candidates.insert(0, root / candidates[0])  # an absolute path stays as it is
    return first_existing(tuple(dict.fromkeys(candidates)), name=name, advice=f"check the path in {usage}")


def read_known(path: Path, sha256: str, *, what: str, advice: str) -> bytes:
    """Return the bytes of a file whose content is known.

    Raises:
        DataError: it holds something else.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        described = f"{describe(content[:512], len(content))}, sha256 {found}"
        raise refusal(path, expected=f"{what} with sha256 {sha256}", found=described, advice=advice)
    return content


def read_npy(path: Path, advice: str) -> NDArray[Any]:
    """Return the array of an .npy file, memory-mapped; nothing in it is executed.

    Raises:
        DataError: it is no such file, cut short, or holds Python objects.
    """
    with _refusing(path, "one array of numbers in numpy's .npy format", advice):
        if not _head(path).startswith(NUMPY):
            raise refusal(path, expected="an .npy file", found=sniff(path), advice=advice)
        return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]


def read_npz(path: Path, advice: str) -> dict[str, NDArray[Any]]:
    """Return all arrays of an .npz file; nothing in it is executed and nothing is unpacked to disk.

    Raises:
        DataError: it is no such file, damaged, too large or holds Python objects.
    """
    with _refusing(path, "arrays of numbers in numpy's .npz format", advice):
        if not _head(path).startswith(ZIP):
            raise refusal(path, expected="an .npz file", found=sniff(path), advice=advice)
        with zipfile.ZipFile(path) as archive:
            claimed = sum(member.file_size for member in archive.infolist())
        if claimed > LARGEST:
            found = f"{claimed} bytes once unpacked"
            raise refusal(path, expected=f"at most {LARGEST} bytes", found=found, advice=advice)
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


@contextlib.contextmanager
def _refusing(path: Path, expected: str, advice: str) -> Iterator[None]:
    try:
        yield
    except DataError:
        raise
    except Exception as error:  # zipfile, zlib, lzma and numpy each raise several types on damaged bytes
        first_line = (str(error) or type(error).__name__).splitlines()[0]
        found = f"{sniff(path)}; reading it ends with: {first_line}"
        raise refusal(path, expected=expected, found=found, advice=advice) from error
