"""Which run a command is asked about: one folder, or what the shell made of `results/*`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable

PLAN = "plan.json"  # every run has one; the store's own name is not imported, since help answers at once
SHOWN = 5  # runs that a message lists


def one_run(context: click.Context, parameter: click.Parameter, paths: tuple[Path, ...]) -> Path:
    """Return the folder of the one run that is meant.

    Of several folders, as a shell gives them for `results/*`, the one that holds a run. One folder is taken as it
    stands, and what is wrong with it told by who reads it, unless it is the folder in which runs lie.

    Raises:
        ResultsError: there are several runs, and none is said, or none at all.
    """
    from genbench.errors import ResultsError

    if len(paths) == 1:
        runs = [] if _is_run(paths[0]) else _runs(paths[0].glob("*"))
        if runs:
            raise ResultsError(f"{paths[0]} is a folder of runs, expected one run:\n{_listed(runs)}")
        return paths[0]
    runs = _runs(paths)
    if not runs:
        raise ResultsError(f"got {len(paths)} folders without a run, expected the folder of one run")
    if len(runs) > 1:
        raise ResultsError(f"got {len(runs)} runs, expected one:\n{_listed(runs)}")
    return runs[0]


def _is_run(path: Path) -> bool:
    return (path / PLAN).is_file()


def _runs(paths: Iterable[Path]) -> list[Path]:
    """Return those that hold a run, the newest first."""
    return sorted(filter(_is_run, paths), key=lambda path: (path / PLAN).stat().st_mtime, reverse=True)


def _listed(runs: list[Path]) -> str:
    """Say what to do, with the newest runs to choose from."""
    more = [f"  and {len(runs) - SHOWN} more"] * (len(runs) > SHOWN)
    return "\n".join(["name one of them, the newest first:", *(f"  {each}" for each in runs[:SHOWN]), *more])


results = click.argument(
    "results", nargs=-1, required=True, metavar="RESULTS", type=click.Path(path_type=Path), callback=one_run
)
