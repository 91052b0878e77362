"""What people read: the tables of quality, stability and throughput, from records and references alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.tables.formats import page_latex, page_markdown
from genbench.tables.machine import pages_csv, pages_json
from genbench.tables.pages import pages
from genbench.tables.terminal import page_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genbench.record import Record, Reference

__all__ = ["csv", "json", "latex", "markdown", "pages", "text"]


def text(records: tuple[Record, ...], references: Mapping[str, Reference], *, run: str) -> str:
    """Return the tables for a terminal, at most 100 columns wide.

    Args:
        records: in any order; of several attempts at a trial the last one counts.
        references: floors and controls by the data set's name.
        run: the run's id, for the header.

    Raises:
        ResultsError: there is nothing to show, or numbers of different identity would share a column.
    """
    return "\n\n\n".join(page_text(page) for page in pages(records, references, run=run))


def markdown(records: tuple[Record, ...], references: Mapping[str, Reference], *, run: str) -> str:
    """Return the tables as Markdown; arguments and errors as for `text`."""
    return "\n\n".join(page_markdown(page) for page in pages(records, references, run=run))


def latex(records: tuple[Record, ...], references: Mapping[str, Reference], *, run: str) -> str:
    """Return the tables as LaTeX with booktabs; arguments and errors as for `text`."""
    return "\n\n".join(page_latex(page) for page in pages(records, references, run=run))


def csv(records: tuple[Record, ...], references: Mapping[str, Reference], *, run: str) -> str:
    """Return all statistics in long form, unrounded; arguments and errors as for `text`."""
    return pages_csv(pages(records, references, run=run))


def json(records: tuple[Record, ...], references: Mapping[str, Reference], *, run: str) -> str:
    """Return everything in JSON without NaN or Infinity: null, and a status why; arguments and errors as for `text`."""
    return pages_json(pages(records, references, run=run))
