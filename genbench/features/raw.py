"""The space that shows the rows of a data set as they are, or as near to that as numbers come."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from genbench.hookspecs import Kind
    from genbench.refs import DataRef

SPACES: dict[Kind, str] = {"image": "pixels", "points": "coordinates", "wave": "spectrum", "tokens": "ngrams"}
OF_TABLES = "columns"


def raw_space(data: DataRef) -> str:
    """Return the name of a data set's raw space, in which measures of rows are told too."""
    return OF_TABLES if data.table is not None else SPACES[data.kind]


def needs_encoding(data: DataRef) -> bool:
    """Whether rows are codes, so that distances mean something between their raw features alone.

    A copy of a text that begins some characters later, or of a row of a table, is then near to it as well.
    """
    return data.table is not None or data.kind == "tokens"
