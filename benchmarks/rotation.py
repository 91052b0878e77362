"""Sides in turns: short bursts, one side at a time, in an order that changes each round."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks import surroundings

if TYPE_CHECKING:
    from collections.abc import Sequence

WARM_UP = 2  # bursts of each side before the first round; the second tells how much to ask for


class Absent(Exception):
    """A side cannot take part; says why."""


@dataclass(frozen=True)
class Side:
    """What is run, under which name; `of_peers`: by the peers' interpreter."""

    name: str
    function: str  # "module:function" of this folder
    settings: dict[str, Any] = field(default_factory=dict)
    of_peers: bool = False


@dataclass(frozen=True)
class Burst:
    """What so many units of work took."""

    units: int
    cpu: float
    wall: float
    high_water: float  # megabytes

    def cost(self, clock: str) -> float:
        """Seconds of a unit, by the clock "cpu" or "wall"."""
        return float(getattr(self, clock)) / self.units


class Contestant:
    """A side's process."""

    def __init__(self, side: Side) -> None:
        self.side = side
        python = str(surroundings.PYTHON) if side.of_peers else sys.executable
        command = [python, "-m", "benchmarks.side", side.function, json.dumps(side.settings)]
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, text=True,
            env=os.environ | surroundings.ONE_THREAD, cwd=surroundings.ROOT,
        )  # fmt: skip
        self.told: dict[str, Any] = {}

    def get_ready(self) -> None:
        """Wait until it can begin.

        Raises:
            Absent: it ended before.
        """
        try:
            self.told = self._answer()
        except Absent:
            self.close()
            raise

    def burst(self, units: int) -> Burst:
        """Let it work."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{units}\n")
        self._process.stdin.flush()
        return Burst(units, **self._answer())

    def close(self) -> None:
        """End it: it stops when nobody tells it to go on."""
        self._process.communicate()
        self._said.close()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if line:
            return json.loads(line)
        self._process.wait()
        self._said.seek(0)
        last = [each.strip() for each in self._said.read().splitlines() if each.strip()][-1:]
        raise Absent(last[0][:200] if last else f"its process ended with {self._process.returncode}")


@dataclass(frozen=True)
class Rotation:
    """What came of it: bursts by round, what each side told, and why others took no part."""

    bursts: dict[str, list[Burst]]
    told: dict[str, dict[str, Any]]
    absent: dict[str, str]
    clock: str = "cpu"

    def costs(self, name: str) -> list[float]:
        """Return seconds of a unit, a round each."""
        return [burst.cost(self.clock) for burst in self.bursts[name]]

    def ratios(self, slow: str, quick: str) -> list[float]:
        """Return how many times as much time the first took as the second, a round each."""
        return [one / other for one, other in zip(self.costs(slow), self.costs(quick), strict=True)]


def rotate(sides: Sequence[Side], *, rounds: int, seconds: float, clock: str = "cpu", seed: int = 0) -> Rotation:
    """Run all sides in turns; a burst of each takes about `seconds`, and one unit at the least."""
    contestants, absent = _gather(sides)
    try:
        units = {each.side.name: _units(each, seconds, clock) for each in contestants}
        bursts: dict[str, list[Burst]] = {name: [] for name in units}
        order = random.Random(seed)
        for _ in range(rounds):
            for each in order.sample(contestants, len(contestants)):
                bursts[each.side.name].append(each.burst(units[each.side.name]))
        return Rotation(bursts, {each.side.name: each.told for each in contestants}, absent, clock)
    finally:
        for each in contestants:
            each.close()


def ask(side: Side) -> dict[str, Any]:
    """Return what a side tells that measures by itself."""
    contestant = Contestant(side)
    contestant.get_ready()
    contestant.close()
    return contestant.told


def _gather(sides: Sequence[Side]) -> tuple[list[Contestant], dict[str, str]]:
    """Start the sides, last those that are to run in the arithmetic that the first told."""
    absent: dict[str, str] = {}
    waiting = [side for side in sides if _follows(side)]
    ready = _ready([side for side in sides if not _follows(side)], absent)
    matmul = ready[0].told.get("matmul", "highest") if ready else "highest"
    following = [Side(each.name, each.function, each.settings | {"matmul": matmul}, each.of_peers) for each in waiting]
    return ready + _ready(following, absent), absent


def _follows(side: Side) -> bool:
    return bool(side.settings.get("matmul") == "as ours")


def _ready(sides: Sequence[Side], absent: dict[str, str]) -> list[Contestant]:
    """Start some side by side; return those that can begin, in order, and note why others cannot."""
    started = [Contestant(side) for side in sides]
    ready = []
    for each in started:
        try:
            each.get_ready()
            ready.append(each)
        except Absent as reason:
            absent[each.side.name] = str(reason)
    return ready


def _units(contestant: Contestant, seconds: float, clock: str) -> int:
    if not seconds:
        return 1
    for _ in range(WARM_UP - 1):
        contestant.burst(1)
    probe = contestant.burst(2)
    if probe.cost(clock) < seconds / 20:  # too short to tell
        probe = contestant.burst(10)
    return max(1, round(seconds / max(probe.cost(clock), 1e-6)))
