"""A whole `genbench run`: survey, plan, choose or make the run's folder, run, read back what was published."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, Any

from genbench.breaker import GIVE_UP_AFTER, Breaker
from genbench.choice import choose
from genbench.conduct import Conduct, Planned
from genbench.disk import check_room
from genbench.engines import Limits, LocalEngine
from genbench.errors import Interrupted, SpecError, StorageFault, UsageError
from genbench.machine import cache_folder, cores, fitting, memory_share
from genbench.plan import sample_counts
from genbench.plugins import use_files
from genbench.pursuit import Pursuit
from genbench.requests import Requests
from genbench.run import Run
from genbench.signals import TIME_IS_UP, StopRequests
from genbench.spec import make_spec
from genbench.status import OK, SKIPPED
from genbench.store import OPEN, TRIALS, Attempts, Lease, RunFolder, Watch, this_harness
from genbench.survey import name_problems, survey

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from genbench.plan import Plan
    from genbench.reporter import Reporter
    from genbench.spec import Spec
    from genbench.store import Results
    from genbench.survey import Survey
    from genbench.tuning.tuning import Tuning

DONE, SOME_FAILED, STRICT = 0, 1, 2
PAUSE = 1.0  # seconds between two looks at what other harnesses do


def read_spec(flags: dict[str, Any], study: Path | None) -> Spec:
    """Combine a study file with flags, which win.

    Raises:
        SpecError: with every problem of both, names that are not installed included.
    """
    try:
        return make_spec(flags, study)
    except SpecError as error:
        names = name_problems(flags.get("models", ()), flags.get("datasets", ()), flags.get("plugins"))
        raise SpecError([*error.problems, *names], error.source) from None


def stored_spec(run: Path, data_root: Path | None, plugins: Sequence[Path] = ()) -> Spec:
    """Return what an earlier run was asked for; its data and its files of models may lie elsewhere by now.

    Raises:
        ResultsError: it is no run.
        SpecError: a file of a model is gone.
    """
    spec = RunFolder(run).spec()
    moved = {path.stem: path.absolute() for path in plugins}
    found = tuple(moved.get(path.stem, path) for path in spec.plugins)
    use_files(found)
    return spec.model_copy(update={"data_root": data_root or spec.data_root, "plugins": found})


@dataclass(frozen=True, kw_only=True)
class Ways:
    """How to run what was asked; of all this no number depends, except on what is given up."""

    output: Path  # where run folders go
    resume: Path | None = None  # the run to go on with
    is_fresh: bool = False  # begin anew, whatever is unfinished
    allows_changes: bool = False  # go on although code, data or environment changed
    keeps: frozenset[str] = frozenset()  # folders of an attempt that outlive the judging
    limits: dict[str, float] = field(default_factory=dict)  # of `Limits`, those that differ
    memory: int | None = None  # bytes of host memory for a trial; None: a share of what is free
    give_up_after: int = GIVE_UP_AFTER  # equal failures in a row; 0: never
    until: float = inf  # of `time.monotonic`: when to stop, whatever is left


class Session:
    """Run one study.

    Args:
        spec: what is asked.
        ways: how to run it.
        conduct: who decides how far the run goes; None: the plan.
        found: what was found already of all that the study names.
        is_tuned: whether configurations are searched first.
    """

    def __init__(
        self,
        spec: Spec,
        ways: Ways,
        *,
        conduct: Conduct | None = None,
        found: Survey | None = None,
        is_tuned: bool = False,
    ) -> None:
        self._spec = spec
        self._ways = ways
        self._conduct = conduct or Planned()
        self._found = found
        self._is_tuned = is_tuned
        self._tuning: Tuning | None = None
        self._stop = StopRequests()
        self._lease: Lease | None = None

    def run(self, report: Reporter) -> Results | None:
        """Run everything that was asked and return what was published, also when it was asked to stop.

        Returns:
            None where it was asked to stop before there was anything.

        Raises:
            UsageError: nothing was run.
            StorageFault: the disk is full or broken; the run can go on later.
        """
        spec, folder = self._spec, None
        workers = spec.workers or max(1, cores() // spec.threads)
        with self._stop, LocalEngine(workers, spec.threads, asked_to_stop=self._look) as engine:
            self._stop.at_once = engine.kill_all
            try:
                found, plan = self._plan(engine, report)
                self._settle(engine, found, report)
                folder = choose(self._ways, spec, plan, report)
                self._execute(engine, found, plan, folder, report)
            except Interrupted:
                report.say(f"stopped by {self._stop.name}: what was finished is kept")
            except OSError as error:
                raise StorageFault(_told(error, folder)) from error
            except StorageFault as error:
                raise StorageFault(f"{error}\n{_advice(folder)}") from error
            finally:
                if self._lease is not None:
                    self._lease.release()
        return None if folder is None else folder.read()

    def outline(self, report: Reporter) -> Plan:
        """Return what would be run, running none of it.

        Raises:
            UsageError: it cannot be run.
            Interrupted: the user asked to stop.
        """
        workers = self._spec.workers or max(1, cores() // self._spec.threads)
        with self._stop, LocalEngine(workers, self._spec.threads, asked_to_stop=self._look) as engine:
            return self._plan(engine, report)[1]

    def _plan(self, engine: LocalEngine, report: Reporter) -> tuple[Survey, Plan]:
        """Look at what the study names and lay out the trials; of a search the first, which is told."""
        found = self._found or survey(self._spec, engine, cache_folder())
        plan = found.plan(self._spec)
        if self._is_tuned:
            from genbench.tuning.tuning import Tuning

            self._tuning = Tuning(self._spec, found, plan, engine, report)
            plan = self._tuning.begin()
        for line in () if plan.search is None else plan.search.described():
            report.say(line)
        return found, plan

    def exit_code(self, results: Results | None, *, is_strict: bool) -> int:
        """Return 0 when every planned attempt is OK, 1 when some failed, 2 when strict and a plugin is broken."""
        if self._stop.asked or results is None:
            return self._stop.code
        if is_strict and results.plan.broken:
            return STRICT
        told = [each.status for each in results.records if each.trial.purpose != "tune"]  # there failing is a result
        planned = [each for each in results.planned if each.purpose != "tune"]
        is_good = told == [OK] * len(planned) and not results.plan.is_open and not results.damaged
        return DONE if is_good else SOME_FAILED

    def _execute(self, engine: LocalEngine, found: Survey, plan: Plan, folder: RunFolder, report: Reporter) -> None:
        spec, ways = self._spec, self._ways
        self._check_room(folder, plan, engine.workers)
        owner = this_harness()
        self._lease = Lease(folder.path, owner)
        retries = OPEN if ways.give_up_after else OPEN | {SKIPPED}
        attempts = Attempts(folder.path, owner, Watch(folder.path), found.environment, retries)
        self._conduct.furnish(folder)
        memory = ways.memory or memory_share(engine.workers)
        pursuit = Pursuit(
            requests=Requests(spec=spec, found=found, run=folder.path, cache=cache_folder()),
            plan=plan,
            attempts=attempts,
            engine=engine,
            reporter=report,
            limits=replace(Limits(memory=memory), **ways.limits),  # type: ignore[arg-type]
            breaker=Breaker(ways.give_up_after),
            keeps=ways.keeps,
        )
        run = Run(
            plan=plan,
            folder=folder,
            pursuit=pursuit,
            reporter=report,
            wait=self._wait,
            conduct=self._conduct,
            tuning=self._tuning,
        )
        run.execute()
        for path in attempts.quarantined:
            report.say(f"damaged, put aside and run again: {path}")
        shares = f"{engine.busy_share():.0%}, {engine.packed_share():.0%} while nothing had to run alone"
        report.say(f"busy share of {engine.workers} workers: {shares}")

    def _look(self) -> bool:
        """Tell whether to stop; called several times a second, which keeps the lease too."""
        if self._lease is not None:
            self._lease.renew()
        if time.monotonic() > self._ways.until:
            self._stop.ask(TIME_IS_UP)
        return self._stop.asked

    @property
    def stopped_by(self) -> str | None:
        """The signal that stopped the run, or `TIME_IS_UP`; None where it came to its end."""
        return self._stop.name

    def _wait(self) -> None:
        for _ in range(10):
            if self._look():
                raise Interrupted
            time.sleep(PAUSE / 10)

    def _settle(self, engine: LocalEngine, found: Survey, report: Reporter) -> None:
        """Fit the workers to the machine: as many as its devices hold, no more threads than cores for seconds."""
        spec, threads = self._spec, self._spec.threads
        devices = found.devices(spec)
        most = spec.per_device or fitting(len(devices), threads)
        engine.use(devices, most=most)
        if found.device != "cpu" and spec.workers is None:
            engine.workers = len(devices) * most or 1
        if devices and most > 1 and engine.workers > 1 and spec.budget.is_exact:
            report.say(f"up to {most} trials side by side on a GPU, as its memory allows; --per-device 1 for one")
        if threads > cores() and not spec.budget.is_exact:
            raise SpecError([f"threads {threads}: this machine gives {cores()} cores, and seconds are the budget"])
        if engine.was_oversubscribed:
            report.say(f"{engine.workers} workers of {threads} threads on {cores()} cores: seconds tell nothing")

    def _check_room(self, folder: RunFolder, plan: Plan, workers: int) -> None:
        """Refuse to train what the disk cannot hold; a folder with nothing but a plan is not left behind."""
        data = {trial.data.name: trial.model_copy(update={"purpose": "score"}) for trial in plan.everything}
        counts = {name: sample_counts(trial) for name, trial in data.items()}
        try:
            check_room(folder.path, plan, counts, len(plan.trials) if "samples" in self._ways.keeps else 2 * workers)
        except UsageError:
            if not (folder.path / TRIALS).exists():
                folder.discard()
            raise


def _told(error: OSError, folder: RunFolder | None) -> str:
    where = error.filename or "a file"
    return f"cannot write {where}: {error.strerror or error}\n{_advice(folder)}"


def _advice(folder: RunFolder | None) -> str:
    if folder is None:
        return "nothing was run"
    return f"what was published is safe; once there is room go on with: genbench run --resume {folder.path}"
