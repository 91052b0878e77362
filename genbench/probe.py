"""Measure the steady speed of one model on one data set, alone on the machine; never scored."""

from __future__ import annotations

import traceback
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.batches import Batches
from genbench.bench import Workbench
from genbench.device import fence, peak_bytes, reset_peak, synchronizer
from genbench.engines.call import PHASES
from genbench.errors import Interrupted
from genbench.flops import FlopCounter
from genbench.messages import Job, ProbeOutcome
from genbench.meter import Meter
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


class Windows:
    """Notes hand-outs and charged seconds at each window's edge."""

    def __init__(self) -> None:
        self.edges: list[tuple[int, float]] = []

    def rates(self, batch_size: int) -> tuple[float, ...]:
        """Return the examples per second of each window after the warm-up."""
        steady = self.edges[WARM_UP - 1 :] if len(self.edges) > WARM_UP else self.edges
        return tuple(
            (after[0] - before[0]) * batch_size / (after[1] - before[1])
            for before, after in pairwise(steady)
            if after[1] - before[1] >= WINDOW / 2
        )


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Probe a model in this process; a `Job` in, a `ProbeOutcome` out."""
    try:
        outcome = ProbeOutcome(status=OK, probe=_probe(Job.model_validate_json(payload), beat))
    except (Exception, Interrupted) as error:
        traceback.print_exc()
        status, message = status_of(error)
        outcome = ProbeOutcome(status=status, message=message)
    return outcome.model_dump_json()


def _probe(job: Job, beat: MutableSequence[int]) -> Probe:
    meter = Meter(synchronizer(torch.device(job.trial.device)))
    bench = Workbench(job, meter)
    beat[1] = PHASES.index("train")
    counter = _count_flops(job, bench, beat)
    base = reset_peak(bench.device)
    model = bench.build()
    setup, windows = _time_training(bench, model, beat)
    peak = max(0, peak_bytes(bench.device) - base)
    beat[1] = PHASES.index("sample")
    large, single = _time_sampling(bench, model, job.sample_batch)
    return Probe(
        examples_per_second=windows.rates(bench.task.batch_size),
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


def _count_flops(job: Job, bench: Workbench, beat: MutableSequence[int]) -> FlopCounter:
    """Count a short training of the same model without compilation, which would hide its operations."""
    plain = Workbench(job.model_copy(update={"trial": job.trial.model_copy(update={"compile": False})}), bench.meter)
    model = plain.build()
    stream = Stream(plain.feed(), plain.meter, hand_outs=COUNTED, photograph=_ignore, beat=beat)
    with FlopCounter() as counter:
        _train(plain, model, stream)
    return counter


def _time_training(bench: Workbench, model: Any, beat: MutableSequence[int]) -> tuple[float, Windows]:
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
        photograph=lambda fraction, charged: windows.edges.append((stream.handed, charged)),
        fence=begin,
        beat=beat,
    )
    _train(bench, model, stream)
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
