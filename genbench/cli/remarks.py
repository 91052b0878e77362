"""What is to be said beside every table: what could not be read, and what is still to be run; always on stderr."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genbench.escaping import plain_lines

if TYPE_CHECKING:
    from genbench.store import Results


def tell_what_is_missing(results: Results) -> None:
    """Name damaged files and the command that runs what is missing."""
    for problem in results.damaged:
        click.echo(plain_lines(f"damaged: {problem}"), err=True)
    if results.missing:
        done = len(results.planned) - len(results.missing)
        click.echo(f"unfinished: {done} of {len(results.planned)} trials and probes have their record", err=True)
        click.echo(plain_lines(f"go on: genbench run --resume {results.path}"), err=True)
