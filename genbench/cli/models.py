"""`genbench models`: what is installed, from which distribution, and what of it cannot be used; imports none of it."""

from __future__ import annotations

import click

from genbench.cli.listing import show
from genbench.plugins import MODELS, find_all


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the installed models; nothing of them is imported."""
    found = find_all()
    rows = [{"model": each.name, "module": each.module, "from": each.distribution} for each in found]
    if as_json or any(each.needs for each in found):
        rows = [row | {"cannot be used": each.needs} for row, each in zip(rows, found, strict=True)]
    show(rows, as_json, group=MODELS)
