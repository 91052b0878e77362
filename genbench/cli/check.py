"""`genbench check`: has quality or speed regressed?"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from genbench.cli.study import plugin_option

if TYPE_CHECKING:
    from genbench.check.asked import Asked
    from genbench.check.findings import Checked
    from genbench.check.judges import Judge
    from genbench.check.timings import Pair

NOTHING_COMPARED = 3


def _named(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty name: a variable that nobody set would compare a version with itself, and pass."""
    if value is not None and not value.strip():
        raise click.BadParameter("got an empty name; is the variable that it comes from set?")
    return value


@click.command("check")
@click.argument("baseline", type=click.Path(path_type=Path))
@click.option("--against", callback=_named, help="Time against this: a git ref (where HEAD left it), wheel, or folder.")
@click.option(
    "--package", type=click.Path(file_okay=False, path_type=Path), help="The project that is judged.  [default: here]"
)
@click.option("--rules-from", callback=_named, help="Git ref whose baseline and thresholds judge, as origin/main.")
@click.option("--only", type=click.Choice(["quality", "throughput"]), help="Leave the other half unjudged.")
@click.option(
    "--inconclusive",
    type=click.Choice(["fail", "warn"]),
    default="fail",
    show_default=True,
    help="Exit 3, or 0 where something was compared.",
)
@click.option("--max-minutes", type=click.FloatRange(min=0, min_open=True), help="What is left then is inconclusive.")
@click.option("--create-baseline", is_flag=True, help="Make the baseline where there is none; needs --study.")
@click.option("--study", type=click.Path(dir_okay=False, path_type=Path), help="What --create-baseline records.")
@click.option("--workers", type=click.IntRange(min=1), help="Trials side by side.  [default: one a core]")
@click.option(
    "--window", type=click.FloatRange(min=0.01), default=0.5, show_default=True, help="Seconds of a timing's window."
)
@click.option("--windows", type=click.IntRange(min=3), default=10, show_default=True, help="Windows of a timing.")
@plugin_option()
@click.option("--data-root", envvar="GENBENCH_DATA", type=click.Path(path_type=Path), help="Where data sets lie.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    default=Path("results"),
    show_default=True,
    help="What is measured goes to checks/ in it, with which the same command goes on.",
)
@click.option("--reports", type=click.Path(file_okay=False, path_type=Path), help="A folder for reports to machines.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--full", is_flag=True, help="Show every measure that is only reported.")
@click.option("--quiet", is_flag=True, help="Print nothing but the findings.")
def command(
    baseline: Path,
    rules_from: str | None,
    create_baseline: bool,
    study: Path | None,
    plugins: tuple[Path, ...],
    **flags: Any,
) -> None:
    """Rerun what BASELINE recorded and judge it: PASS, FAIL or INCONCLUSIVE, exit 0, 1 or 3.

    Quality is judged against the baseline's seeds. Throughput is judged with --against: both versions are installed
    side by side and timed in pairs of fresh processes.

    \b
    genbench check results/baselines/main --against origin/main
    genbench check results/baselines/main --only quality --max-minutes 20
    """
    from genbench.check.judges import judge
    from genbench.plugins import use_files

    _refuse_contradictions(flags)
    use_files(plugins)
    with judge(baseline, rules_from) as found:
        if found is None:
            _without_baseline(baseline, rules_from, study, is_wanted=create_baseline, flags=flags)
        else:
            _check(baseline, found, flags)


def _refuse_contradictions(flags: dict[str, Any]) -> None:
    """Refuse what would leave something unjudged that was asked for."""
    from genbench.errors import UsageError

    if flags["only"] == "quality" and flags["against"] is not None:
        raise UsageError("--only quality: got --against too, which is for throughput; give one of them")
    if flags["only"] == "throughput" and flags["against"] is None:
        raise UsageError("--only throughput: got no --against, expected what to time against: a ref, wheel or folder")


def _check(path: Path, judge: Judge, flags: dict[str, Any]) -> None:
    from genbench.check.checking import Check
    from genbench.cli.progress import reporter

    with reporter(is_quiet=flags["quiet"] or flags["as_json"]) as report:
        check = Check(_asked(path, judge, flags), report)
        checked = check.run()
    if checked is None:
        raise click.exceptions.Exit(check.exit_code)
    _show(checked, check.pairs, flags)
    raise click.exceptions.Exit(checked.exit_code(warns_only=flags["inconclusive"] == "warn"))


def _asked(path: Path, judge: Judge, flags: dict[str, Any]) -> Asked:
    from genbench.check.asked import Asked

    same = ("against", "package", "output", "data_root", "workers", "max_minutes", "windows", "window")
    return Asked(
        path=path,
        baseline=judge.baseline,
        features=judge.features,
        rules_from=judge.rules_from,
        is_baseline_changed=judge.is_changed,
        halves=(flags["only"],) if flags["only"] else ("quality", "throughput"),
        **{name: flags[name] for name in same},
    )


def _show(checked: Checked, pairs: tuple[Pair, ...], flags: dict[str, Any]) -> None:
    """Print the findings; write what machines read, and what GitHub shows where this runs there."""
    from genbench.check.reports import github, terminal, write_all

    click.echo(checked.model_dump_json(indent=1) if flags["as_json"] else terminal.text(checked, is_full=flags["full"]))
    if flags["reports"] is not None:
        for path in write_all(checked, pairs, flags["reports"]):
            if not flags["quiet"]:
                click.echo(f"written: {path}", err=True)
    github.tell(checked, os.environ, lambda line: click.echo(line, err=flags["as_json"]))


def _without_baseline(
    path: Path, rules_from: str | None, study: Path | None, *, is_wanted: bool, flags: dict[str, Any]
) -> None:
    """Say how to make and commit one. In CI nothing compared is never a success."""
    from genbench.errors import UsageError

    where = f"{path}" if rules_from is None else f"{path} at {rules_from}"
    click.echo(
        f"no baseline: {where}, so that there is nothing to compare with. Make one and commit it:\n"
        f"  genbench baseline {study or 'STUDY.toml'} --out {path}\n"
        f"  git add {path} && git commit -m 'Record a baseline'\n"
        "Outside of CI --create-baseline --study STUDY.toml makes it here and now.",
        err=True,
    )
    if _is_in_ci() or not is_wanted:
        raise click.exceptions.Exit(NOTHING_COMPARED)
    if study is None:
        raise UsageError("--create-baseline: got no --study, expected the study file that the baseline records")
    from genbench.cli.baseline import command as create

    root = [] if flags["data_root"] is None else ["--data-root", str(flags["data_root"])]
    out = ["--out", str(path), "--output", str(flags["output"])]
    code = create.main([str(study), *out, *root, *(["--quiet"] if flags["quiet"] else [])], standalone_mode=False)
    raise click.exceptions.Exit(code or 0)


def _is_in_ci() -> bool:
    return os.environ.get("CI", "").lower() not in ("", "0", "false")
