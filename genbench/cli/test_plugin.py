"""`genbench test-plugin`: does a model keep the contract?"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from genbench.cli.study import plugin_option
from genbench.cli.values import names

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.testing import Finding


@click.command("test-plugin")
@click.argument("name")
@click.option("--kinds", callback=names, help="Kinds of tasks, as image,points.  [default: all it declares]")
@plugin_option()
@click.option("--slow", is_flag=True, help="Also what takes longer: learning, memory, every choice, compilation.")
@click.option("--device", default="cpu", show_default=True, help="Where to train: cpu or cuda:0.")
@click.option("--limit", type=click.FloatRange(min=1), help="Seconds of one check.  [default: 60; slow: 600]")
@click.option("--all", "shows_all", is_flag=True, help="Tell the checks that passed too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    name: str,
    kinds: tuple[str, ...] | None,
    plugins: tuple[Path, ...],
    slow: bool,
    device: str,
    limit: float | None,
    shows_all: bool,
    as_json: bool,
) -> None:
    """Try the model NAME on small tasks, each in a process of its own; exit 1 when something is broken.

    Told are what is broken, with what was expected and how to mend it, and what is worth a note.

    \b
    genbench test-plugin my_model
    genbench test-plugin my_model --kinds image --slow
    genbench test-plugin my_model --plugin ./my_model.py
    """
    from genbench.plugins import use_files
    from genbench.testing.running import Asked, Suite

    use_files(plugins)
    asked = Asked(name=name, kinds=kinds or (), is_slow=slow, device=device, limit=limit)
    is_watched = sys.stderr.isatty() and not as_json

    def tell(finding: Finding) -> None:
        if is_watched:
            click.echo(f"\r\x1b[K{finding.place} {finding.check}", nl=False, err=True)

    report = Suite(asked, tell).run()
    if is_watched:
        click.echo("\r\x1b[K", nl=False, err=True)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in report.findings], indent=1))
    else:
        click.echo(report.told(("ok", "skip", "note", "fail") if shows_all else ("note", "fail")))
    raise click.exceptions.Exit(0 if report.is_good else 1)
