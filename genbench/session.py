"""A whole `genbench run`: survey, plan, run, read back what was published."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.disk import check_room
from genbench.engines import Interrupted, Limits, LocalEngine
from genbench.errors import SpecError, UsageError
from genbench.plan import sample_counts
from genbench.run import Run
from genbench.spec import make_spec
from genbench.status import OK
from genbench.store import RunFolder
from genbench.survey import name_problems, survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.plan import Plan
    from genbench.reporter import Reporter
    from genbench.spec import Spec
    from genbench.store import Results
    from genbench.survey import Survey

DONE, SOME_FAILED, STRICT, INTERRUPTED = 0, 1, 2, 130


def read_spec(flags: dict[str, Any], study: Path | None) -> Spec:
    """Combine a study file with flags, which win.

    Raises:
        SpecError: with every problem of both, names that are not installed included.
    """
    try:
        return make_spec(flags, study)
    except SpecError as error:
        names = name_problems(flags.get("models", ()), flags.get("datasets", ()))
        raise SpecError([*error.problems, *names], error.source) from None


class Session:
    """Run one study.

    Args:
        spec: what was asked.
        output: where run folders go.
        keeps: folders of an attempt that outlive the judging.
        limits: of `Limits`, those that differ.
    """

    def __init__(
        self, spec: Spec, *, output: Path, keeps: frozenset[str] = frozenset(), limits: dict[str, Any] | None = None
    ) -> None:
        self._spec = spec
        self._output = output
        self._keeps = keeps
        self._limits = replace(Limits(), **(limits or {}))
        self._was_interrupted = False

    def run(self, report: Reporter) -> Results:
        """Run everything that was asked and return what was published; an interrupted run returns what it has.

        Raises:
            UsageError: nothing was run.
        """
        spec, cache = self._spec, cache_folder()
        workers = spec.workers or cores() // spec.threads or 1
        with _interrupts() as asked, LocalEngine(workers, spec.threads, asked_to_stop=asked.is_set) as engine:
            found = survey(spec, engine, cache)
            plan = found.plan(spec)
            folder = RunFolder.create(self._output, plan)
            self._announce(report, plan, found, folder)
            if spec.workers is None and found.device != "cpu":
                engine.workers = 1
            self._check_room(folder, plan, engine.workers)
            run = Run(
                spec=spec,
                found=found,
                plan=plan,
                folder=folder,
                engine=engine,
                cache=cache,
                reporter=report,
                limits=self._limits,
                keeps=self._keeps,
            )
            try:
                run.execute()
            except (KeyboardInterrupt, Interrupted):
                self._was_interrupted = True
                report.say("interrupted: what was finished is kept")
        return folder.read()

    def _check_room(self, folder: RunFolder, plan: Plan, workers: int) -> None:
        """Refuse to train what the disk cannot hold; a folder with nothing but a plan is not left behind."""
        data = {trial.data.name: trial for trial in plan.trials}
        counts = {name: sample_counts(trial) for name, trial in data.items()}
        try:
            check_room(folder.path, plan, counts, len(plan.trials) if "samples" in self._keeps else 2 * workers)
        except UsageError:
            folder.discard()
            raise

    def exit_code(self, results: Results, *, is_strict: bool) -> int:
        """Return 0 when every planned attempt is OK, 1 when some failed, 2 when strict and a plugin is broken."""
        if self._was_interrupted:
            return INTERRUPTED
        if is_strict and results.plan.broken:
            return STRICT
        return DONE if [each.status for each in results.records] == [OK] * len(results.planned) else SOME_FAILED

    @staticmethod
    def _announce(report: Reporter, plan: Plan, found: Survey, folder: RunFolder) -> None:
        for model, data in plan.not_applicable:
            report.say(f"{model} on {data}: n/a, the model does not support this kind of data")
        looks = f", with looks at {', '.join(map(str, plan.looks))} seeds" if plan.looks else ""
        report.say(
            f"run {folder.path.name}: {len(plan.trials)} trials{looks}, {len(plan.probes)} probes on {found.device}"
        )


@contextmanager
def _interrupts() -> Iterator[threading.Event]:
    """Note the first SIGINT; raise the second where it arrives."""
    asked = threading.Event()

    def note(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        asked.set()

    is_ours = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, note) if is_ours else None
    try:
        yield asked
    except Interrupted:
        raise KeyboardInterrupt from None
    finally:
        if is_ours:
            signal.signal(signal.SIGINT, before)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cache_folder() -> Path:
    """Return where prepared data and features of real rows are kept: GENBENCH_CACHE, or the user's cache folder."""
    named = os.environ.get("GENBENCH_CACHE")
    if named:
        return Path(named)
    base = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    return Path(os.environ.get("XDG_CACHE_HOME") or base) / "genbench"
