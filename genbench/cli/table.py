"""`genbench table`: the tables again, from records alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genbench.cli import folders
from genbench.cli.remarks import tell_what_is_missing

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.tables.currencies import Currency

FORMATS = ("text", "markdown", "csv", "latex", "json")


def currencies(context: click.Context, parameter: click.Parameter, value: str | None) -> tuple[Currency, ...]:
    """Return the currencies of `--by`, each once, in genbench's own order."""
    from genbench.errors import UnknownName
    from genbench.tables.currencies import CURRENCIES

    asked = [name.strip() for name in value.split(",")] if value is not None else []
    unknown = next((name for name in asked if name not in (*CURRENCIES, "all")), None)
    if unknown is not None:
        raise UnknownName("currency", unknown, (*CURRENCIES, "all"))
    return tuple(each for each in CURRENCIES if each in asked or "all" in asked)


@click.command("table")
@folders.results
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--by", callback=currencies, help="Quality at equal seconds, flops, examples, updates, energy or all.")
def command(results: Path, form: str, by: tuple[Currency, ...]) -> None:
    """Print the tables of a run from its records; RESULTS is the run's folder.

    Exits 1 when a record or a reference is damaged: it is named, and left out.

    \b
    genbench table results/20261122-0123456789abcdef
    genbench table results/20261122-0123456789abcdef --by seconds,flops
    """
    from genbench import tables
    from genbench.store import RunFolder, collection_paused

    with collection_paused():
        read = RunFolder(results).read()
        looks, absent = read.plan.looks, read.plan.not_applicable
        show = getattr(tables, form)
        click.echo(show(read.records, read.references, run=read.name, looks=looks, absent=absent, by=by))
    tell_what_is_missing(read)
    raise click.exceptions.Exit(1 if read.damaged else 0)
