"""The idx format of MNIST and its kin: four files with known content, compressed or not."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genbench.data.dataset import Part, Raw
from genbench.data.reading import GZIP, data_root, describe, first_existing, refusal
from genbench.data.splits import by_tail

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BYTE = 8  # idx code of unsigned bytes, the only type these sets use


@dataclass(frozen=True, slots=True)
class Known:
    """An idx file whose content is known: name without .gz, shape, sha256 of the uncompressed bytes, header included.

    The hash is of the content, so that a file compressed anew is still accepted.
    """

    name: str
    shape: tuple[int, ...]
    sha256: str

    @property
    def header(self) -> bytes:
        """Return the bytes before the values: type, number of axes, and each axis as a big-endian 32-bit number."""
        return bytes((0, 0, BYTE, len(self.shape))) + np.array(self.shape, dtype=">u4").tobytes()

    @property
    def size(self) -> int:
        """Return the bytes of the uncompressed file."""
        return len(self.header) + int(np.prod(self.shape))


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A data set of four idx files: images and labels to train on, images and labels to test on."""

    name: str
    folders: tuple[str, ...]  # below the data root, the first that holds the file counts
    files: tuple[Known, Known, Known, Known]
    advice: str

    def paths(self, root: Path | None) -> tuple[Path, ...]:
        """Return the four files.

        Raises:
            DataError: one is missing.
        """
        base = data_root(root, self.name)
        return tuple(self._path(base, known) for known in self.files)

    def _path(self, base: Path, known: Known) -> Path:
        names = (f"{known.name}.gz", known.name)
        candidates = [base / folder / name for folder in self.folders for name in names]
        return first_existing(candidates, name=self.name, advice=self.advice)

    def load(self, root: Path | None) -> Raw:
        """Return the data set with its last 5,000 train rows as validation and its test part held out."""
        read = [read_known(path, known, self.advice) for path, known in zip(self.paths(root), self.files, strict=True)]
        images, labels, test_images, test_labels = read
        train, validation, held_out = by_tail(
            Part(rows=images[:, None], labels=labels), Part(rows=test_images[:, None], labels=test_labels)
        )
        return Raw(kind="image", train=train, validation=validation, held_out=held_out, classes=10)


def read_known(path: Path, known: Known, advice: str) -> NDArray[np.uint8]:
    """Return the values of an idx file.

    Raises:
        DataError: its content is not the one known.
    """
    content, trouble = _content(path, known)
    found = hashlib.sha256(content).hexdigest()
    if trouble is None and found == known.sha256:
        return np.frombuffer(content, np.uint8, offset=len(known.header)).reshape(known.shape)
    what = trouble or _difference(content, known) or f"{len(content)} bytes with sha256 {found}"
    expected = f"{known.name}, {known.size} bytes uncompressed with sha256 {known.sha256}"
    raise refusal(path, expected=expected, found=what, advice=advice)


def _content(path: Path, known: Known) -> tuple[bytes, str | None]:
    """Return the uncompressed bytes, never many more than expected, and what is wrong with reading them."""
    with path.open("rb") as file:
        is_gzip = file.read(2) == GZIP
    with gzip.open(path) if is_gzip else path.open("rb") as stream:
        try:
            return stream.read(known.size + 1), None
        except EOFError:
            return b"", f"a truncated file: its {path.stat().st_size} bytes end before the compressed data do"
        except (gzip.BadGzipFile, zlib.error) as error:
            return b"", f"damaged compressed data ({error})"


def _difference(content: bytes, known: Known) -> str | None:
    if not content.startswith(known.header[:4]):
        return f"{describe(content[:512], len(content))}; no idx file of {len(known.shape)} axes"
    if not any(content[len(known.header) :]):
        return f"{len(content)} bytes of which all values are zero"
    if len(content) < known.size:
        return f"a truncated file: {len(content)} bytes uncompressed"
    if len(content) > known.size:
        return f"more than {known.size} bytes uncompressed"
    return None
