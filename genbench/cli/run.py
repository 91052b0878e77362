"""`genbench run`: train every model under the same budget and print the tables."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

import click

from genbench.cli.remarks import tell_what_is_missing
from genbench.cli.study import spec_of, study_options, way_options, ways_of

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.session import Session
    from genbench.store import Results


@click.command("run")
@study_options(seeds_by_default=5)
@click.option("--max-seeds", type=int, help="Of --seeds auto, which stops when every pair is decided.  [default: 20]")
@click.option("--no-probe", "probe", flag_value=False, default=None, help="Leave out the throughput table.")
@click.option("--quick", is_flag=True, default=None, help="Measure speeds in windows of 0.1 s, not 0.5 s.")
@way_options()
@click.option("--strict", is_flag=True, help="Exit 2 when a plugin cannot be imported or breaks the contract.")
@click.option("--json", "as_json", is_flag=True, help="Print the tables as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but the tables.")
def command(study: Path | None, strict: bool, as_json: bool, quiet: bool, **flags: Any) -> None:
    """Train MODELS on DATASETS under one budget; print quality, stability and throughput.

    STUDY is a TOML file with the same names as keys; flags win over it. A run that was cut short goes on when the same
    command is given again.

    \b
    genbench run --models vae,gan
    genbench run --models vae,gan --datasets ring8 --budget 30s
    genbench run study.toml --seeds 10
    """
    from genbench.cli.progress import reporter
    from genbench.session import Session
    from genbench.store import RunFolder

    ways = ways_of(flags)
    is_tuned = ways.resume is not None and RunFolder(ways.resume).plan().search is not None
    spec = spec_of(flags, study, ways)
    session = Session(spec, ways, is_tuned=is_tuned)
    with reporter(is_quiet=quiet or as_json) as report:
        if spec.tune is not None and not is_tuned:
            report.say("the study has a [tune], which `genbench tune` heeds: this run tunes nothing")
        results = session.run(report)
    end(session, results, as_json=as_json, is_strict=strict)


def end(session: Session, results: Results | None, *, as_json: bool, is_strict: bool) -> NoReturn:
    """Print what there is, and leave with the code that tells how it went."""
    if results is not None:
        try:
            _show(results, as_json=as_json)
            sys.stdout.flush()
        except OSError:  # nobody reads: what Python would still flush at its end must not change the exit code
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise click.exceptions.Exit(session.exit_code(results, is_strict=is_strict))


def _show(results: Results, *, as_json: bool) -> None:
    """Print the tables, and what is missing or damaged."""
    if any(record.trial.purpose == "score" for record in results.records):
        from genbench import tables

        show, plan = tables.json if as_json else tables.text, results.plan
        click.echo(
            show(
                results.records,
                results.references,
                run=results.name,
                looks=plan.looks,
                absent=plan.not_applicable,
            )
        )
    tell_what_is_missing(results)
    if results.plan.search is not None and not results.plan.is_open:
        from genbench.tuning.plots import plot

        for path in plot(results):
            click.echo(f"quality against trials: {path}", err=True)
    if not as_json:
        click.echo(f"\nRecords, curves and sample grids: {results.path}\nagain: genbench table {results.path}")
