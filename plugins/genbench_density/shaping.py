"""Flat rows as examples of a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task

RANGES = {"image": (0.0, 1.0), "wave": (-1.0, 1.0)}  # of kinds that have one


def as_examples(rows: Tensor, task: Task) -> Tensor:
    """Return [n, d] as float32 [n, *shape] within the kind's range."""
    shaped = rows.float().view(-1, *task.shape)
    return shaped.clamp(*RANGES[task.kind]) if task.kind in RANGES else shaped
