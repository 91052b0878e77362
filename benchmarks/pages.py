"""A page made from the records of runs: the command line that the studies of the field have in common."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.errors import GenbenchError
from genbench.store import RunFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genbench.record import Record


def write(
    name: str, about: str, page: Callable[[list[Record]], str], output: Path, arguments: Sequence[str] | None = None
) -> None:
    """Make the page of the runs that are named, write and print it; a folder that is no run is one line and exit 2.

    Args:
        name: of the module, which `python -m` runs.
        about: what it does.
        page: makes the text of all records.
        output: where it goes, when nothing else is said.
        arguments: what stands behind the module's name, by default on the command line.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.{name}", description=about)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of runs")
    parser.add_argument("--output", type=Path, default=output)
    given = parser.parse_args(arguments)
    try:
        made = page([record for run in given.runs for record in RunFolder(run).read().records])
    except GenbenchError as error:
        parser.error(str(error))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(made, encoding="utf-8")
    print(made)
