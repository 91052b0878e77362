"""Pairs of fresh processes, baseline and candidate back to back in an order that a coin decides.

References:
    T. Mytkowicz, A. Diwan, M. Hauswirth, P. F. Sweeney, Producing Wrong Data Without Doing Anything Obviously Wrong!,
    ASPLOS 2009: the size of the environment and the place of code change speed.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.check.arm_pair import PairRequest, Timings
from genbench.check.arm_process import Launch
from genbench.check.timings import Pair, Timing, TimingRequest
from genbench.engines.call import Call, Ended, Limits
from genbench.errors import HarnessFault, Interrupted, StorageFault, UnknownName, UsageError
from genbench.escaping import first_line, plain
from genbench.plugins import find
from genbench.status import DISK, INTERRUPTED, LOST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.check.installs import Arms, Install
    from genbench.check.timings import ArmName
    from genbench.engines import Engine

MOST_PADDING = 4096  # bytes, a page
WARM_UP = 30  # windows of warm-up and of draws, at most, as many as there can be with those that are measured
MARGIN = 60.0  # seconds that the arms' own limits are given before their supervisor's end it all


class Pairs:
    """Run pairs.

    Args:
        engine: runs each in a supervised process, alone on the machine.
        arms: baseline and candidate, installed.
        seed: of the coin.
        limits: of time and memory.
        logs: where the arms' output goes; None keeps none.
    """

    def __init__(self, engine: Engine, arms: Arms, seed: int, limits: Limits, logs: Path | None = None) -> None:
        self._engine = engine
        self._arms = arms
        self._seed = seed
        self._limits = limits
        self._logs = logs

    def run(self, request: TimingRequest, number: int, *, is_control: bool = False) -> Pair:
        """Run a pair; in a control the candidate's place holds a copy of the baseline.

        An arm that fails, hangs or is killed has a timing that says so.

        Raises:
            UsageError: what was timed is not what was installed for it.
            Interrupted: the engine was asked to stop.
            StorageFault: nothing can be written.
        """
        request = self._placed(request)
        name = f"{request.model}:{request.data.name}:{number}{':control' if is_control else ''}"
        first, hash_seed, padding = toss(f"{self._seed}:{name}")
        order: tuple[ArmName, ...] = ("baseline", "candidate") if first == "baseline" else ("candidate", "baseline")
        installs: dict[ArmName, Install] = {"baseline": self._arms.baseline, "candidate": self._arms.candidate}
        launches = [_launch(installs[each], hash_seed, padding) for each in order]
        started, begun, load = datetime.now(UTC).isoformat(), time.monotonic(), _load()
        with ExitStack() as stack:
            if is_control:
                stack.enter_context(self._arms.control())
            log = None if self._logs is None else self._logs / f"{name.replace(':', '-')}.txt"
            told = _run(self._engine, request, launches, name, self._limits, log)
        timings = dict(zip(order, told, strict=True))
        for each, install in installs.items():
            check_place(timings[each], install, request, self._arms.distribution)
        return Pair(
            model=request.model,
            data=request.data.name,
            number=number,
            is_control=is_control,
            first=first,
            hash_seed=hash_seed,
            padding=padding,
            baseline=timings["baseline"],
            candidate=timings["candidate"],
            started=started,
            seconds=time.monotonic() - begun,
            load=load,
        )

    def _placed(self, request: TimingRequest) -> TimingRequest:
        """Ask for the place of the package under test, where the model is none of it."""
        imports = self._arms.imports
        try:
            module = find(request.model).importable
        except UnknownName:  # installed in the arms alone
            return request
        if request.package is not None or module.partition(".")[0] in imports or not imports:
            return request
        return request.model_copy(update={"package": imports[0]})


def time_alone(engine: Engine, request: TimingRequest, number: int, limits: Limits | None = None) -> Timing:
    """Time a model in one fresh process of this very environment.

    Raises:
        Interrupted: the engine was asked to stop.
        StorageFault: nothing can be written.
    """
    name = f"{request.model}:{request.data.name}:{number}"
    _, hash_seed, padding = toss(f"alone:{name}")
    launch = Launch(python=sys.executable, path=_path(), hash_seed=hash_seed, padding=padding)
    return _run(engine, request, [launch], name, limits or Limits(), None)[0]


def toss(seed: str) -> tuple[ArmName, int, int]:
    """Return what comes first, the hash seed and the padding of a pair."""
    source = random.Random(seed)
    first: ArmName = "baseline" if source.random() < 0.5 else "candidate"
    return first, source.randrange(2**32), source.randrange(MOST_PADDING)


def check_place(timing: Timing, install: Install, request: TimingRequest, distribution: str) -> None:
    """See that the package under test was imported from where it was installed for an arm.

    Raises:
        UsageError: it came from elsewhere.
    """
    if not timing.place or Path(timing.place).resolve().is_relative_to(install.place.resolve()):
        return
    what = request.package or f"model '{request.model}'"
    raise UsageError(
        f"{what} was to be timed as of {install.what}, but was imported from {plain(timing.place)}: "
        f"{distribution} is not what brings it, or an editable install comes first; "
        "name the package under test with --package, or install it without --editable"
    )


def _run(
    engine: Engine, request: TimingRequest, launches: Sequence[Launch], name: str, limits: Limits, log: Path | None
) -> tuple[Timing, ...]:
    """Run arms in a supervised process; return their timings, in their order."""
    measuring = limits.first + limits.stall + limits.hook + (request.windows + WARM_UP) * 4 * request.window
    with tempfile.TemporaryDirectory(prefix="genbench-pair-", ignore_cleanup_errors=True) as folder:
        asked = PairRequest(
            request=request,
            launches=tuple(launches),
            folder=Path(folder),
            loading=limits.hook,
            measuring=measuring,
        )
        whole = limits.hook + len(launches) * measuring + MARGIN
        call = Call(
            name=name,
            function="pair",
            payload=asked.model_dump_json(),
            log=log,
            limits=Limits(hook=whole, terminate=limits.terminate, memory=limits.memory),
            is_exclusive=True,
            needs_device=request.device.startswith("cuda"),
        )
        ended = engine.call(call)
    if ended.result is not None:
        told = Timings.model_validate_json(ended.result).timings
        return tuple(_with_log(each, ended) for each in told)
    return _killed(ended, len(launches))


def _killed(ended: Ended, count: int) -> tuple[Timing, ...]:
    """Say of a pair that was killed whose fault it was: of the arm that was at work."""
    if ended.status == INTERRUPTED:
        raise Interrupted
    if ended.status == DISK:
        raise StorageFault(ended.message or "")
    if ended.status in ("USAGE", "FAULT"):
        raise HarnessFault(f"{ended.call.name}: {ended.message}")
    failure = f"{ended.status}: {ended.message}"
    at_work = {ended.hand_outs - 1} if ended.hand_outs else set(range(count))
    lost = f"{LOST}: it was killed with the other arm"
    return tuple(Timing(failure=failure if each in at_work else lost) for each in range(count))


def _with_log(timing: Timing, ended: Ended) -> Timing:
    """Add the last line of the log to the end of an arm that did not tell a reason."""
    if timing.failure is None or not timing.failure.startswith(("NO_RESULT: the process", "CRASHED")):
        return timing
    last = first_line("\n".join(reversed(ended.log_tail.splitlines())))
    return timing.model_copy(update={"failure": f"{timing.failure}; the last line of the log: {last}"})


def _launch(install: Install, hash_seed: int, padding: int) -> Launch:
    path = _path(install.place) if install.root == install.place else None  # a whole environment needs nothing of here
    return Launch(python=str(install.python), path=path, hash_seed=hash_seed, padding=padding)


def _path(*before: Path) -> str:
    """Return PYTHONPATH with folders before it, every one absolute: the arms work in other folders."""
    inherited = [each for each in os.environ.get("PYTHONPATH", "").split(os.pathsep) if each]
    return os.pathsep.join([*map(str, before), *(str(Path(each).absolute()) for each in inherited)])


def _load() -> float:
    return os.getloadavg()[0]
