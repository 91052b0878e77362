"""`genbench datasets`: what is installed, from which distribution, and what it is; decodes and imports nothing."""

from __future__ import annotations

import click

from genbench.cli.listing import show
from genbench.data import catalogue
from genbench.data.listing import GROUP


@click.command("datasets")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the installed data sets; those that need files read them from --data-root or GENBENCH_DATA."""
    rows = [{"dataset": each.name, "from": each.distribution, "what": each.about} for each in catalogue()]
    if as_json:
        rows = [row | {"module": each.entry.value} for row, each in zip(rows, catalogue(), strict=True)]
    show(rows, as_json, group=GROUP)
