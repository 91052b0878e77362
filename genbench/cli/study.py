"""The flags that say what is trained and how, the same for every command that runs a study."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from genbench.cli.values import files, limits, names, numbers, options, seeds, size, workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.session import Ways
    from genbench.spec import Spec

Command = TypeVar("Command", bound="Callable[..., Any]")


def study_options(*, seeds_by_default: int) -> Callable[[Command], Command]:
    """Return a decorator that adds STUDY and the flags that say what is trained."""
    return _all(
        click.argument("study", required=False, type=click.Path(dir_okay=False, path_type=Path)),
        click.option("--models", callback=names, help="Models to train, by comma; `genbench models` lists them."),
        plugin_option(),
        click.option("--datasets", callback=names, help="Data sets, as digits,ring8.  [default: digits]"),
        click.option("--budget", help="1600steps, 204800examples, 30s or 2e12flops.  [default: 4800steps]"),
        click.option(
            "--seeds",
            callback=seeds,
            help=f"How many seeds, or which, as 0,7,9, or auto.  [default: {seeds_by_default}]",
        ),
        click.option("--marks", callback=numbers, help="Fractions of the budget at which to look, as 0.1,0.5."),
        click.option("--batch-size", type=int, help="Rows of a batch, for all models.  [default: each model's own]"),
        click.option("--set", "options", multiple=True, callback=options, help="An option, as MODEL.latent=16."),
        *_where(),
        click.option("--features", callback=names, help="Feature spaces of the measures, as pixels,classifier."),
        click.option("--features-weights", multiple=True, callback=files, help="A space's file, as inception=FILE."),
        click.option("--metrics", callback=names, help="Measures besides the standard ones, as swd,c2st or all."),
        click.option("--observers", callback=names, help="Plugins that look on while models train, as tensorboard."),
        click.option("--protocol", type=click.Choice(["fid50k-train"]), help="Measure by the papers' convention too."),
        click.option(
            "--data-root", envvar="GENBENCH_DATA", type=click.Path(path_type=Path), help="Where data sets lie."
        ),
        click.option("--sample-batch", type=int, help="Samples drawn at a time.  [default: 1000]"),
    )


def plugin_option() -> Callable[[Command], Command]:
    """Return a decorator that adds --plugin."""
    return click.option(
        "--plugin",
        "plugins",
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="A model that is not installed, as ./my_model.py, whose name is then my_model.",
    )


def way_options() -> Callable[[Command], Command]:
    """Return a decorator that adds the flags of which no number depends: folders, limits, going on."""
    path = click.Path(path_type=Path)
    return _all(
        click.option("--output", type=path, default=Path("results"), show_default=True, help="Where runs go."),
        click.option("--keep-samples", is_flag=True, help="Do not delete samples once they were judged."),
        click.option("--keep-snapshots", is_flag=True, help="Do not delete the weights at marks and at the end."),
        click.option("--limit", "limits", multiple=True, callback=limits, help="In seconds, as stall=60 or hook=300."),
        click.option("--resume", type=path, help="Go on with this run; nothing else need be said."),
        click.option("--fresh", "is_fresh", is_flag=True, help="Begin anew, although the same run is unfinished."),
        click.option(
            "--allow-changed", "allows_changes", is_flag=True, help="Resume although code or environment changed."
        ),
        click.option(
            "--give-up-after",
            type=click.IntRange(min=0),
            default=3,
            show_default=True,
            help="Equal ones; 0: never.",
        ),
    )


def ways_of(flags: dict[str, Any]) -> Ways:
    """Take out of the flags what tells how to run, and not what."""
    from genbench.session import Ways

    kept = {"samples": flags.pop("keep_samples"), "snapshots": flags.pop("keep_snapshots")}
    named = {each.name: flags.pop(each.name) for each in fields(Ways) if each.name in flags}
    return Ways(keeps=frozenset(name for name, is_kept in kept.items() if is_kept), **named)


def spec_of(flags: dict[str, Any], study: Path | None, ways: Ways) -> Spec:
    """Return what is asked; where nothing is, what the run to be resumed was asked for.

    Raises:
        SpecError: with every problem of flags and file.
        ResultsError: what is to be resumed is no run.
    """
    from genbench.session import read_spec, stored_spec

    given = _given(flags)
    if ways.resume is not None and not is_told(flags, study):
        return stored_spec(ways.resume, given.get("data_root"), given.get("plugins", ()))
    return read_spec(given, study)


def is_told(flags: dict[str, Any], study: Path | None) -> bool:
    """Tell whether anything was said of what to train; data root and plugin files tell where it lies."""
    return study is not None or bool(_given(flags).keys() - {"data_root", "plugins"})


def _given(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in flags.items() if value not in (None, (), {})}


def _where() -> tuple[Callable[[Any], Any], ...]:
    return (
        click.option("--device", help="cpu, mps, cuda or cuda:1.  [default: a GPU where there is one]"),
        click.option("--devices", callback=names, help="GPUs to spread trials over: cuda:0,cuda:1 or all."),
        click.option("--precision", type=click.Choice(["fp32", "bf16"]), help="Of training.  [default: fp32]"),
        click.option("--compile", "compile", is_flag=True, default=None, help="Let models compile their step."),
        click.option(
            "--matmul",
            type=click.Choice(["auto", "highest"]),
            help="float32 products on the CPU; auto: oneDNN's where they were measured to be as exact, and faster.",
        ),
        click.option("--threads", type=int, help="Threads of a trial.  [default: 1]"),
        click.option(
            "--workers",
            callback=workers,
            help="Trials side by side, or auto: one a core, --per-device a GPU.  [default: auto]",
        ),
        click.option(
            "--per-device", type=int, help="Trials side by side on a GPU.  [default: as many as its memory holds]"
        ),
        click.option("--memory", callback=size, help="Host memory of a trial, as 8GB.  [default: a share of the free]"),
    )


def _all(*decorators: Callable[[Any], Any]) -> Callable[[Command], Command]:
    """Return one decorator of several, which help lists in the order given."""

    def decorate(command: Command) -> Command:
        for each in reversed(decorators):
            command = each(command)
        return command

    return decorate
