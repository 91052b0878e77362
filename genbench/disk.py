"""Is there room for what a run will write? Asked before anything is trained."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from genbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from genbench.plan import Plan
    from genbench.record import Trial
    from genbench.refs import Split

MARGIN = 256 * 2**20  # bytes for records, curves, pictures and photographs of small models
BYTES = {"image": 1, "points": 4, "wave": 4, "tokens": 8}  # of one value of a sample, by kind


def has_room(folder: Path) -> bool:
    """Tell whether a folder can be written to, and its disk is not about to be full."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(2**20))
            file.flush()
            os.fsync(file.fileno())
        return shutil.disk_usage(folder).free > MARGIN
    except OSError:
        return False


def sample_bytes(trial: Trial, counts: Mapping[Split, int]) -> int:
    """Return how much a trial's samples take, for as long as they are not judged."""
    row = BYTES[trial.data.kind] * math.prod(trial.data.shape)
    at_end, at_marks = sum(counts.values()), len(trial.marks) * counts.get("validation", 0)
    return len(trial.model.variants) * (at_end + at_marks) * row


def check_room(output: Path, plan: Plan, counts: Mapping[str, Mapping[Split, int]], at_once: int) -> None:
    """Refuse a run whose samples do not fit on the disk.

    Args:
        output: folder of the run.
        plan: what will run.
        counts: samples drawn for each split, by data set.
        at_once: trials whose samples lie there at the same time; all of them where they are kept.

    Raises:
        UsageError: too little is free.
    """
    sizes = sorted((sample_bytes(trial, counts[trial.data.name]) for trial in plan.trials or plan.tuning), reverse=True)
    needed, free = sum(sizes[:at_once]) + MARGIN, shutil.disk_usage(output).free
    if free < needed:
        raise UsageError(
            f"{output}: {free / 1e9:.2f} GB are free, expected {needed / 1e9:.2f} GB for the samples of {at_once} "
            "trials at once; free some, choose another --output, keep no samples or use fewer --workers"
        )
