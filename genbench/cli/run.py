"""`genbench run`: train every model under the same budget and print the tables."""

from __future__ import annotations

import os
import sys
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genbench.cli.remarks import tell_what_is_missing
from genbench.cli.values import files, limits, names, numbers, options, seeds, size, workers

if TYPE_CHECKING:
    from genbench.session import Ways
    from genbench.store import Results


@click.command("run")
@click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--models", callback=names, help="Models to train, by comma; `genbench models` lists them.")
@click.option("--datasets", callback=names, help="Data sets, as digits,ring8.  [default: digits]")
@click.option("--budget", help="1600steps, 204800examples, 30s or 2e12flops.  [default: 4800steps]")
@click.option("--seeds", callback=seeds, help="How many seeds, or which, as 0,7,9, or auto.  [default: 5]")
@click.option("--max-seeds", type=int, help="Of --seeds auto, which stops when every pair is decided.  [default: 20]")
@click.option("--marks", callback=numbers, help="Fractions of the budget at which to look, as 0.1,0.5.")
@click.option("--batch-size", type=int, help="Rows of a batch, for all models.  [default: each model's own]")
@click.option("--set", "options", multiple=True, callback=options, help="An option of a model, as MODEL.latent=16.")
@click.option("--device", help="cpu, mps, cuda or cuda:1.  [default: a GPU where there is one]")
@click.option("--devices", callback=names, help="GPUs with one trial on each at a time: cuda:0,cuda:1 or all.")
@click.option("--precision", type=click.Choice(["fp32", "bf16"]), help="Of training.  [default: fp32]")
@click.option("--compile", "compile", is_flag=True, default=None, help="Let models compile their step.")
@click.option("--threads", type=int, help="Threads of a trial.  [default: 1]")
@click.option(
    "--workers", callback=workers, help="Trials side by side, or auto: one a core, one a GPU.  [default: auto]"
)
@click.option("--memory", callback=size, help="Host memory of a trial, as 8GB.  [default: a share of what is free]")
@click.option("--features", callback=names, help="Feature spaces of the measures, as pixels,classifier.")
@click.option("--features-weights", multiple=True, callback=files, help="A space's own file, as inception=FILE.")
@click.option("--metrics", callback=names, help="Measures besides the standard ones, as swd,c2st or all.")
@click.option("--protocol", type=click.Choice(["fid50k-train"]), help="Measure by the papers' convention as well.")
@click.option("--data-root", envvar="GENBENCH_DATA", type=click.Path(path_type=Path), help="Where data sets lie.")
@click.option("--no-probe", "probe", flag_value=False, default=None, help="Leave out the throughput table.")
@click.option("--sample-batch", type=int, help="Samples drawn at a time.  [default: 1000]")
@click.option("--output", type=click.Path(path_type=Path), default=Path("results"), show_default=True)
@click.option("--keep-samples", is_flag=True, help="Do not delete samples once they were judged.")
@click.option("--keep-snapshots", is_flag=True, help="Do not delete the weights at marks and at the end.")
@click.option("--limit", "limits", multiple=True, callback=limits, help="A limit in seconds, as stall=60 or hook=300.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with this run; nothing else need be said.")
@click.option("--fresh", "is_fresh", is_flag=True, help="Begin anew, although the same run is unfinished.")
@click.option("--allow-changed", "allows_changes", is_flag=True, help="Resume although code or environment changed.")
@click.option(
    "--give-up-after", type=click.IntRange(min=0), default=3, show_default=True, help="Equal failures; 0: never."
)
@click.option("--strict", is_flag=True, help="Exit 2 when a plugin cannot be imported or breaks the contract.")
@click.option("--json", "as_json", is_flag=True, help="Print the tables as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but the tables.")
def command(study: Path | None, strict: bool, as_json: bool, quiet: bool, **flags: Any) -> None:
    r"""Train MODELS on DATASETS under one budget; print quality, stability and throughput.

    STUDY is a TOML file with the same names as keys; flags win over it. A run that was cut short goes on when the same
    command is given again.

    \b
    genbench run --models vae,gan
    genbench run --models vae,gan --datasets ring8 --budget 30s
    genbench run study.toml --seeds 10
    """
    from genbench.cli.progress import reporter
    from genbench.session import Session, read_spec, stored_spec

    ways = _ways(flags)
    flags = {name: value for name, value in flags.items() if value not in (None, (), {})}
    is_told = study is not None or bool(flags.keys() - {"data_root"})  # which a variable may have set
    root = flags.get("data_root")
    spec = stored_spec(ways.resume, root) if ways.resume and not is_told else read_spec(flags, study)
    session = Session(spec, ways)
    with reporter(is_quiet=quiet or as_json) as report:
        results = session.run(report)
    if results is not None:
        try:
            _show(results, as_json=as_json)
            sys.stdout.flush()
        except OSError:  # nobody reads: what Python would still flush at its end must not change the exit code
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise click.exceptions.Exit(session.exit_code(results, is_strict=strict))


def _ways(flags: dict[str, Any]) -> Ways:
    """Take out of the flags what tells how to run, and not what."""
    from genbench.session import Ways

    kept = {"samples": flags.pop("keep_samples"), "snapshots": flags.pop("keep_snapshots")}
    named = {each.name: flags.pop(each.name) for each in fields(Ways) if each.name in flags}
    return Ways(keeps=frozenset(name for name, is_kept in kept.items() if is_kept), **named)


def _show(results: Results, *, as_json: bool) -> None:
    """Print the tables, and what is missing or damaged."""
    if results.records:
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
    if not as_json:
        click.echo(f"\nRecords, curves and sample grids: {results.path}\nagain: genbench table {results.path}")
