"""Speeds of fresh processes, for a baseline: what anybody on the same machine may expect, advisory on any other.

Sessions of different cells take turns, so that a change of the machine's pace meets all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Protocol

from genbench.check.baseline import Speeds
from genbench.check.timings import TimingRequest
from genbench.engines import Call, LocalEngine
from genbench.errors import HarnessFault
from genbench.escaping import plain
from genbench.machine import cache_folder
from genbench.messages import Prepare, Ready

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from genbench.check.timings import Timing
    from genbench.engines import Engine
    from genbench.plan import Plan
    from genbench.record import Trial
    from genbench.reporter import Reporter
    from genbench.spec import Spec

DEFAULT = 10  # sessions of a cell; from fewer a number of another day cannot be told from noise
Name = tuple[str, str]  # model and data set


class Time(Protocol):
    """Times a model in one fresh process, see `genbench.check.pairing.time_alone`."""

    def __call__(self, engine: Engine, request: TimingRequest, number: int) -> Timing:
        """Return what was measured, or a reason."""


@dataclass(frozen=True, slots=True)
class Sessions:
    """What the sessions of each cell measured, in order of time, and what is to be said of those that failed."""

    speeds: dict[Name, tuple[Speeds, ...]]
    remarks: tuple[str, ...] = ()


def run(
    spec: Spec,
    plan: Plan,
    number: int,
    report: Reporter,
    *,
    asked_to_stop: Callable[[], bool] = lambda: False,
    time: Time | None = None,
) -> Sessions:
    """Time every model of a plan on every data set in `number` fresh processes, one at a time.

    Args:
        spec: what was asked.
        plan: its trials.
        number: of processes a cell.
        report: hears of each.
        asked_to_stop: looked at several times a second.
        time: times one; None for genbench's own.

    Raises:
        Interrupted: the user asked to stop.
        HarnessFault: a data set that was there cannot be prepared again.
    """
    if number == 0:
        return Sessions({})
    with LocalEngine(1, spec.threads, asked_to_stop=asked_to_stop) as engine:
        return measure(engine, requests(spec, plan, _train_folders(engine, spec)), number, report, time or _installed())


def requests(spec: Spec, plan: Plan, train: Mapping[str, Path]) -> dict[Name, TimingRequest]:
    """Return what to time: a model and data set each, as the study asks for them; of its first seed.

    Args:
        spec: what was asked.
        plan: its trials.
        train: folders of the train splits by the data set's name.
    """
    broken = {each.model.title for each in plan.broken}
    first: dict[Name, Trial] = {}
    for trial in plan.trials:
        if trial.model.title not in broken:
            first.setdefault((trial.model.title, trial.data.name), trial)
    return {
        (model, data): TimingRequest(
            model=trial.model.name,
            options=spec.options_of(model),
            batch_size=spec.batch_size,
            data=trial.data,
            train=train[data],
            seed=trial.seed,
            device=trial.device,
            precision=trial.precision,
            compile=trial.compile,
            matmul=trial.matmul,
            threads=trial.threads,
            sample_batch=spec.sample_batch,
        )
        for (model, data), trial in first.items()
    }


def measure(engine: Engine, asked: Mapping[Name, TimingRequest], number: int, report: Reporter, time: Time) -> Sessions:
    """Run the sessions: the first of every cell, then the second of every cell, and so on."""
    speeds: dict[Name, list[Speeds]] = {name: [] for name in asked}
    failures: dict[Name, list[str]] = {name: [] for name in asked}
    report.expect(number * len(asked))
    for turn in range(number):
        for name, request in asked.items():
            found = _speeds(time(engine, request, turn))
            if isinstance(found, str):
                failures[name].append(found)
            else:
                speeds[name].append(found)
            status = found if isinstance(found, str) else "OK"
            report.done(f"{' on '.join(name)}, session {turn + 1} of {number}", status)
    remarks = tuple(
        f"{' on '.join(map(plain, name))}: {len(told)} of {number} sessions failed: {plain(told[0])}"
        for name, told in failures.items()
        if told
    )
    return Sessions({name: tuple(own) for name, own in speeds.items()}, remarks)


def _speeds(timing: Timing) -> Speeds | str:
    """Return the medians of a session, or why there are none."""
    if timing.failure is not None:
        return timing.failure
    if not timing.training or not timing.sampling or timing.setup is None:
        return "it measured nothing"
    return Speeds(training=median(timing.training), sampling=median(timing.sampling), setup=timing.setup)


def _train_folders(engine: Engine, spec: Spec) -> dict[str, Path]:
    """Return where the rows of each data set's train split are; they were prepared for the run."""
    folders = {}
    for name in spec.datasets:
        asked = Prepare(
            name=name,
            features=spec.features,
            data_root=spec.data_root,
            cache=cache_folder(),
            weights=spec.weights,
            protocol=spec.protocol,
        )
        ended = engine.call(Call(name=name, function="prepare", payload=asked.model_dump_json()))
        if ended.result is None:
            raise HarnessFault(f"data set '{name}': {ended.status}: {ended.message}\n{ended.log_tail}")
        ready = Ready.model_validate_json(ended.result)
        folders[ready.data.ref.name] = ready.data.folder / "train"
    return folders


def _installed() -> Time:
    """Return genbench's own way to time a process; few commands need it."""
    from genbench.check.pairing import time_alone

    return time_alone
