"""Measure the steady speed of one model on one data set, alone on the machine; never scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.bench import Workbench
from genbench.device import peak_bytes, reset_peak, synchronizer
from genbench.engines.call import PHASES
from genbench.errors import Interrupted
from genbench.flops import FlopCounter
from genbench.graphs import ungraphed
from genbench.hygiene import print_traceback
from genbench.labour import Labour
from genbench.messages import Job, ProbeOutcome
from genbench.meter import Meter, worked_off_the_clock
from genbench.record import Probe
from genbench.speeds import draw, speed, time_sampling, time_training, train
from genbench.status import OK, status_of
from genbench.stream import Stream
from genbench.updates import parameter_count
from genbench.windows import Timetable

if TYPE_CHECKING:
    from collections.abc import MutableSequence

COUNTED = 64  # hand-outs over which FLOPs are counted, their `fraction` sweeping 0 to 1
TRAINING = Timetable(window=0.15, count=10)
SAMPLING = Timetable(window=0.0, count=7, least=1, most=1)  # a draw each
SINGLE_DRAWS = 100  # of one sample, for the latency


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
    setup, windows = time_training(bench, model, TRAINING, beat, labour)
    peak = max(0, peak_bytes(bench.device) - base)
    beat[1] = PHASES.index("sample")
    large = time_sampling(bench, model, job.sample_batch, SAMPLING)
    single = _time_single(bench, model)
    warnings += bench.hooks.remarks
    if bench.meter.off_clock:
        warnings.append(worked_off_the_clock(bench.meter))
    return Probe(
        examples_per_second=speed(windows, bench, warnings),
        samples_per_second=large,
        sample_batch=job.sample_batch,
        latency_ms=single,
        setup_seconds=setup or 0.0,
        peak_memory_bytes=peak,
        parameters=parameter_count(model),
        flops_per_example=counter.total / (COUNTED * bench.task.batch_size),
        uncounted=counter.uncounted,
        hand_outs=COUNTED,
    )


def _count_flops(job: Job, bench: Workbench, beat: MutableSequence[int]) -> FlopCounter:
    """Count a short training of the same model without compilation and graphs, which would hide its operations."""
    plain = Workbench(job.model_copy(update={"trial": job.trial.model_copy(update={"compile": False})}), bench.meter)
    model = plain.build()
    stream = Stream(plain.feed(), plain.meter, hand_outs=COUNTED, photograph=_ignore, beat=beat)
    with FlopCounter() as counter, ungraphed():
        train(plain, model, stream)
    return counter


def _time_single(bench: Workbench, model: Any) -> tuple[float, float]:
    """Return the latency of one sample in ms, p50 and p95."""
    single = [1000 * draw(bench, model, 1, f"probe:one:{k}") for k in range(SINGLE_DRAWS)]
    p50, p95 = np.percentile(single, (50, 95))
    return float(p50), float(p95)


def _ignore(fraction: float, seconds: float) -> None:
    return None
