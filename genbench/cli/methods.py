"""`genbench methods`: the methods paragraph of a run, and what it cites."""

from __future__ import annotations

from pathlib import Path

import click

from genbench.cli.remarks import tell_what_is_missing

FORMATS = ("text", "markdown", "latex")


@click.command("methods")
@click.argument("results", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
def command(results: Path, form: str) -> None:
    """Print a methods paragraph ready to paste, and BibTeX of models, measures and statistics.

    RESULTS is the run's folder.
    """
    from genbench.methods import methods
    from genbench.store import RunFolder

    read = RunFolder(results).read()
    click.echo(methods(read, form))
    tell_what_is_missing(read)
    raise click.exceptions.Exit(1 if read.damaged else 0)
