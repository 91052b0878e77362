"""Measure the steady speed of one model on one data set, alone on the machine; never scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.bench import Workbench
from genbench.device import peak_bytes, peak_reserved_bytes, reset_peak, synchronizer
from genbench.engines.call import PHASES
from genbench.errors import Interrupted
from genbench.flops import FlopCounter
from genbench.gauges import gauges
from genbench.graphs import ungraphed
from genbench.hygiene import print_traceback
from genbench.labour import Labour
from genbench.messages import Job, ProbeOutcome
from genbench.meter import Meter, worked_off_the_clock
from genbench.peak import MatmulPeak
from genbench.record import Probe
from genbench.speeds import speed, time_single, time_streak, time_training, train
from genbench.status import OK, status_of
from genbench.stream import Stream
from genbench.updates import parameter_count
from genbench.windows import Timetable

if TYPE_CHECKING:
    from collections.abc import MutableSequence

COUNTED = 64  # hand-outs over which FLOPs are counted, their `fraction` sweeping 0 to 1
WINDOWS = 10  # that are measured, of training and of sampling
WARM_UP = 0.2  # seconds of a window of the warm-up, at most: a rise shows in them too, and nothing is read off them
LOOK = 0.4  # seconds of products, twice
MOST_SINGLE, LEAST_SINGLE = 1000, 100  # draws of one sample, for the latency: ten of them beyond the last percentile
SINGLE_SECONDS = 1.0  # after which the least will do
PERCENTILES = (50, 95, 99)


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Probe a model in this process; a `Job` in, a `ProbeOutcome` out."""
    job, warnings = Job.model_validate_json(payload), list[str]()
    try:
        outcome = ProbeOutcome(status=OK, probe=_probe(job, beat, warnings))
    except (Exception, Interrupted) as error:
        print_traceback()
        status, message = status_of(error, job.folder)
        outcome = ProbeOutcome(status=status, message=message)
    return outcome.model_copy(update={"warnings": tuple(warnings)}).model_dump_json()


def timetable(window: float) -> Timetable:
    """Return how long training and sampling are measured, in windows of so many seconds."""
    return Timetable(window=window, count=WINDOWS, warm_up=min(window, WARM_UP))


def _probe(job: Job, beat: MutableSequence[int], warnings: list[str]) -> Probe:
    """Measure; `warnings` takes up what was noticed by the way.

    FLOPs are counted last, since that trains a model too: what it leaves warm or allocated would flatter the rest.
    """
    labour = Labour(job.trial.threads)
    bench = Workbench(job, Meter(synchronizer(torch.device(job.trial.device)), labour=labour))
    peak, table = MatmulPeak(bench.device, job.trial.precision), timetable(job.window)
    beat[1] = PHASES.index("train")
    base = reset_peak(bench.device)
    model = bench.build()
    setup, windows = time_training(bench, model, table, beat, labour, gauges(bench.device))
    memory, reserved = max(0, peak_bytes(bench.device) - base), peak_reserved_bytes(bench.device)
    peak.look(LOOK)
    beat[1] = PHASES.index("sample")
    large = time_streak(bench, model, job.sample_batch, table)
    peak.look(LOOK)
    latency = _latency(bench, model)
    warnings += bench.hooks.remarks
    if bench.meter.off_clock:
        warnings.append(worked_off_the_clock(bench.meter))
    speeds = speed(windows, bench, warnings)
    beat[1] = PHASES.index("train")
    joules = windows.joules_per_example(bench.task.batch_size)
    return Probe(
        examples_per_second=speeds,
        samples_per_second=large,
        sample_batch=job.sample_batch,
        setup_seconds=setup or 0.0,
        peak_memory_bytes=memory,
        peak_reserved_bytes=reserved,
        parameters=parameter_count(model),
        window_seconds=job.window,
        matmul_peak_flops=peak.flops or None,
        matmul_arithmetic=peak.arithmetic,
        joules_per_1000_examples=None if joules is None else 1000 * joules,
        gauges=tuple(windows.gauges),
        **latency,
        **_flops(job, bench, beat),
    )


def _latency(bench: Workbench, model: Any) -> dict[str, Any]:
    """Return what a record says of the latency of one sample, in ms."""
    single = time_single(bench, model, MOST_SINGLE, LEAST_SINGLE, SINGLE_SECONDS)
    p50, p95, p99 = (1000 * float(each) for each in np.percentile(single, PERCENTILES))
    return {"latency_ms": (p50, p95), "latency_p99_ms": p99, "latency_draws": len(single)}


def _flops(job: Job, bench: Workbench, beat: MutableSequence[int]) -> dict[str, Any]:
    """Count a short training of the same model without compilation and graphs, which would hide its operations."""
    plain = Workbench(job.model_copy(update={"trial": job.trial.model_copy(update={"compile": False})}), bench.meter)
    model = plain.build()
    stream = Stream(plain.feed(), plain.meter, hand_outs=COUNTED, photograph=_ignore, beat=beat)
    with FlopCounter() as counter, ungraphed():
        train(plain, model, stream)
    per_example = counter.total / (COUNTED * bench.task.batch_size)
    return {"flops_per_example": per_example, "uncounted": counter.uncounted, "hand_outs": COUNTED}


def _ignore(fraction: float, seconds: float) -> None:
    return None
