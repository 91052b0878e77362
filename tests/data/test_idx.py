"""MNIST's format, and all the ways in which its files arrive broken."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genbench.data import mnist, prepare
from genbench.data.idx import Family, Known, read_known
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (40, 5, 6)
VALUES = np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


def header(*shape: int) -> bytes:
    return b"\x00\x00\x08" + bytes([len(shape)]) + b"".join(axis.to_bytes(4, "big") for axis in shape)


GOOD = header(*SHAPE) + VALUES.tobytes()
KNOWN = Known("images-idx3-ubyte", SHAPE, hashlib.sha256(GOOD).hexdigest())
HTML = b"<!DOCTYPE html><html><title>404 Not Found</title></html>"


def zipped(content: bytes) -> bytes:
    """Compress to the same bytes in every process: they are in the names of tests, which are spread by their names."""
    return gzip.compress(content, mtime=0)


def flipped(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


@pytest.mark.parametrize("content", [GOOD, gzip.compress(GOOD), gzip.compress(GOOD, 1)], ids=["plain", "gz", "again"])
def test_reads_the_known_content_however_compressed(tmp_path: Path, content: bytes):
    """Kills: a hash of the compressed file; a header of the wrong length, which shifts every pixel."""
    path = tmp_path / "images"
    path.write_bytes(content)
    np.testing.assert_array_equal(read_known(path, KNOWN, "advice"), VALUES)


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", r"an empty file \(0 bytes\)"),
        (HTML, "a web page"),
        (zipped(HTML), "a web page"),
        (zipped(b""), r"an empty file \(0 bytes\)"),
        (b"version https://git-lfs.github.com/spec/v1\noid 1", "a pointer of Git LFS"),
        (zipped(GOOD)[:-300], r"a truncated file: its \d+ bytes end before the compressed data do"),
        (GOOD[:-300], "a truncated file: 916 bytes uncompressed"),
        (zipped(GOOD[:-300]), "a truncated file: 916 bytes uncompressed"),
        (flipped(zipped(GOOD), -10), "damaged compressed data"),
        (flipped(zipped(GOOD), -5), "damaged compressed data"),
        (GOOD + b"0", "more than 1216 bytes"),
        (zipped(bytes(2**26)), "begin with nothing but zeros"),
        (header(*SHAPE) + bytes(VALUES.size), "all values are zero"),
        (zipped(header(*SHAPE) + bytes(VALUES.size)), "all values are zero"),
        (bytes(len(GOOD)), "nothing but zeros"),
        (flipped(GOOD, 100), "1216 bytes with sha256"),
        (zipped(flipped(GOOD, 1200)), "1216 bytes with sha256"),
        (header(1200) + VALUES.tobytes(), "no idx file of 3 axes"),
        (b"\x93NUMPY\x01\x00", "8 bytes that begin with 93 4e 55 4d 50 59"),
    ],
)
def test_anything_else_is_refused_with_the_right_words(tmp_path: Path, content: bytes, found: str):
    """Kills: a missing check of the hash, and each kind of damage told as another."""
    path = tmp_path / "images-idx3-ubyte.gz"
    path.write_bytes(content)
    expected = f"expected: images-idx3-ubyte, 1216 bytes uncompressed with sha256 {KNOWN.sha256}"
    with pytest.raises(DataError, match=f"{expected}\n  found:    .*{found}.*\n  what to do: get it again") as raised:
        read_known(path, KNOWN, "get it again")
    assert str(path) in str(raised.value)
    assert len(str(raised.value).splitlines()) == 4
    assert path.read_bytes() == content


def write_family(folder: Path, suffix: str) -> Family:
    """Write a tiny set of four files and return the family that knows them."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(1)
    known = []
    for name, shape in {"a": (50, 4, 4), "b": (50,), "c": (20, 4, 4), "d": (20,)}.items():
        content = header(*shape) + generator.integers(1, 10, shape, dtype=np.uint8).tobytes()
        (folder / f"{name}{suffix}").write_bytes(gzip.compress(content) if suffix else content)
        known.append(Known(name, shape, hashlib.sha256(content).hexdigest()))
    return Family(name="tiny", folders=("tiny", "Tiny/raw"), files=tuple(known), advice="get it")


@pytest.mark.parametrize("layout", [("tiny", ".gz"), ("tiny", ""), ("Tiny/raw", ".gz"), ("Tiny/raw", "")])
def test_family_is_read_from_every_layout(tmp_path: Path, layout: tuple[str, str]):
    """Kills: labels of one part with images of another, validation from the head."""
    family = write_family(tmp_path / layout[0], layout[1])
    raw = family.load(tmp_path)
    assert [len(part) for _, part in raw.parts()] == [40, 10, 20]
    assert raw.train.rows.shape == (40, 1, 4, 4)
    labels = [part.labels.tolist() for _, part in raw.parts()]
    content = [read_known(path, known, "") for path, known in zip(family.paths(tmp_path), family.files, strict=True)]
    assert labels == [content[1][:40].tolist(), content[1][40:].tolist(), content[3].tolist()]
    np.testing.assert_array_equal(raw.validation.rows[:, 0], content[0][40:])


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "mnist_binary", "cifar10"])
def test_a_missing_root_is_explained(name: str, tmp_path: Path):
    own = name.removesuffix("_binary")
    with pytest.raises(DataError, match=f"'{own}' is read from disk: pass --data-root FOLDER or set GENBENCH_DATA"):
        prepare(name, data_root=None, cache=tmp_path)
    with pytest.raises(DataError, match=r"data root .*nowhere: expected a folder, found none; pass --data-root"):
        prepare(name, data_root=tmp_path / "nowhere", cache=tmp_path)


def test_a_missing_file_is_explained_on_one_screen(tmp_path: Path):
    with pytest.raises(DataError, match="what to do: get the four files of MNIST") as raised:
        mnist.files(tmp_path)
    text = str(raised.value)
    assert str(tmp_path / "mnist" / "train-images-idx3-ubyte.gz") in text
    assert str(tmp_path / "MNIST" / "raw" / "train-images-idx3-ubyte") in text
    assert len(text.splitlines()) < 10
