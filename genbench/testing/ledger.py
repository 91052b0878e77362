"""What is written down while a model is checked, so that a check which ends the process is known by name."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.refs import Frozen
from genbench.testing.findings import Finding

if TYPE_CHECKING:
    from genbench.testing.checks import Check

DONE, STOPPED = "done", "stopped"  # how a process ended: the second where nothing else could be tried


class Conform(Frozen):
    """What to check, and where it is written down; what is written there already is not done again."""

    name: str
    place: str
    folder: Path
    device: str = "cpu"
    is_slow: bool = False
    is_apart: bool = False


class Ledger:
    """The checks of one model on one kind of task: a line where one begins, and one where it ends.

    Args:
        folder: of all that is handed from one process to the next.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checks.jsonl"

    def begin(self, each: Check, place: str) -> None:
        """Write down that a check begins, with what to say if nothing more is heard of it."""
        self._add(Finding(check=each.name, place=place, state="fail", expected=each.expects, fix=each.fix), "begun")

    def end(self, finding: Finding) -> None:
        """Write down what a check found."""
        self._add(finding, "ended")

    @property
    def names(self) -> set[str]:
        """Return the checks that have begun."""
        return {finding.check for _, finding in self._lines()}

    @property
    def findings(self) -> list[Finding]:
        """Return what was found, in order."""
        return [finding for what, finding in self._lines() if what == "ended"]

    @property
    def open(self) -> Finding | None:
        """Return the check that has begun and not ended, as a failure that lacks what was found."""
        lines = self._lines()
        return lines[-1][1] if lines and lines[-1][0] == "begun" else None

    def _lines(self) -> list[tuple[str, Finding]]:
        if not self._path.exists():
            return []
        lines = map(json.loads, self._path.read_text(encoding="utf-8").splitlines())
        return [(line.pop("what"), Finding(**line)) for line in lines]

    def _add(self, finding: Finding, what: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"what": what, **asdict(finding)}) + "\n")
