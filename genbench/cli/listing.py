"""Print rows of names as columns or as JSON, and beneath them what was rejected."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from genbench.entries import rejected
from genbench.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def show(rows: Sequence[Mapping[str, str]], as_json: bool, *, group: str) -> None:
    """Print rows that have the same keys, and what is installed in a group of entry points but cannot be used."""
    refused = rejected(group)
    if as_json:
        told = [{"rejected": each.name, "from": each.distribution, "reason": each.reason} for each in refused]
        click.echo(json.dumps([*rows, *told], indent=1))
        return
    for line in _columns([{key: plain(value, 120) for key, value in row.items()} for row in rows]):
        click.echo(line)
    for each in refused:
        click.echo(f"rejected, from {each.distribution}: {each.reason}")


def _columns(rows: Sequence[Mapping[str, str]]) -> list[str]:
    if not rows:
        return ["none installed"]
    names = list(rows[0])
    table = [names, *(list(row.values()) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return ["  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in table]
