"""`genbench table`: the tables again, from records alone."""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("text", "markdown", "csv", "latex", "json")


@click.command("table")
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(results: Path, form: str) -> None:
    """Print the tables of a run from its records; RESULTS is the run's folder."""
    from genbench import tables
    from genbench.store import RunFolder

    read = RunFolder(results).read()
    click.echo(getattr(tables, form)(read.records, read.references, run=read.name))
