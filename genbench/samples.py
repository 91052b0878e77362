"""Draw samples in chunks and hand them over as files: the one path from a model's tensors to what is judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from genbench.hooks import ModelHooks
    from genbench.hookspecs import Task
    from genbench.refs import Scale
    from genbench.table import Table


@dataclass(frozen=True, slots=True)
class Drawn:
    """Samples as the judge reads them, and how they came about."""

    rows: NDArray[Any]  # uint8 [n, c, h, w], float32 [n, d] in the data's own units or [n, c, t], int64 [n, t]
    clamped: float  # share of values that had to be
    chunk: int  # samples drawn at a time in the end


def draw(
    hooks: ModelHooks,
    model: Any,
    task: Task,
    *,
    count: int,
    chunk: int,
    variant: str,
    labels: Tensor | None,
    scale: Scale | None,
    table: Table | None = None,
    phase: str,
    before_chunk: Callable[[], None] = lambda: None,
) -> Drawn:
    """Draw `count` samples, `chunk` at a time; each chunk is seeded by `phase` and its place.

    Where memory does not suffice, half as many are drawn at a time from there on. What `before_chunk` raises ends it.

    Raises:
        MemoryError, torch.OutOfMemoryError: not even one sample fits.
    """
    parts, outside, start = [], 0.0, 0
    while start < count:
        before_chunk()
        size = min(chunk, count - start)
        wanted = None if labels is None else labels[start : start + size]
        drawn = _draw_or_none(hooks, model, task, count=size, variant=variant, labels=wanted, phase=f"{phase}:{start}")
        if drawn is None:
            chunk = size // 2
            continue
        rows, share = to_rows(drawn, task, scale, table)
        parts.append(rows)
        outside += share * size / count
        start += size
    return Drawn(np.concatenate(parts), outside, chunk)


def _draw_or_none(hooks: ModelHooks, model: Any, task: Task, *, count: int, **named: Any) -> Tensor | None:
    """Return samples, or None where memory does not suffice for more than one.

    What was raised holds on to the tensors that filled the memory: it is gone once this returns.
    """
    try:
        return hooks.sample(model, task, count=count, **named)
    except (MemoryError, torch.OutOfMemoryError):
        if count == 1:
            raise
    if task.device.type == "cuda":
        torch.cuda.empty_cache()
    return None


def to_rows(drawn: Tensor, task: Task, scale: Scale | None, table: Table | None = None) -> tuple[NDArray[Any], float]:
    """Turn a model's tensor into rows as they are judged, and tell the share of values that were out of range.

    Images are clamped and rounded to uint8, waves clamped; points are put back into the data's units, those of a table
    decoded; tokens stay as they are.
    """
    if task.kind == "image":
        outside = float(((drawn < 0) | (drawn > 1)).float().mean())
        return drawn.clamp(0, 1).mul(255).round().to(torch.uint8).cpu().numpy(), outside
    if task.kind == "wave":
        outside = float((drawn.abs() > 1).float().mean())
        return drawn.clamp(-1, 1).cpu().numpy(), outside
    rows = drawn.cpu().numpy()
    if table is not None and scale is not None:
        return table.decode(rows, scale), 0.0
    if scale is not None:
        rows = (rows * np.asarray(scale.deviation) + np.asarray(scale.mean)).astype(np.float32)
    return rows, 0.0


def to_task(rows: NDArray[Any], scale: Scale | None, table: Table | None = None) -> Tensor:
    """Turn rows of a data set into what a model trains on; uint8 images stay small until they are handed out."""
    if table is not None and scale is not None:
        rows = table.encode(rows, scale)
    elif scale is not None:
        rows = ((rows - np.asarray(scale.mean)) / np.asarray(scale.deviation)).astype(np.float32)
    return torch.from_numpy(rows)


def save_rows(path: Path, rows: NDArray[Any]) -> None:
    """Write rows as .npy, making the folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, rows, allow_pickle=False)
