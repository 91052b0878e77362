"""Print rows of names as columns or as JSON."""

from __future__ import annotations

import json

import click


def show(rows: list[dict[str, str]], as_json: bool) -> None:
    """Print rows that have the same keys; what two distributions claim is marked."""
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return
    if not rows:
        click.echo("none installed")
        return
    names = list(rows[0])
    widths = [max(len(row[name]) for row in [dict(zip(names, names, strict=True)), *rows]) for name in names]
    for row in [dict(zip(names, names, strict=True)), *rows]:
        click.echo("  ".join(row[name].ljust(width) for name, width in zip(names, widths, strict=True)).rstrip())
