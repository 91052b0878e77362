"""What people read: the tables of quality, stability and throughput, from records and references alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.tables.formats import page_latex, page_markdown
from genbench.tables.machine import pages_csv, pages_json
from genbench.tables.pages import pages
from genbench.tables.terminal import page_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genbench.record import Record, Reference
    from genbench.tables.currencies import Currency

__all__ = ["csv", "json", "latex", "markdown", "pages", "text"]


def text(
    records: tuple[Record, ...],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
    by: Sequence[Currency] = (),
) -> str:
    """Return the tables for a terminal, at most 100 columns wide.

    Args:
        records: in any order; of several attempts at a trial the last one counts.
        references: floors and controls by the data set's name.
        run: the run's id, for the header.
        looks: numbers of seeds at which the run was planned to be looked at, which its verdicts have to pay for.
        absent: (model, data set) where the model does not support the kind of data: a row `n/a`.
        by: currencies; the tables are then of quality at equal spend, and nothing else.

    Raises:
        ResultsError: there is nothing to show, numbers of different identity would share a column, or quality at equal
            spend can be told in none of the currencies.
    """
    made = pages(records, references, run=run, looks=looks, absent=absent, by=by)
    return "\n\n\n".join(page_text(page) for page in made)


def markdown(
    records: tuple[Record, ...],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
    by: Sequence[Currency] = (),
) -> str:
    """Return the tables as Markdown; arguments and errors as for `text`."""
    made = pages(records, references, run=run, looks=looks, absent=absent, by=by)
    return "\n\n".join(page_markdown(page) for page in made)


def latex(
    records: tuple[Record, ...],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
    by: Sequence[Currency] = (),
) -> str:
    """Return the tables as LaTeX with booktabs; arguments and errors as for `text`."""
    made = pages(records, references, run=run, looks=looks, absent=absent, by=by)
    return "\n\n".join(page_latex(page) for page in made)


def csv(
    records: tuple[Record, ...],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
    by: Sequence[Currency] = (),
) -> str:
    """Return all statistics in long form, unrounded; arguments and errors as for `text`."""
    made = pages(records, references, run=run, looks=looks, absent=absent, by=by)
    return pages_csv(made)


def json(
    records: tuple[Record, ...],
    references: Mapping[str, Reference],
    *,
    run: str,
    looks: tuple[int, ...] = (),
    absent: Sequence[tuple[str, str]] = (),
    by: Sequence[Currency] = (),
) -> str:
    """Return everything in JSON without NaN or Infinity: null, and a status why; arguments and errors as for `text`."""
    made = pages(records, references, run=run, looks=looks, absent=absent, by=by)
    return pages_json(made)
