"""`genbench metrics`: what is measured, on what, which way is better."""

from __future__ import annotations

import click

from genbench.cli.listing import show


@click.command("metrics")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the measures: what they compare, which way is better, where they come from."""
    from genbench.metrics.catalogue import CATALOGUE, GROUP
    from genbench.plugins import find_all

    foreign = [{"metric": each.name, "when": "asked", "source": each.culprit} for each in find_all(GROUP)]
    blank = dict.fromkeys(CATALOGUE[0].row(), "")
    show([each.row() for each in CATALOGUE] + [blank | each for each in foreign], as_json, group=GROUP)
