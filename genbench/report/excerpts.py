"""Samples of text as text: one excerpt a line, which steers nothing that shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

MOST = 20  # excerpts
LONGEST = 2000  # tokens of one


def excerpts(tokens: NDArray[Any], path: Path, alphabet: tuple[str, ...] | None = None) -> None:
    r"""Write the first 20 of tokens [n, t], a line each; without an alphabet as numbers.

    What is no printable character of text is written as Python writes it, a new line as `\n`.
    """
    lines = [written(row[:LONGEST].tolist(), alphabet) for row in tokens[:MOST]]
    path.write_text("\n".join([*lines, ""]), encoding="utf-8")


def written(codes: list[int], alphabet: tuple[str, ...] | None) -> str:
    """Return tokens in one printable line."""
    if alphabet is None:
        return " ".join(map(str, codes))
    text = "".join(alphabet[code] for code in codes)
    return "".join(each if each.isprintable() and each != "\\" else _escaped(each) for each in text)


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
