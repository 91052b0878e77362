"""What people read: the tables of quality, stability and throughput, from records and references alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Required, TypedDict

from genbench.tables.formats import page_latex, page_markdown
from genbench.tables.machine import pages_csv, pages_json
from genbench.tables.pages import pages
from genbench.tables.terminal import page_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    from genbench.record import Record, Reference
    from genbench.tables.currencies import Currency

    Records = tuple[Record, ...]
    References = Mapping[str, Reference]

__all__ = ["csv", "json", "latex", "markdown", "pages", "text"]


class Context(TypedDict, total=False):
    """What tables depend on besides records and references."""

    run: Required[str]
    looks: tuple[int, ...]
    absent: Sequence[tuple[str, str]]
    by: Sequence[Currency]


def text(records: Records, references: References, **context: Unpack[Context]) -> str:
    """Return the tables for a terminal, at most 100 columns wide.

    Args:
        records: in any order; of several attempts at a trial the last one counts.
        references: floors and controls by the data set's name.
        context: `run`, the run's id, for the header; and, each if any:
            `looks`, numbers of seeds at which the run was planned to be looked at, which its verdicts have to pay for;
            `absent`, (model, data set) where the model does not support the kind of data: a row `n/a`;
            `by`, currencies: the tables are then of quality at equal spend, and nothing else.

    Raises:
        ResultsError: there is nothing to show, numbers of different identity would share a column, or quality at equal
            spend can be told in none of the currencies.
    """
    return "\n\n\n".join(page_text(page) for page in pages(records, references, **context))


def markdown(records: Records, references: References, **context: Unpack[Context]) -> str:
    """Return the tables as Markdown; arguments and errors as for `text`."""
    return "\n\n".join(page_markdown(page) for page in pages(records, references, **context))


def latex(records: Records, references: References, **context: Unpack[Context]) -> str:
    """Return the tables as LaTeX with booktabs; arguments and errors as for `text`."""
    return "\n\n".join(page_latex(page) for page in pages(records, references, **context))


def csv(records: Records, references: References, **context: Unpack[Context]) -> str:
    """Return all statistics in long form, unrounded; arguments and errors as for `text`."""
    return pages_csv(pages(records, references, **context))


def json(records: Records, references: References, **context: Unpack[Context]) -> str:
    """Return everything in JSON without NaN or Infinity: null, and a status why; arguments and errors as for `text`."""
    return pages_json(pages(records, references, **context))
