"""`genbench baseline`: train a study over many seeds and keep what `genbench check` compares with."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genbench.cli.study import is_told, spec_of, study_options, way_options, ways_of
from genbench.cli.values import names
from genbench.escaping import plain_lines

if TYPE_CHECKING:
    from genbench.check.baseline import Baseline
    from genbench.check.rules import Rules
    from genbench.reporter import Reporter
    from genbench.session import Ways
    from genbench.spec import Spec
    from genbench.store import Results

BASELINES = Path("results/baselines")
STOPPED = 128  # exit codes above it are those of signals


@click.command("baseline")
@study_options(seeds_by_default=20)
@click.option("--gate", callback=names, help="What to judge besides the standard, as kd:classifier,setup.")
@click.option("--sessions", type=click.IntRange(0, 1000), default=10, show_default=True, help="Fresh processes timed.")
@click.option("--out", type=click.Path(path_type=Path), help="Its folder.  [default: results/baselines/NAME]")
@click.option("--force", is_flag=True, help="Replace the baseline that is there.")
@way_options()
@click.option("--quiet", is_flag=True, help="Print nothing but what the baseline holds.")
def command(
    study: Path | None, sessions: int, out: Path | None, force: bool, quiet: bool, gate: tuple[str, ...], **flags: Any
) -> None:
    """Train MODELS on DATASETS over 20 seeds; keep them as a baseline, by which `genbench check` judges.

    STUDY is a TOML file as for `genbench run`. A baseline holds every planned seed, good or bad. One whose first half
    of seeds differs from its second is refused (1 % of honest ones are).

    \b
    genbench baseline --models vae,gan --budget 2400steps
    genbench baseline study.toml --out results/baselines/nightly
    """
    from genbench.check.making import refuse_early
    from genbench.check.rules import Rules
    from genbench.cli.progress import reporter

    ways, rules = ways_of(flags), Rules()
    spec = _spec(flags, gate, study, ways, rules)
    folder = out or BASELINES / _name(study, spec)
    _check_place(folder, is_forced=force)
    refuse_early(spec, rules)
    with reporter(is_quiet=quiet) as report:
        results = _run(spec, ways, report)
        baseline, told = _make(results, spec, rules, sessions, report)
    _keep(baseline, results, folder, told)


def _spec(flags: dict[str, Any], gate: tuple[str, ...], study: Path | None, ways: Ways, rules: Rules) -> Spec:
    """Return what is asked: 20 seeds where nobody says how many, and no probes, since sessions tell of speed.

    Raises:
        SpecError: with every problem of flags and file.
    """
    from genbench.session import read_spec
    from genbench.store import as_study

    if ways.resume is not None and not is_told(flags, study):
        spec = spec_of(flags, study, ways)
        spec = read_spec(as_study(spec) | {"gate": gate}, None) if gate else spec
    else:
        spec = spec_of(flags | {"gate": gate}, study, ways)
        seeds = spec.seeds if "seeds" in spec.model_fields_set else tuple(range(rules.least_seeds))
        spec = spec.model_copy(update={"seeds": seeds})
    return spec.model_copy(update={"probe": False})


def _name(study: Path | None, spec: Spec) -> str:
    """Return what to call a baseline that nobody named."""
    from genbench.store import file_name

    return file_name(study.stem if study is not None else "-".join((*spec.models, *spec.datasets)))


def _check_place(folder: Path, *, is_forced: bool) -> None:
    """Refuse before anything is trained what could not be written afterwards, or was not meant to be overwritten."""
    from genbench.check.reading import others_in
    from genbench.errors import ResultsError

    strange = ", ".join(others_in(folder)[:3])
    if strange:
        raise ResultsError(f"{folder}: holds {strange}, expected a baseline or nothing; choose another --out")
    if folder.exists() and any(folder.iterdir()) and not is_forced:
        raise ResultsError(f"{folder}: there is a baseline already; replace it with --force, or choose another --out")


def _run(spec: Spec, ways: Ways, report: Reporter) -> Results:
    """Train everything, or go on with what is unfinished; stop with the code of the signal that asked for it."""
    from genbench.session import Session

    session = Session(spec, ways)
    results = session.run(report)
    code = session.exit_code(results, is_strict=False)
    if results is None or code > STOPPED:
        raise click.exceptions.Exit(code)
    return results


def _make(
    results: Results, spec: Spec, rules: Rules, number: int, report: Reporter
) -> tuple[Baseline, tuple[str, ...]]:
    """Make the baseline, and only then, when it is known to be one, time its models."""
    from genbench.check import sessions
    from genbench.check.making import make, with_sessions
    from genbench.errors import Interrupted
    from genbench.signals import StopRequests

    typed = shlex.join(["genbench", *sys.argv[1:]])
    baseline = make(results, spec, sessions={}, rules=rules, command=typed)
    with StopRequests() as stop:
        try:
            found = sessions.run(spec, results.plan, number, report, asked_to_stop=lambda: stop.asked)
        except Interrupted:
            report.say(f"stopped by {stop.name}; go on with: genbench baseline --resume {results.path}")
            raise click.exceptions.Exit(stop.code) from None
    return with_sessions(baseline, found.speeds), found.remarks


def _keep(baseline: Baseline, results: Results, folder: Path, told: tuple[str, ...]) -> None:
    """Write the baseline, and say what it holds and what to do next."""
    from genbench.check.making import extractors
    from genbench.check.reading import write
    from genbench.check.remarks import remarks

    write(baseline, folder, extractors(results))
    for line in (*remarks(baseline), *told):
        click.echo(plain_lines(line))
    click.echo(f"\nbaseline: {folder}, of the run {results.path}")
    click.echo(f"keep it:  git add {shlex.quote(str(folder))}")
    click.echo(f"judge by it: genbench check {shlex.quote(str(folder))}")
