"""Your own text: text:FILE, text:FILE@100 for windows of 100 characters, or text:FILE@100:bytes.

Any file of UTF-8 text with at most 512 different characters, or by bytes any file at all. Windows of 64 lie side by
side; the first 90 % of them train, the next 5 % validate, the last 5 % are held out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data import characters
from genbench.data.sources import sized_file

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

USAGE = "text:FILE, text:FILE@LENGTH or text:FILE@LENGTH:bytes"
BYTES = ":bytes"


def files(source: str | None, root: Path | None) -> tuple[Path, ...]:
    """Return the one file."""
    return (_parse(source, root)[0],)


def load(source: str | None, root: Path | None) -> Raw:
    """Read and cut."""
    path, length = _parse(source, root)
    read = characters.by_byte if (source or "").endswith(BYTES) else characters.by_character
    return read(path, path.read_bytes(), length or characters.LENGTH)


def _parse(source: str | None, root: Path | None) -> tuple[Path, int | None]:
    """Return the file and the length of a window."""
    return sized_file(None if source is None else source.removesuffix(BYTES), root, name="text", usage=USAGE)
