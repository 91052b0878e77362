"""Measure the steady speed of one model on one data set, alone on the machine; never scored."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.batches import Batches
from genbench.bench import Workbench
from genbench.device import fence, peak_bytes, reset_peak, synchronizer
from genbench.engines.call import PHASES
from genbench.errors import Interrupted
from genbench.flops import FlopCounter
from genbench.hygiene import print_traceback
from genbench.labour import Labour
from genbench.messages import Job, ProbeOutcome
from genbench.meter import Meter, worked_off_the_clock
from genbench.record import Probe
from genbench.status import OK, status_of
from genbench.stream import Stream
from genbench.updates import parameter_count

if TYPE_CHECKING:
    from collections.abc import MutableSequence

COUNTED = 64  # hand-outs over which FLOPs are counted, their `fraction` sweeping 0 to 1
WINDOWS = 10
WINDOW = 0.15  # seconds; synchronised at the edges only
SET_UP = 8  # hand-outs before the clock of the windows starts: compilation may come back at the second and third
WARM_UP = 3  # windows that are thrown away
LARGE_DRAWS = 8  # of `sample_batch` samples; the first is thrown away
SINGLE_DRAWS = 100  # of one sample, for the latency
UNSEEN_SHARE, UNSEEN_LEAST = 0.05, 0.05  # of the time, and seconds, that may go by outside of what the windows show
SETTLING = 60.0  # seconds to wait for threads that go on after `train` has returned


@dataclass
class Windows:
    """Notes hand-outs, charged seconds and processor seconds at each window's edge, and when all was done."""

    edges: list[tuple[int, float]] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)
    end: tuple[int, float] | None = None  # hand-outs and charged seconds once `train` had returned and all was quiet

    def note(self, handed: int, charged: float) -> None:
        """Take in an edge."""
        self.edges.append((handed, charged))
        self.worked.append(time.process_time())

    @property
    def _first(self) -> int:
        """The first edge after the warm-up."""
        return WARM_UP - 1 if len(self.edges) > WARM_UP else 0

    def rates(self, batch_size: int) -> tuple[float, ...]:
        """Return the examples per second of each window after the warm-up."""
        return tuple(
            (after[0] - before[0]) * batch_size / (after[1] - before[1])
            for before, after in pairwise(self.edges[self._first :])
            if after[1] - before[1] >= WINDOW / 2
        )

    def sustained(self, batch_size: int, *, is_host: bool) -> float | None:
        """Return the examples per second until all was done, where the windows do not show them; None where they do.

        Hand-outs may be taken in at once and worked on later, in a thread or after the stream's end. The windows are
        synchronised at their edges, so that no event on the device could tell more. On the host, time in which the
        machine did not run this process is not time that it worked.
        """
        rates = self.rates(batch_size)
        if not rates or self.end is None:
            return None
        (handed, begun), (_, ended) = self.edges[self._first], self.edges[-1]
        within = ended - begun
        if is_host:
            within = min(within, self.worked[-1] - self.worked[self._first])
        examples = (self.end[0] - handed) * batch_size
        seen = examples / median(rates)
        unseen = max(0.0, within - seen) + self.end[1] - ended
        return examples / (seen + unseen) if unseen > max(UNSEEN_LEAST, UNSEEN_SHARE * (seen + unseen)) else None


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Probe a model in this process; a `Job` in, a `ProbeOutcome` out."""
    warnings: list[str] = []
    try:
        outcome = ProbeOutcome(status=OK, probe=_probe(Job.model_validate_json(payload), beat, warnings))
    except (Exception, Interrupted) as error:
        print_traceback()
        status, message = status_of(error)
        outcome = ProbeOutcome(status=status, message=message)
    return outcome.model_copy(update={"warnings": tuple(warnings)}).model_dump_json()


def _probe(job: Job, beat: MutableSequence[int], warnings: list[str]) -> Probe:
    """Measure; `warnings` takes up what was noticed by the way."""
    labour = Labour(job.trial.threads)
    bench = Workbench(job, Meter(synchronizer(torch.device(job.trial.device)), labour=labour))
    beat[1] = PHASES.index("train")
    counter = _count_flops(job, bench, beat)
    base = reset_peak(bench.device)
    model = bench.build()
    setup, windows = _time_training(bench, model, beat, labour)
    peak = max(0, peak_bytes(bench.device) - base)
    beat[1] = PHASES.index("sample")
    large, single = _time_sampling(bench, model, job.sample_batch)
    warnings += bench.hooks.remarks
    if bench.meter.off_clock:
        warnings.append(worked_off_the_clock(bench.meter))
    return Probe(
        examples_per_second=_speed(windows, bench, warnings),
        samples_per_second=large,
        sample_batch=job.sample_batch,
        latency_ms=single,
        setup_seconds=setup,
        peak_memory_bytes=peak,
        parameters=parameter_count(model),
        flops_per_example=counter.total / (COUNTED * bench.task.batch_size),
        uncounted=counter.uncounted,
        hand_outs=COUNTED,
    )


def _speed(windows: Windows, bench: Workbench, warnings: list[str]) -> tuple[float, ...]:
    """Return the rates of the windows, or the one rate of all that was worked where they do not show it."""
    rates = windows.rates(bench.task.batch_size)
    sustained = windows.sustained(bench.task.batch_size, is_host=bench.device.type == "cpu")
    if sustained is None:
        return rates
    shown = f"{median(rates):.3g} examples/s between hand-outs, {sustained:.3g} until all work was done"
    warnings.append(f"took in batches faster than it worked on them: {shown}, which counts")
    return (sustained,)


def _count_flops(job: Job, bench: Workbench, beat: MutableSequence[int]) -> FlopCounter:
    """Count a short training of the same model without compilation, which would hide its operations."""
    plain = Workbench(job.model_copy(update={"trial": job.trial.model_copy(update={"compile": False})}), bench.meter)
    model = plain.build()
    stream = Stream(plain.feed(), plain.meter, hand_outs=COUNTED, photograph=_ignore, beat=beat)
    with FlopCounter() as counter:
        _train(plain, model, stream)
    return counter


def _time_training(bench: Workbench, model: Any, beat: MutableSequence[int], labour: Labour) -> tuple[float, Windows]:
    """Train by the clock, which starts again after set-up; return the set-up's seconds and the windows."""
    windows = Windows()
    seconds = (WARM_UP + WINDOWS) * WINDOW
    wait = fence(bench.device)
    setup: list[float] = []  # to the first and to the second request

    def begin() -> None:
        wait()
        if stream.handed < SET_UP:
            if len(setup) < 2:
                with bench.meter.paused() as charged:
                    setup.append(charged)
            bench.meter.start()

    stream = Stream(
        bench.feed(),
        bench.meter,
        seconds=seconds,
        marks=[(k + 1) * WINDOW / seconds for k in range(WARM_UP + WINDOWS - 1)],
        photograph=lambda fraction, charged: windows.note(stream.handed, charged),
        fence=begin,
        beat=beat,
    )
    _train(bench, model, stream)
    rest = labour.settle(SETTLING)
    left = time.perf_counter()
    synchronizer(bench.device)()  # a thread may have given the device more to do
    windows.end = (stream.handed, bench.meter.seconds + rest + time.perf_counter() - left)
    return sum(setup), windows


def _time_sampling(bench: Workbench, model: Any, batch: int) -> tuple[tuple[float, ...], tuple[float, float]]:
    """Return samples per second at a large batch, draw by draw, and the latency of one sample in ms, p50 and p95."""
    variant = bench.trial.model.variants[0]

    def draw(count: int, phase: str) -> float:
        labels = bench.labels_like_train(count)
        bench.hooks.sample(model, bench.task, count=count, variant=variant, labels=labels, phase=phase)
        return bench.hooks.sampling_seconds

    large = [batch / draw(batch, f"probe:{k}") for k in range(LARGE_DRAWS)][1:]
    single = [1000 * draw(1, f"probe:one:{k}") for k in range(SINGLE_DRAWS)]
    p50, p95 = np.percentile(single, (50, 95))
    return tuple(large), (float(p50), float(p95))


def _train(bench: Workbench, model: Any, stream: Stream) -> None:
    try:
        bench.hooks.train(model, Batches(stream))
    except StopIteration:
        if stream.ended_at is None:
            raise


def _ignore(fraction: float, seconds: float) -> None:
    return None
