"""The two original forms of a CIFAR-10 batch: plain bytes, and a Python pickle, read without running any code."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.dataset import Part
from genbench.data.reading import refusal, sniff

if TYPE_CHECKING:
    from pathlib import Path

SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
LARGEST = 64 * 2**20  # bytes of a pickled batch; the original ones have 31 MB


def read_binary(path: Path, advice: str) -> Part:
    """Return a batch of the binary version: for every image one byte of label and 3072 of pixels, channel by channel.

    Raises:
        DataError: its length is not that of whole images.
    """
    content = np.fromfile(path, np.uint8)
    if len(content) == 0 or len(content) % (1 + PIXELS):
        expected = f"whole images of {1 + PIXELS} bytes (CIFAR-10, binary version)"
        raise refusal(path, expected=expected, found=f"{sniff(path)}, {len(content)} in all", advice=advice)
    table = content.reshape(-1, 1 + PIXELS)
    return Part(rows=table[:, 1:].reshape(-1, *SHAPE), labels=table[:, 0])


def read_python(path: Path, advice: str) -> Part:
    """Return a batch of the Python version.

    Raises:
        DataError: it is no such batch, or asks for anything but the array and the lists that a batch consists of.
    """
    expected = "a pickled batch of CIFAR-10, python version, with b'data' and b'labels'"
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError(f"more than {LARGEST} bytes")
        with path.open("rb") as file:
            batch = _Batch(file, encoding="bytes").load()
        rows = batch[b"data"].pixels()
        labels = np.array(batch[b"labels"], dtype=np.uint8)
        if len(labels) != len(rows):
            raise ValueError(f"{len(rows)} images and {len(labels)} labels")
    except Exception as error:  # damaged pickles raise nearly anything
        found = f"{sniff(path)}; reading it ends with: {error or type(error).__name__}"
        raise refusal(path, expected=expected, found=found, advice=advice) from error
    return Part(rows=rows, labels=labels)


class _Array:
    """Stands in for numpy.ndarray, so that not even numpy's own unpickling sees what the file says."""

    __slots__ = ("state",)

    def __init__(self, *_: object) -> None:
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state

    def pixels(self) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Return the array [n, 3, 32, 32] as bytes; reshaping refuses what does not fit."""
        _version, shape, _dtype, is_fortran, content = self.state
        if is_fortran or len(shape) != 2 or shape[1] != PIXELS or len(content) != shape[0] * PIXELS:
            raise ValueError(f"expected bytes [n, {PIXELS}], found {len(content)} bytes of shape {shape}")
        return np.frombuffer(content, np.uint8).reshape(-1, *SHAPE)


class _Dtype:
    """Stands in for numpy.dtype; the size of the content says all that it could."""

    __slots__ = ()

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _latin1(text: str, _encoding: str) -> bytes:
    """Stand in for _codecs.encode, by which Python 3 writes bytes into pickles of protocol 2."""
    return text.encode("latin-1")


ADMITTED: dict[tuple[str, str], Any] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _latin1,
}


class _Batch(pickle.Unpickler):
    """Reads lists, numbers, bytes and the stand-ins above; nothing is imported, nothing else can be called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in ADMITTED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no batch needs and which was not run")
        return ADMITTED[module, name]
