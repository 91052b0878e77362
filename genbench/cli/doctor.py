"""`genbench doctor`: is this machine fit for a run, and are these weights what they should be?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from genbench.cli.values import files

PATIENCE = "comparing weights with published numbers: up to 10,000 images, a minute on a GPU, over an hour on one core"


@click.command("doctor")
@click.option("--features", "weights", multiple=True, callback=files, help="Weights to check, as inception=FILE.")
@click.option("--data-root", envvar="GENBENCH_DATA", type=click.Path(path_type=Path), help="Where data sets lie.")
@click.option("--device", help="Where to compare weights: cpu or cuda:0.  [default: a GPU where there is one]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(weights: dict[str, Path], data_root: Path | None, device: str | None, as_json: bool) -> None:
    """Check versions, devices, folders, data, plugins and, where given, weights; exit 1 when something is wrong."""
    from genbench.device import best_device
    from genbench.doctor import examine
    from genbench.machine import cache_folder

    if weights:
        click.echo(PATIENCE, err=True)
    findings = []
    for finding in examine(data_root, cache_folder(), weights, device or best_device()):
        findings.append(finding)
        if not as_json:
            click.echo(str(finding))
    if as_json:
        click.echo(json.dumps([asdict(each) for each in findings], indent=1))
    raise click.exceptions.Exit(1 if any(each.state == "fail" for each in findings) else 0)
