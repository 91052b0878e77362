"""Tiny Shakespeare, windows of 64 characters of 40,000 lines of plays, 65 different ones, from the data root.

A. Karpathy, "The unreasonable effectiveness of recurrent neural networks", 2015, `data/tinyshakespeare` of char-rnn.
The first 90 % of the text train, the next 5 % validate, the last 5 % are held out; the last 2 characters are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data import characters
from genbench.data.reading import data_root, first_existing, read_known

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

KNOWN = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
ADVICE = "get data/tinyshakespeare/input.txt of char-rnn (github.com/karpathy/char-rnn) and put it there"


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the one file."""
    base = data_root(root, "tiny_shakespeare")
    candidates = [base / "text" / "tinyshakespeare.txt", base / "tinyshakespeare" / "input.txt"]
    return (first_existing(candidates, name="tiny_shakespeare", advice=ADVICE),)


def load(root: Path | None) -> Raw:
    """Read, check and cut."""
    (path,) = files(root)
    content = read_known(path, KNOWN, what="1115394 characters", advice=ADVICE)
    return characters.by_character(path, content)
