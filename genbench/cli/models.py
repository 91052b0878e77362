"""`genbench models`: what is installed, from which distribution; imports none of it."""

from __future__ import annotations

import click

from genbench.cli.listing import show
from genbench.plugins import MODELS, find_all


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the installed models; nothing of them is imported."""
    rows = [{"model": each.name, "module": each.module, "from": each.distribution} for each in find_all()]
    show(rows, as_json, group=MODELS)
