"""Read tables of comma-separated values: types told by the cells, categories numbered, incomplete rows left out.

The first line names the columns. A column whose cells are all whole numbers is an integer, one of other numbers a
number, any other a category of at most 256 texts; whole numbers of at most two values are categories too, and whole
numbers that float32 does not hold exactly (beyond 2^24) are numbers. Blanks around a cell do not count.

Missing is a cell that is empty, `?`, NA, NaN, null or None. A row that lacks a number is dropped, for there is no
honest number to put there; a category that is missing is a category of its own, named as the file names it, an empty
one `?`. The codes of categories follow their sorted texts, those of whole numbers their values.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from genbench.data.dataset import Part, Raw
from genbench.data.reading import describe, refusal
from genbench.data.splits import by_content
from genbench.table import Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

MOST_CATEGORIES = 256
FEW = 2  # values that make whole numbers a category
EXACT = 2**24  # the largest whole number up to which float32 holds all of them
SMALL = 1000  # rows below which a fifth is held out, so that there is something to judge by
MISSING = frozenset({"", "?", "na", "nan", "null", "none"})
UNNAMED = "?"  # what an empty cell is called as a category
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
ADVICE = "correct the file, or write it anew as comma-separated UTF-8 with one line of names"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table as it was read."""

    table: Table
    rows: NDArray[np.float32]  # [n, columns], in the table's own units, categories as codes
    dropped: int  # rows that lacked a number


def load(path: Path, content: bytes, *, target: str | None) -> Raw:
    """Return a table as points, split in the order of its rows' hashes: 80/10/10, of fewer than 1,000 rows 60/20/20.

    Raises:
        DataError: it cannot be read as a table, or has no column `target`.
    """
    sheet = read(path, content, target=target)
    share = 5 if len(sheet.rows) < SMALL else 10
    train, validation, held_out = by_content(Part(rows=sheet.rows), str(path), share=share)
    return Raw(kind="points", train=train, validation=validation, held_out=held_out, table=sheet.table)


def read(path: Path, content: bytes, *, target: str | None) -> Sheet:
    """Read the bytes of the file at `path`.

    Raises:
        DataError: names or cells are missing or too many, the text is not UTF-8, or there is no column `target`.
    """
    names, lines = _cells(path, content)
    if target is not None and target not in names:
        raise refusal(path, expected=f"a column '{target}'", found=", ".join(names), advice="name one of these")
    read = [_column(path, name, cells) for name, cells in zip(names, zip(*lines, strict=True), strict=True)]
    rows = np.stack([values for _, values in read], axis=1)
    whole = ~np.isnan(rows).any(axis=1)
    if not whole.any():
        raise refusal(path, expected="rows with a number in every column of numbers", found="none", advice=ADVICE)
    table = Table(columns=tuple(column for column, _ in read), target=target)
    return Sheet(table=table, rows=rows[whole], dropped=int((~whole).sum()))


def _cells(path: Path, content: bytes) -> tuple[list[str], list[list[str]]]:
    """Return the names and the cells line by line, blanks around them removed."""
    try:
        text = content.decode("utf-8-sig")
        lines = [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except (UnicodeDecodeError, csv.Error) as error:
        found = f"{describe(content[:512], len(content))}; reading it ends with: {error}"
        raise refusal(path, expected="comma-separated values in UTF-8", found=found, advice=ADVICE) from error
    names, *rest = [line for line in lines if any(line)] or [[]]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if not names or "" in names or repeated:
        found = f"'{repeated[0]}' twice" if repeated else "an empty file" if not names else "a column without a name"
        raise refusal(path, expected="a first line of different names", found=found, advice=ADVICE)
    uneven = next((number for number, line in enumerate(lines, 1) if any(line) and len(line) != len(names)), None)
    if uneven is not None:
        found = f"{len(lines[uneven - 1])} in row {uneven}, the names being row 1"
        raise refusal(path, expected=f"{len(names)} cells in every row, as there are names", found=found, advice=ADVICE)
    if not rest:
        raise refusal(path, expected="rows below the names", found=f"names alone: {', '.join(names)}", advice=ADVICE)
    return names, rest


def _column(path: Path, name: str, cells: Sequence[str]) -> tuple[Column, NDArray[np.float32]]:
    """Return a column with its values [n]; a number that is missing is NaN."""
    present = [cell for cell in cells if cell.casefold() not in MISSING]
    if not present or not all(map(NUMBER.fullmatch, present)):
        return _categories(path, name, cells, sorted)
    values = np.array([float(cell) if cell.casefold() not in MISSING else np.nan for cell in cells])
    known = values[~np.isnan(values)]
    is_whole = bool((known == np.rint(known)).all())
    if is_whole and len(np.unique(known)) <= FEW:
        return _categories(path, name, cells, partial(sorted, key=_by_value))
    is_exact = is_whole and float(np.abs(known).max()) <= EXACT
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and refused as such
        return Column(name=name, kind="integer" if is_exact else "number"), values.astype(np.float32)


def _categories(
    path: Path, name: str, cells: Sequence[str], ordered: Callable[[set[str]], list[str]]
) -> tuple[Column, NDArray[np.float32]]:
    texts = [cell or UNNAMED for cell in cells]
    names = ordered(set(texts))
    if len(names) > MOST_CATEGORIES:
        odd = next((cell for cell in names if not NUMBER.fullmatch(cell) and cell.casefold() not in MISSING), names[0])
        expected = f"numbers, or at most {MOST_CATEGORIES} different texts in column '{name}'"
        found = f"{len(names)} different ones, as '{odd[:40]}'"
        raise refusal(path, expected=expected, found=found, advice="leave the column out, or group its texts")
    codes = {text: code for code, text in enumerate(names)}
    values = np.array([codes[text] for text in texts], np.float32)
    return Column(name=name, kind="category", categories=tuple(names)), values


def _by_value(text: str) -> tuple[bool, float, str]:
    """Order whole numbers by their value, what is missing behind them."""
    is_number = NUMBER.fullmatch(text) is not None
    return not is_number, float(text) if is_number else 0.0, text
