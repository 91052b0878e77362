"""The inside of an arm: a fresh process that prepares, waits for its turn, measures one model once, and tells.

`python -m genbench.check.arm DESCRIPTOR` reads a `TimingRequest` as one line of JSON, writes "ready" to the descriptor
when all is loaded, waits for "go", and writes a `Timing` as one line of JSON. Whatever fails is told in a `Timing` too.
The descriptor is its own, since a plugin may print. A parent that hangs up has died, and the arm with it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

from genbench import __version__
from genbench.check.arm_process import GO, READY
from genbench.check.timings import PROTOCOL, Timing, TimingRequest
from genbench.engines import family
from genbench.engines.call import BEAT
from genbench.errors import ContractError, GenbenchError, Interrupted, UsageError
from genbench.status import status_of
from genbench.windows import Timetable

if TYPE_CHECKING:
    from genbench.bench import Workbench
    from genbench.refs import ModelRef

HIGH = 100  # the lowest descriptor for what must outlive a plugin that closes or redirects 0, 1 and 2


class Measurement:
    """One model, prepared and then timed.

    Args:
        request: what to time.
    """

    def __init__(self, request: TimingRequest) -> None:
        self._request = request
        self._labour: Any = None
        self._model: Any = None
        self._bench: Workbench | None = None
        self.known: dict[str, Any] = {"genbench": __version__}  # of the timing, also where the rest fails

    def prepare(self) -> None:
        """Load and build everything, and time nothing.

        Raises:
            GenbenchError: the model cannot be loaded or built, or does not take the data or the options.
        """
        import torch

        from genbench.bench import Workbench
        from genbench.device import synchronizer
        from genbench.labour import Labour
        from genbench.meter import Meter

        model = self._inspect()
        self._labour = Labour(self._request.threads)
        job = _job(self._request, model)
        meter = Meter(synchronizer(torch.device(self._request.device)), labour=self._labour)
        self._bench = Workbench(job, meter)
        self._model = self._bench.build()

    def measure(self) -> Timing:
        """Time training and sampling; call it once, after `prepare`."""
        from genbench.meter import worked_off_the_clock
        from genbench.speeds import speed, time_sampling, time_training

        bench, request = self._bench, self._request
        assert bench is not None
        table = Timetable(window=request.window, count=request.windows)
        warnings: list[str] = []
        setup, windows = time_training(bench, self._model, table, [0] * BEAT, self._labour)
        training = speed(windows, bench, warnings)
        if not training or setup is None:
            reason = "returned before anything could be timed"
            raise ContractError(reason, culprit=bench.trial.model.culprit, hook="train")
        sampling = time_sampling(bench, self._model, request.sample_batch, table)
        warnings += bench.hooks.remarks
        if bench.meter.off_clock:
            warnings.append(worked_off_the_clock(bench.meter))
        return Timing(training=training, sampling=sampling, setup=setup, warnings=tuple(warnings), **self.known)

    def _inspect(self) -> ModelRef:
        """Validate the model by its own code: its defaults and ranges are those of this version."""
        from genbench.inspection import inspect_model
        from genbench.messages import Inspect, Inspected

        request = self._request
        asked = Inspect(name=request.model, options=request.options, batch_size=request.batch_size)
        found = Inspected.model_validate_json(inspect_model(asked.model_dump_json(), [0] * BEAT))
        if found.broken is not None:
            raise Broken(found.broken.status, found.broken.message)
        assert found.model is not None
        self.known |= {"code": found.model.code, "place": _place(request.package or found.model.module, request.model)}
        if request.data.kind not in found.kinds:
            kinds = ", ".join(found.kinds)
            raise UsageError(f"{found.model.culprit} takes {kinds}, and {request.data.name} is {request.data.kind}")
        return found.model


class Broken(GenbenchError):
    """A model that validation named broken."""

    def __init__(self, status: str, message: str) -> None:
        self.status = status
        super().__init__(message)


def main(line: BinaryIO, answer: int) -> NoReturn:
    """Serve one request; the process ends here, whatever the plugin has left running."""
    asked = line.readline()
    if asked.endswith(b"\n"):
        _tell(answer, _serve(asked, line, answer))
    _leave()


def _serve(asked: bytes, line: BinaryIO, answer: int) -> Timing:
    measurement: Measurement | None = None
    try:
        measurement = Measurement(_parse(asked))
        measurement.prepare()
        os.write(answer, READY)
        if line.readline() != GO:
            _leave()
        threading.Thread(target=_die_with_parent, args=(line,), name="genbench-parent", daemon=True).start()
        return measurement.measure()
    except (Exception, Interrupted) as error:
        from genbench.hygiene import print_traceback

        print_traceback()
        known = {"genbench": __version__} if measurement is None else measurement.known
        return Timing(failure=_failure(error), **known)


def _parse(asked: bytes) -> TimingRequest:
    told = json.loads(asked)
    if told.get("protocol") != PROTOCOL:
        raise UsageError(f"asked in protocol {told.get('protocol')}, and genbench {__version__} here speaks {PROTOCOL}")
    return TimingRequest.model_validate(told)


def _failure(error: BaseException) -> str:
    if isinstance(error, Broken):
        return f"{error.status}: {error}"
    status, message = ("USAGE", str(error)) if isinstance(error, UsageError) else status_of(error)
    return f"{status}: {message}"


def _job(request: TimingRequest, model: ModelRef) -> Any:
    from genbench.budget import Budget
    from genbench.messages import Job
    from genbench.record import Trial

    trial = Trial(
        purpose="probe",
        model=model,
        data=request.data,
        budget=Budget(request.windows * request.window, "seconds"),
        seed=request.seed,
        marks=(),
        device=request.device,
        precision=request.precision,
        compile=request.compile,
        matmul=request.matmul,
        threads=request.threads,
    )
    return Job(
        trial=trial,
        train=request.train,
        folder=Path.cwd(),
        counts={},
        sample_batch=request.sample_batch,
        hand_outs=None,
    )


def _place(name: str, model: str) -> str:
    """Return from where a module was imported; of a namespace, its first folder; of a model in a file, the file."""
    import importlib

    from genbench import files

    if model in files.in_use() and name.endswith(files.SUFFIX):
        return str(files.in_use()[model])
    module = importlib.import_module(name.partition(":")[0])
    return str(getattr(module, "__file__", None) or next(iter(module.__path__), ""))


def _tell(answer: int, timing: Timing) -> None:
    left = timing.model_dump_json().encode() + b"\n"
    while left:
        left = left[os.write(answer, left) :]


def _die_with_parent(line: BinaryIO) -> None:
    """End as soon as the line is closed; asleep until then."""
    line.read()
    _leave()


def _leave() -> NoReturn:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):  # a plugin may have closed it
            stream.flush()
    os._exit(0)


def _raised(descriptor: int) -> int:
    """Move what a plugin could read, close or hand on out of its way; what was standard input is empty."""
    import fcntl

    number = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, descriptor, inheritable=descriptor == 0)
    os.close(nothing)
    return number


if __name__ == "__main__":
    family.die_with_parent(signal.SIGKILL)
    main(os.fdopen(_raised(0), "rb"), _raised(int(sys.argv[1])))
