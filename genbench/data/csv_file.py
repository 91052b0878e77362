"""Your own table: csv:FILE.csv or, to name the column that others are to predict, csv:FILE.csv@COLUMN.

Comma-separated values in UTF-8 with one line of names; `genbench.data.tabular` says how cells become columns of
numbers, whole numbers and categories, and what is missing. Split 80/10/10 in the order of the rows' hashes, below 1,000
rows 60/20/20.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data import tabular
from genbench.data.sources import file
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

USAGE = "csv:FILE.csv or csv:FILE.csv@COLUMN"


def files(source: str | None, root: Path | None) -> tuple[Path, ...]:
    """Return the one file."""
    return (_parse(source, root)[0],)


def load(source: str | None, root: Path | None) -> Raw:
    """Read and split."""
    path, target = _parse(source, root)
    return tabular.load(path, path.read_bytes(), target=target)


def _parse(source: str | None, root: Path | None) -> tuple[Path, str | None]:
    """Return the file and the target: what follows the first @ behind .csv."""
    name, end, target = (source or "").partition(".csv@")
    path = file(name + ".csv" if end else source, root, name="csv", usage=USAGE)
    if end and not target:
        raise DataError(f"csv:{source}: expected the name of a column behind @, found none; write {USAGE}")
    return path, target or None
