"""`genbench validate`: are these records whole and unaltered?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genbench.cli import folders
from genbench.escaping import plain_lines

if TYPE_CHECKING:
    from pathlib import Path


@click.command("validate")
@folders.results
def command(results: Path) -> None:
    """Check every file of a run: readable, of this schema, in its place, as it was published; RESULTS is its folder."""
    from genbench.validation import validate

    report = validate(results)
    for problem in report.problems:
        click.echo(plain_lines(f"damaged: {problem}"))
    for remark in report.remarks:
        click.echo(plain_lines(f"note: {remark}"))
    click.echo(report.summary)
    raise click.exceptions.Exit(1 if report.problems else 0)
