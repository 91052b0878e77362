"""The third table: how fast, measured alone on the machine by a probe that is never scored."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import pandas as pd

from genbench.escaping import plain
from genbench.tables.cells import NOT_MEASURED, Cell, Sheet, frame
from genbench.tables.words import finite, listed, number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.record import Gauge, Probe
    from genbench.tables.blocks import Block
    from genbench.tables.words import Style

TITLES = {
    "examples_per_second": "train ex/s",
    "samples_per_second": "sample/s",
    "latency_p50_ms": "p50 ms",
    "latency_p95_ms": "p95 ms",
    "latency_p99_ms": "p99 ms",
    "setup_seconds": "set-up s",
    "peak_memory_bytes": "memory",
    "peak_reserved_bytes": "reserved",
    "utilisation": "MFU",
    "joules_per_1000_examples": "J/1000 ex",
    "parameters": "parameters",
    "flops_per_example": "FLOPs/ex",
}
WHERE_KNOWN = ("latency_p99_ms", "peak_reserved_bytes", "utilisation", "joules_per_1000_examples")
READING = {  # by the column that it explains, in order
    "examples_per_second": "speeds after warming up, by a probe that is never scored",
    "latency_p50_ms": "p50 and its like = milliseconds to one sample, each waited for",
    "setup_seconds": "set-up = seconds to the second hand-out",
    "peak_memory_bytes": "memory = the most that was held above what was before `build`",
    "peak_reserved_bytes": "reserved = kept by the GPU's allocator, in use or not",
    "utilisation": "MFU = FLOPs/ex x train ex/s as a share of the fastest matrix product that this machine showed",
    "joules_per_1000_examples": "J/1000 ex = joules that the device drew to train on 1000 examples",
    "flops_per_example": "FLOPs/ex = to train on one example, as counted from its operations",
}


def throughput(block: Block) -> Sheet:
    """Return speed and size of every model, or a line that says that nobody probed.

    Columns of what no probe could tell are left out.
    """
    probes = {row.label: row.probe.probe if row.probe is not None else None for row in block.rows}
    found = [probe for probe in probes.values() if probe is not None]
    if not found:
        return Sheet(
            name="throughput", title="Throughput: no probe (--no-probe)", aside="", frame=pd.DataFrame(), titles={}
        )
    peaks = _peaks(found)
    entries = {label: _cells(probe, peaks) for label, probe in probes.items()}
    titles = {
        name: title
        for name, title in TITLES.items()
        if name not in WHERE_KNOWN or any(cells[name].value is not None for cells in entries.values())
    }
    return Sheet(
        name="throughput",
        title="Throughput, alone on the machine",
        aside=_aside(found),
        frame=frame({label: {name: cells[name] for name in titles} for label, cells in entries.items()}),
        titles=titles,
        sentences=(_reading(titles, peaks),),
    )


def probe_facts(block: Block) -> dict[str, dict[str, Any]]:
    """Return, for machines, what stands behind the sheet: every window, the peak, what the machine showed; by label."""
    probes = {row.label: row.probe.probe for row in block.rows if row.probe is not None}
    return {label: _facts(probe) for label, probe in probes.items() if probe is not None}


def utilisation(probe: Probe, peak: float | None) -> float | None:
    """Return the FLOPs that training does in a second as a share of `peak`; None where either is not known.

    Above 1 it is where a library computes a convolution by fewer operations than it counts for, or less exactly.
    """
    rates = _known(probe.examples_per_second)
    work, peak = finite(probe.flops_per_example), finite(peak)
    return statistics.median(rates) * work / peak if rates and work and peak else None


def _peaks(probes: Iterable[Probe]) -> dict[str, float]:
    """Return the fastest product that any probe saw, by its arithmetic: a busy moment of one must not decide."""
    found: dict[str, float] = {}
    for probe in probes:
        peak, arithmetic = finite(probe.matmul_peak_flops), probe.matmul_arithmetic or ""
        if peak is not None and peak > 0:
            found[arithmetic] = max(peak, found.get(arithmetic, 0.0))
    return found


def _aside(probes: Sequence[Probe]) -> str:
    batches = listed(sorted({number(probe.sample_batch, "count") for probe in probes}))
    lengths = listed(sorted({f"{probe.window_seconds:g}" for probe in probes if probe.window_seconds is not None}))
    windows = f"windows of {lengths} s" if lengths else "windows"
    return f"median [range of {windows}]; sampling in batches of {batches}, latency of 1; peak memory"


def _reading(names: Iterable[str], peaks: dict[str, float]) -> str:
    told = [READING[name] for name in names if name in READING]
    shown = [f"{number(peak, 'size')}FLOP/s ({plain(arithmetic, 40)})" for arithmetic, peak in sorted(peaks.items())]
    text = f"How to read it: {'; '.join(told)}."
    return f"{text} That product: {listed(shown)}." if shown else text


def _cells(probe: Probe | None, peaks: dict[str, float]) -> dict[str, Cell]:
    if probe is None:
        return dict.fromkeys(TITLES, NOT_MEASURED)
    return {
        "examples_per_second": _windows(probe.examples_per_second),
        "samples_per_second": _windows(probe.samples_per_second),
        "latency_p50_ms": one(probe.latency_ms[0]),
        "latency_p95_ms": one(probe.latency_ms[1]),
        "latency_p99_ms": one(probe.latency_p99_ms),
        "setup_seconds": one(probe.setup_seconds),
        "peak_memory_bytes": one(probe.peak_memory_bytes, "bytes"),
        "peak_reserved_bytes": one(probe.peak_reserved_bytes, "bytes"),
        "utilisation": one(utilisation(probe, peaks.get(probe.matmul_arithmetic or "")), "percent"),
        "joules_per_1000_examples": one(probe.joules_per_1000_examples),
        "parameters": one(probe.parameters, "size"),
        "flops_per_example": one(probe.flops_per_example, "size"),
    }


def one(value: float | None, style: Style = "number") -> Cell:
    """Return the cell of a single number."""
    value = finite(value)
    return NOT_MEASURED if value is None else Cell(value=value, style=style)


def _windows(speeds: Sequence[float]) -> Cell:
    known = _known(speeds)
    if not known:
        return NOT_MEASURED
    style: Style = "size" if max(known) >= 1e6 else "number"
    bounds = (min(known), max(known)) if len(known) > 1 else (None, None)
    return Cell(value=statistics.median(known), low=bounds[0], high=bounds[1], style=style)


def _known(speeds: Sequence[float]) -> list[float]:
    return [speed for speed in map(finite, speeds) if speed is not None]


def _facts(probe: Probe) -> dict[str, Any]:
    return {
        "window_seconds": finite(probe.window_seconds),
        "examples_per_second": [finite(each) for each in probe.examples_per_second],
        "samples_per_second": [finite(each) for each in probe.samples_per_second],
        "latency_draws": probe.latency_draws,
        "matmul_peak_flops": finite(probe.matmul_peak_flops),
        "matmul_arithmetic": plain(probe.matmul_arithmetic or "", 40) or None,
        "gauges": [_gauge(each) for each in probe.gauges],
    }


def _gauge(gauge: Gauge) -> dict[str, Any]:
    return {
        "sm_mhz": gauge.sm_mhz,
        "memory_mhz": gauge.memory_mhz,
        "throttle": [plain(each, 40) for each in gauge.throttle],
        "joules": finite(gauge.joules),
        "load": finite(gauge.load),
    }
