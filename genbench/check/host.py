"""What pairs say: how much slower the candidate was, pair by pair, and how steady the machine was meanwhile."""

from __future__ import annotations

import math
import os
from itertools import groupby
from pathlib import Path
from statistics import median, stdev
from typing import TYPE_CHECKING, Any

from genbench.check.findings import Host
from genbench.machine import cores
from genbench.status import LOST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from genbench.check.timings import Pair, Timing

STAT = Path("/proc/stat")
STEAL, LAST_OF_SHARES = 7, 8  # of the columns of its first line: user nice system idle iowait irq softirq steal
IDLE_REASONS = ("None", "GpuIdle", "ApplicationsClocksSetting")  # clocks are low, and nothing is wrong


def slowdowns(pairs: Iterable[Pair], measure: str) -> list[float]:
    """Return how much slower the candidate was in each pair, as logarithms of ratios of medians: 0.095 is 10 % slower.

    Both arms by one rule, so that where nothing changed either sign is as likely: a candidate that failed is infinitely
    slow, one whose baseline failed infinitely fast, and where both failed, or both were lost with their supervisor, it
    is NaN. An arm that was lost because the other had to be killed has not failed.
    """
    return [_slowdown(each.baseline, each.candidate, measure) for each in pairs]


def _slowdown(baseline: Timing, candidate: Timing, measure: str) -> float:
    if baseline.failure is None and candidate.failure is None:
        return math.log(_seconds(candidate, measure) / _seconds(baseline, measure))
    failed = _has_failed(baseline), _has_failed(candidate)
    if failed[0] == failed[1]:
        return math.nan
    return math.inf if failed[1] else -math.inf


def _has_failed(timing: Timing) -> bool:
    return timing.failure is not None and not timing.failure.startswith(LOST)


def _seconds(timing: Timing, measure: str) -> float:
    """Return the seconds of an example, of a sample, or of the set-up."""
    if measure == "setup":
        assert timing.setup is not None
        return timing.setup
    return 1 / median(timing.training if measure == "training" else timing.sampling)


def spread(pairs: Sequence[Pair]) -> float | None:
    """Return the deviation of the slowdowns of training and sampling, the median over cells; None without pairs."""
    found = []
    whole = sorted((each for each in pairs if not each.is_control), key=_cell)
    for _, group in groupby(whole, key=_cell):
        own = list(group)
        for measure in ("training", "sampling"):
            finite = [each for each in slowdowns(own, measure) if math.isfinite(each)]
            found += [stdev(finite)] if len(finite) > 1 else []
    return median(found) if found else None


def _cell(pair: Pair) -> tuple[str, str]:
    return pair.model, pair.data


class HostWatch:
    """Watches the machine from its making on.

    Args:
        device: on which models are timed.
    """

    def __init__(self, device: str = "cpu") -> None:
        self._gpu = _gpu(device)
        self._reasons: dict[str, None] = {}
        self._load = os.getloadavg()[0]
        self._ticks = _ticks()
        self.look()

    def look(self) -> None:
        """Take in what a GPU says of its clocks now; call it after each pair."""
        self._reasons |= dict.fromkeys(_reasons(self._gpu))

    def host(self, pairs: Sequence[Pair] = ()) -> Host:
        """Tell how it was until now."""
        self.look()
        return Host(
            cores=cores(),
            load=(self._load, os.getloadavg()[0]),
            steal=stolen(self._ticks, _ticks()),
            spread=spread(pairs),
            throttled=tuple(self._reasons),
        )


def stolen(before: tuple[int, ...] | None, after: tuple[int, ...] | None) -> float | None:
    """Return the share of processor time that the host took away, from two readings of the ticks of all processors."""
    if before is None or after is None:
        return None
    passed = [end - begin for begin, end in zip(before, after, strict=True)]
    return max(0.0, passed[STEAL] / sum(passed)) if sum(passed) > 0 else 0.0


def _ticks() -> tuple[int, ...] | None:
    try:
        first = STAT.read_text().partition("\n")[0].split()[1 : LAST_OF_SHARES + 1]
    except OSError:  # not Linux
        return None
    return tuple(map(int, first)) if len(first) == LAST_OF_SHARES else None


def _gpu(device: str) -> Any:
    """Return NVML's handle of a CUDA device; None where there is none, or nobody may ask."""
    if not device.startswith("cuda"):
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
        index = int(device.partition(":")[2] or 0)
        visible = (os.environ.get("CUDA_VISIBLE_DEVICES") or "").split(",")
        name = visible[index] if index < len(visible) and visible[index] else str(index)
        by_name = pynvml.nvmlDeviceGetHandleByUUID
        return pynvml.nvmlDeviceGetHandleByIndex(int(name)) if name.isdigit() else by_name(name)
    except Exception:  # no driver library, a container that may not ask
        return None


def _reasons(gpu: Any) -> list[str]:
    """Return why a GPU holds its clocks back now, in NVML's names."""
    if gpu is None:
        return []
    import pynvml

    prefix = "nvmlClocksThrottleReason"
    try:
        held = pynvml.nvmlDeviceGetCurrentClocksThrottleReasons(gpu)
    except pynvml.NVMLError:
        return []
    known = {name.removeprefix(prefix): bit for name, bit in vars(pynvml).items() if name.startswith(prefix)}
    return [name for name, bit in known.items() if isinstance(bit, int) and held & bit and _is_one(name, bit)]


def _is_one(name: str, bit: int) -> bool:
    """Whether a name is of one reason for concern, and not of all, of none, or of an idle device."""
    return name not in IDLE_REASONS and bit.bit_count() == 1
