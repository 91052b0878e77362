"""`genbench methods`: the methods paragraph of a run, and what it cites."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genbench.cli import folders
from genbench.cli.remarks import tell_what_is_missing

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = ("text", "markdown", "latex")


@click.command("methods")
@folders.results
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
