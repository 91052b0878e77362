"""`genbench models`: what is installed, from which distribution, and what of it cannot be used; imports none of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from genbench.cli.listing import show
from genbench.cli.study import plugin_option
from genbench.plugins import MODELS, find_all, use_files

if TYPE_CHECKING:
    from pathlib import Path


@click.command("models")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option()
def command(as_json: bool, plugins: tuple[Path, ...]) -> None:
    """List the installed models, and those of files; nothing of them is imported."""
    use_files(plugins)
    found = find_all()
    rows = [{"model": each.name, "module": each.module, "from": each.distribution} for each in found]
    if as_json or any(each.needs for each in found):
        rows = [row | {"cannot be used": each.needs} for row, each in zip(rows, found, strict=True)]
    show(rows, as_json, group=MODELS)
