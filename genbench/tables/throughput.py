"""The third table: how fast, measured alone on the machine by a probe that is never scored."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import pandas as pd

from genbench.tables.cells import NOT_MEASURED, Cell, Sheet, frame
from genbench.tables.words import finite, listed, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from genbench.record import Probe
    from genbench.tables.blocks import Block
    from genbench.tables.words import Style

TITLES = {
    "examples_per_second": "train ex/s",
    "samples_per_second": "sample/s",
    "latency_p50_ms": "p50 ms",
    "latency_p95_ms": "p95 ms",
    "setup_seconds": "set-up s",
    "peak_memory_bytes": "memory",
    "parameters": "parameters",
    "flops_per_example": "FLOPs/ex",
}
READING = (
    "How to read it: speeds after warming up, by a probe that is never scored; p50, p95 = milliseconds to one sample; "
    "set-up = seconds to the second hand-out; FLOPs/ex = to train on one example, as counted from its operations."
)


def throughput(block: Block) -> Sheet:
    """Return speed and size of every model, or a line that says that nobody probed."""
    probes = {row.label: row.probe.probe if row.probe is not None else None for row in block.rows}
    found = [probe for probe in probes.values() if probe is not None]
    if not found:
        return Sheet(
            name="throughput", title="Throughput: no probe (--no-probe)", aside="", frame=pd.DataFrame(), titles={}
        )
    batches = listed(sorted({number(probe.sample_batch, "count") for probe in found}))
    return Sheet(
        name="throughput",
        title="Throughput, alone on the machine",
        aside=f"median [range of windows]; sampling in batches of {batches}, latency of 1; peak memory",
        frame=frame({label: _cells(probe) for label, probe in probes.items()}),
        titles=TITLES,
        sentences=(READING,),
    )


def _cells(probe: Probe | None) -> dict[str, Cell]:
    if probe is None:
        return dict.fromkeys(TITLES, NOT_MEASURED)
    return {
        "examples_per_second": _windows(probe.examples_per_second),
        "samples_per_second": _windows(probe.samples_per_second),
        "latency_p50_ms": one(probe.latency_ms[0]),
        "latency_p95_ms": one(probe.latency_ms[1]),
        "setup_seconds": one(probe.setup_seconds),
        "peak_memory_bytes": one(probe.peak_memory_bytes, "bytes"),
        "parameters": one(probe.parameters, "size"),
        "flops_per_example": one(probe.flops_per_example, "size"),
    }


def one(value: float | None, style: Style = "number") -> Cell:
    """Return the cell of a single number."""
    value = finite(value)
    return NOT_MEASURED if value is None else Cell(value=value, style=style)


def _windows(speeds: Sequence[float]) -> Cell:
    known = [speed for speed in map(finite, speeds) if speed is not None]
    if not known:
        return NOT_MEASURED
    style: Style = "size" if max(known) >= 1e6 else "number"
    bounds = (min(known), max(known)) if len(known) > 1 else (None, None)
    return Cell(value=statistics.median(known), low=bounds[0], high=bounds[1], style=style)
