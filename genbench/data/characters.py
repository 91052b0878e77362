"""Text as tokens: windows of characters or bytes, each written as its place in an alphabet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench.data.dataset import Part, Raw
from genbench.data.reading import describe, refusal

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

LENGTH = 64  # characters of a window
MOST = 512  # different characters
SHARE = 20  # one window in twenty validates, one in twenty is held out
BYTES = tuple(map(chr, range(256)))  # as Latin-1 shows them
AS_BYTES = "read it by bytes, as text:FILE@LENGTH:bytes"


def by_character(path: Path, content: bytes, length: int = LENGTH) -> Raw:
    """Return UTF-8 text as windows of characters; the alphabet is sorted by code point.

    Raises:
        DataError: it is not UTF-8, has fewer than 2 or more than 512 different characters, or is too short.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"{describe(content[:512], len(content))}; reading it ends with: {error.reason} at byte {error.start}"
        raise refusal(path, expected="text in UTF-8", found=found, advice=AS_BYTES) from error
    points, codes = np.unique(np.frombuffer(text.encode("utf-32-le"), "<u4"), return_inverse=True)
    if not 1 < len(points) <= MOST:
        expected = f"2 to {MOST} different characters"
        raise refusal(path, expected=expected, found=f"{len(points)}", advice=AS_BYTES)
    return _windows(path, codes, length, tuple(map(chr, points.tolist())))


def by_byte(path: Path, content: bytes, length: int = LENGTH) -> Raw:
    """Return any file as windows of bytes.

    Raises:
        DataError: it is too short.
    """
    return _windows(path, np.frombuffer(content, np.uint8), length, BYTES)


def _windows(path: Path, codes: NDArray[np.integer], length: int, alphabet: tuple[str, ...]) -> Raw:
    """Cut codes [t] into windows [n, length] side by side: the first of them train, then those that validate.

    The three splits are three stretches of the text, so that no window reaches into another split.
    """
    count = len(codes) // length
    part = count // SHARE
    if part == 0:
        found = f"{count} of them in {len(codes)} tokens"
        advice = "give a longer text, or shorter windows"
        raise refusal(path, expected=f"at least {SHARE} windows of {length} tokens", found=found, advice=advice)
    rows = Part(rows=codes[: count * length].reshape(count, length).astype(np.int64))
    cut = count - part
    train, validation, held_out = rows[: cut - part], rows[cut - part : cut], rows[cut:]
    return Raw(
        kind="tokens", train=train, validation=validation, held_out=held_out, classes=len(alphabet), alphabet=alphabet
    )
