"""The raw timings of both arms, as pytest-benchmark saves its own, so that `pytest-benchmark compare` reads them."""

from __future__ import annotations

import json
import math
import statistics
from typing import TYPE_CHECKING, Any, get_args

from genbench.check.timings import ArmName, Pair
from genbench.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.findings import Checked
    from genbench.check.timings import Timing
    from genbench.record import Environment

VERSION = "5.0.0"  # of pytest-benchmark whose form this is


def text(checked: Checked, pairs: Iterable[Pair]) -> str:
    """Return seconds per example, per sample and to the second hand-out; a round is a window or a draw.

    Control arms are left out. The commit is the one that genbench itself runs from.
    """
    environment = checked.environment
    commit = environment.commit or "unversioned"
    content = {
        "machine_info": _machine(environment),
        "commit_info": {
            "id": commit.removesuffix("-dirty"), "time": checked.started, "author_time": checked.started,
            "dirty": commit.endswith("-dirty"), "project": "genbench", "branch": "(unknown)",
        },
        "benchmarks": _benchmarks(pairs),
        "datetime": checked.started,
        "version": VERSION,
    }  # fmt: skip
    return json.dumps(content, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def _benchmarks(pairs: Iterable[Pair]) -> list[dict[str, Any]]:
    data: dict[tuple[str, str, str, str], list[float]] = {}
    for pair in sorted(pairs, key=lambda each: each.number):
        for arm in () if pair.is_control else get_args(ArmName):
            for measure, seconds in _seconds(getattr(pair, arm)).items():
                data.setdefault((pair.model, pair.data, measure, arm), []).extend(seconds)
    return [_benchmark(*key, seconds) for key, seconds in data.items() if seconds]


def _seconds(timing: Timing) -> dict[str, list[float]]:
    """Return seconds per unit of work, of each window."""
    rates = {"training": timing.training, "sampling": timing.sampling}
    found = {name: [1 / rate for rate in own if rate > 0 and math.isfinite(rate)] for name, own in rates.items()}
    return found | {"setup": [] if timing.setup is None else [timing.setup]}


def _benchmark(model: str, data: str, measure: str, arm: str, seconds: Sequence[float]) -> dict[str, Any]:
    params = {"model": plain(model, 60), "data": plain(data, 60), "arm": arm}
    param = "-".join(params.values())
    name = f"{measure}[{param}]"
    return {
        "group": f"{params['model']} on {params['data']}: {measure}",
        "name": name,
        "fullname": f"genbench check::{name}",
        "params": params,
        "param": param,
        "extra_info": {},
        "options": {"disable_gc": False, "timer": "perf_counter", "warmup": True},
        "stats": stats(seconds),
    }


def stats(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the statistics that pytest-benchmark keeps of its rounds, the rounds themselves included."""
    ordered = sorted(seconds)
    several = len(ordered) > 1
    q1, middle, q3 = statistics.quantiles(ordered, method="inclusive") if several else ordered * 3
    mean, total = statistics.fmean(ordered), math.fsum(ordered)
    deviation = statistics.stdev(ordered) if several else 0.0
    fences = q1 - 1.5 * (q3 - q1), q3 + 1.5 * (q3 - q1)
    inside = [each for each in ordered if fences[0] <= each <= fences[1]] or ordered  # equal ones, but for rounding
    far = sum(abs(each - mean) > deviation for each in ordered)
    outliers = len(ordered) - len(inside)
    return {
        "min": ordered[0], "max": ordered[-1], "mean": mean, "stddev": deviation, "rounds": len(ordered),
        "median": middle, "iqr": q3 - q1, "q1": q1, "q3": q3, "iqr_outliers": outliers, "stddev_outliers": far,
        "outliers": f"{far};{outliers}", "ld15iqr": inside[0], "hd15iqr": inside[-1],
        "ops": len(ordered) / total if total else 0.0, "total": total, "data": list(seconds), "iterations": 1,
    }  # fmt: skip


def _machine(environment: Environment) -> dict[str, Any]:
    return {
        "node": environment.device_name, "processor": environment.cpu, "machine": environment.platform,
        "python_implementation": "CPython", "python_version": environment.python,
        "system": environment.platform.partition("-")[0], "release": environment.platform,
        "cpu": {"brand_raw": environment.cpu, "count": environment.cores},
    }  # fmt: skip
