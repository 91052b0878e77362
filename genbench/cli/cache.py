"""`genbench cache`: what CI needs to keep prepared data and features from one job to the next."""

from __future__ import annotations

import click


@click.group("cache")
def command() -> None:
    """Tell where prepared data and features are kept, and by which key CI may keep them."""


@command.command("key")
def key() -> None:
    """Print a key that changes with whatever makes the cache stale: code, versions, machine."""
    from genbench.source import cache_key

    click.echo(cache_key())


@command.command("path")
def path() -> None:
    """Print the cache folder: GENBENCH_CACHE, or the user's own."""
    from genbench.machine import cache_folder

    click.echo(cache_folder())
