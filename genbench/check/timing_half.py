"""The half of a check that times: two installs in pairs, or, where there is only one, its speeds beside stored ones."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.check import advisory, content
from genbench.check.host import HostWatch
from genbench.check.installs import install_arms
from genbench.check.pairing import Pairs, time_alone
from genbench.check.throughput import Throughput
from genbench.check.verdicts import missing
from genbench.engines import Limits, LocalEngine
from genbench.machine import memory_share

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from genbench.check.asked import Asked
    from genbench.check.findings import Finding, Host
    from genbench.check.installs import Arms
    from genbench.check.timings import Pair, TimingRequest
    from genbench.record import Environment
    from genbench.reporter import Reporter

    Requests = Mapping[tuple[str, str], TimingRequest]

UNJUDGED = "speeds were not judged: they are with --against, in pairs of two versions"
SAME = "both versions are the same code, so that no change of speed can be found: is it meant?"
GONE = "the candidate has no such model to time: it is not installed, is broken, or does not take this data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What came of it."""

    findings: tuple[Finding, ...] = ()
    against: str | None = None
    seed: int = 0
    host: Host | None = None
    folder: Path | None = None
    pairs: tuple[Pair, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TimingHalf:
    """Times the cells of a check that have gated speeds."""

    asked: Asked
    requests: Requests
    environment: Environment
    is_same_machine: bool  # as the baseline's
    until: float  # of `time.monotonic`
    reporter: Reporter
    asked_to_stop: Callable[[], bool]

    def run(self) -> Timed:
        """Time the candidate.

        Raises:
            UsageError: there is nothing to compare with, or it cannot be installed.
            Interrupted: the user asked to stop.
            StorageFault: nothing can be written.
        """
        with LocalEngine(1, 1, asked_to_stop=self.asked_to_stop) as engine:
            if self.asked.against is None:
                return self._advised(engine)
            with (
                tempfile.TemporaryDirectory(prefix="genbench-check-") as scratch,
                install_arms(self.asked.against, self.asked.package, Path(scratch), self.reporter.say) as arms,
            ):
                return self._paired(engine, arms)

    def _advised(self, engine: LocalEngine) -> Timed:
        asked, watch = self.asked, HostWatch(self.environment.device)
        stored = {cell.name for cell in asked.baseline.cells if cell.sessions}
        timings = advisory.time_cells(
            {cell: each for cell, each in self.requests.items() if cell in stored},
            lambda each, number: time_alone(engine, each, number),
            self.reporter,
            self.until,
        )
        found = advisory.advise(asked.baseline, timings, is_same_machine=self.is_same_machine)
        gated = any(gate.half == "throughput" for gate in asked.baseline.gates)
        return Timed(findings=tuple(found), host=watch.host(), warnings=(UNJUDGED,) if gated else ())

    def _paired(self, engine: LocalEngine, arms: Arms) -> Timed:
        if "quality" in self.asked.halves:
            content.check_installed(arms.candidate.place, arms.imports)
        shelf = self.asked.shelf(arms, self.environment)
        gates = [gate for gate in self.asked.baseline.gates if gate.half == "throughput"]
        lost = [missing(gate, GONE) for gate in gates if gate.cell not in self.requests]
        watch = HostWatch(self.environment.device)
        limits = Limits(memory=memory_share(1))
        throughput = Throughput(
            gates=tuple(gate for gate in gates if gate.cell in self.requests),
            comparisons=len(gates),
            rules=self.asked.baseline.rules,
            requests=dict(self.requests),
            pairs=Pairs(engine, arms, shelf.seed, limits, shelf.folder),
            folder=shelf.folder,
            reporter=self.reporter,
            until=self.until,
            watch=watch,
        )
        found, pairs = throughput.run(), tuple(throughput.all_pairs())
        return Timed(
            findings=(*lost, *found),
            against=arms.baseline.what,
            seed=shelf.seed,
            host=watch.host(pairs),
            folder=shelf.folder,
            pairs=pairs,
            warnings=(SAME,) if shelf.is_same_code else (),
        )
