"""The conformance suite from outside: every kind of task in a process of its own, which may hang, crash or leave."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from genbench import plugins
from genbench.engines import Call, Limits, LocalEngine
from genbench.errors import Interrupted, SpecError, UsageError
from genbench.escaping import plain
from genbench.machine import cores, memory_share
from genbench.messages import Inspect, Inspected
from genbench.signals import StopRequests
from genbench.status import INTERRUPTED
from genbench.testing.findings import Finding, Report
from genbench.testing.ledger import DONE, Conform, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from genbench.engines import Ended

QUICK, SLOW = 60.0, 600.0  # seconds that a check may take
BROKEN = Finding(
    check="contract",
    place="",
    state="fail",
    expected="a module that can be imported, with `build`, `train` and `sample` marked @hookimpl, and known arguments",
    fix="see the contract: python -c 'import genbench.hookspecs; help(genbench.hookspecs)'",
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which model is checked, and how.

    Args:
        name: of an installed model.
        kinds: of tasks; those that the model declares where none are given.
        is_slow: the slow checks too.
        device: where to train.
        limit: seconds that one check may take.
    """

    name: str
    kinds: tuple[str, ...] = ()
    is_slow: bool = False
    device: str = "cpu"
    limit: float | None = None

    @property
    def limits(self) -> Limits:
        """Return what bounds a process."""
        return Limits(hook=self.limit or (SLOW if self.is_slow else QUICK), memory=memory_share(cores()))


@dataclass
class Suite:
    """Checks one model.

    Args:
        asked: what is asked.
        tell: is called with every finding as it is made.
    """

    asked: Asked
    tell: Callable[[Finding], None] = lambda finding: None
    _found: dict[str, list[Finding]] = field(default_factory=dict)  # by place

    def run(self) -> Report:
        """Do all checks.

        Raises:
            UsageError: there is no such model, or it does not do a kind that was asked for.
            Interrupted: the user asked to stop.
        """
        start, plugin = time.monotonic(), plugins.find(self.asked.name)
        stop = StopRequests()
        with (
            tempfile.TemporaryDirectory(prefix="genbench-testing-") as folder,
            stop,
            LocalEngine(cores(), asked_to_stop=lambda: stop.asked) as engine,
        ):
            places = self._contract(engine)
            for place in places:
                self._submit(engine, place, Path(folder) / place, is_apart=False)
            engine.drain()
        findings = tuple(each for found in self._found.values() for each in found)
        return Report(
            model=plugin.name, distribution=plugin.distribution, findings=findings, seconds=time.monotonic() - start
        )

    def _contract(self, engine: LocalEngine) -> tuple[str, ...]:
        """Check hooks, arguments and declarations; return on which tasks to go on."""
        request = Inspect(name=self.asked.name)
        ended = engine.call(
            Call(
                name=self.asked.name,
                function="inspect",
                payload=request.model_dump_json(),
                limits=replace(self.asked.limits, hook=max(self.asked.limits.hook, QUICK)),  # starting takes its time
            )
        )
        if ended.status == INTERRUPTED:
            raise Interrupted
        if ended.status == "USAGE":
            raise UsageError(ended.message)
        found = None if ended.result is None else Inspected.model_validate_json(ended.result)
        if found is None or found.broken is not None:
            told = ended.message if found is None or found.broken is None else found.broken.message
            self._add("", replace(BROKEN, found=told or ended.status))
            return ()
        self._add("", Finding(check=BROKEN.check, place="", state="ok"))
        return self._places(found.kinds)

    def _places(self, kinds: Sequence[str]) -> tuple[str, ...]:
        every = (*kinds, "table") if "points" in kinds else tuple(kinds)
        unknown = [each for each in self.asked.kinds if each not in every]
        if unknown:
            raise SpecError([f"model '{self.asked.name}' does {', '.join(every)}, got: {', '.join(unknown)}"])
        return self.asked.kinds or every

    def _submit(self, engine: LocalEngine, place: str, folder: Path, *, is_apart: bool) -> None:
        folder.mkdir(exist_ok=True)
        request = Conform(
            name=self.asked.name,
            place=place,
            folder=folder,
            device=self.asked.device,
            is_slow=self.asked.is_slow,
            is_apart=is_apart,
        )
        call = Call(
            name=f"{self.asked.name} on {place}",
            function="conform",
            payload=request.model_dump_json(),
            limits=self.asked.limits,
            needs_device=self.asked.device != "cpu",
        )
        engine.submit(call, partial(self._done, engine, place, folder, is_apart))

    def _done(self, engine: LocalEngine, place: str, folder: Path, is_apart: bool, ended: Ended) -> None:
        """Take in what was found; go on after a check that was the process's end, and with those of another process."""
        if ended.status == INTERRUPTED:
            return
        ledger = Ledger(folder)
        self._add(place, *ledger.findings[len(self._found.get(place, ())) :])
        fatal = ledger.open
        if ended.result is None and fatal is None:
            self._add(place, replace(BROKEN, place=place, found=f"{ended.status}: {ended.message}"))
        elif ended.result is None:
            assert fatal is not None
            finding = replace(fatal, found=_death(ended, self.asked.limits), seconds=ended.seconds)
            ledger.end(finding)
            self._add(place, finding)
            self._submit(engine, place, folder, is_apart=is_apart)
        elif ended.result == DONE and not is_apart:
            self._submit(engine, place, folder, is_apart=True)

    def _add(self, place: str, *findings: Finding) -> None:
        self._found.setdefault(place, []).extend(findings)
        for each in findings:
            self.tell(each)


def _death(ended: Ended, limits: Limits) -> str:
    """Say how a check ended its process, with the last that the process printed."""
    if ended.status == "TIMEOUT":
        return f"it did not end within {limits.hook:g} s"
    lines = [line.strip() for line in ended.log_tail.splitlines()]
    last = next((line for line in reversed(lines) if line and not line.startswith("File ")), "")  # of no stack
    return f"{ended.status}: {ended.message}" + (f"; the last line it printed: {plain(last)}" if last else "")


def check_model(
    name: str | Path, *, kinds: Sequence[str] = (), slow: bool = False, device: str = "cpu", limit: float | None = None
) -> Report:
    """Check that a model keeps the contract; for a plugin's own tests.

    Every kind of task is tried in a process of its own: a model that hangs or crashes fails a check, and not the test
    run.

    Args:
        name: of an installed model, or the path of a file that holds one.
        kinds: of tasks; all that it declares where none are given.
        slow: also what takes more than a moment: learning, memory, every choice of its options, compilation.
        device: where to train.
        limit: seconds that one check may take; 60, and 600 with the slow ones, where None is given.

    Returns:
        What was found, notes included.

    Raises:
        AssertionError: something is broken; its text says what was found and expected, and how to mend it.
        UsageError: there is no such model, or no such kind of it.
    """
    if isinstance(name, Path):
        plugins.use_files([name])
        name = name.stem
    asked = Asked(name=name, kinds=tuple(kinds), is_slow=slow, device=device, limit=limit)
    report = Suite(asked).run()
    if not report.is_good:
        raise AssertionError(f"{name} does not keep genbench's contract\n{report}")
    return report
