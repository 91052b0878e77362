"""`genbench runs`: which runs there are, and how each stands."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("runs")
@click.argument("folder", default="results", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def command(folder: Path, as_json: bool) -> None:
    """List the runs under FOLDER [default: results], the newest first: finished, running, unfinished or damaged."""
    from genbench.errors import ResultsError
    from genbench.runs import standings

    if not folder.is_dir():
        raise ResultsError(f"{folder}: no such folder; expected one that holds runs, as results")
    found = list(standings(folder))
    if as_json:
        import json
        from dataclasses import asdict

        click.echo(json.dumps([asdict(each) | {"path": str(each.path)} for each in found], indent=1))
        return
    for each in found:
        done = f"{each.ok + each.failed}/{each.planned} done" + (f", {each.failed} failed" if each.failed else "")
        what = f"{','.join(each.models)} on {','.join(each.datasets)}: {done}" if each.planned else ""
        click.echo(f"{each.path.name}  {each.state:<10}  {what}".rstrip())
        if each.note:
            click.echo(f"    {each.note}")
    if not found:
        click.echo(f"no runs in {folder}")
