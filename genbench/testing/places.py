"""The tasks on which a model is tried: of each kind the smallest, with rows that have something to learn."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch

from genbench.hookspecs import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

ROWS, BATCH, CLASSES, VOCABULARY = 64, 16, 3, 5
TABLE = {
    "columns": [
        {"name": "length", "kind": "number", "categories": [], "start": 0, "stop": 1},
        {"name": "species", "kind": "category", "categories": ["a", "b", "c"], "start": 1, "stop": 4},
    ],
    "target": "species",
}
SHAPES: dict[str, tuple[tuple[int, ...], ...]] = {  # the first that a model takes
    "image": ((1, 8, 8), (1, 16, 16), (1, 28, 28), (1, 32, 32), (3, 32, 32), (3, 64, 64)),
    "points": ((2,), (16,)),
    "table": ((4,),),
    "wave": ((1, 64), (1, 1024), (1, 8000)),
    "tokens": ((8,), (64,), (256,)),
}
LOUDNESS = 0.8  # of waves, whose range is -1 to 1


def places(kinds: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the tasks for a model's kinds: a table is a task of points."""
    return (*kinds, "table") if "points" in kinds else tuple(kinds)


def make_task(place: str, shape: tuple[int, ...], device: torch.device, **changes: Any) -> Task:
    """Describe a task without data.

    Args:
        place: a kind, or `table`.
        shape: of one example.
        device: where to train.
        changes: fields of the task that differ.
    """
    tokens = place == "tokens"
    plain = Task(
        kind="points" if place == "table" else place,  # type: ignore[arg-type]
        shape=shape,
        dtype=torch.int64 if tokens else torch.float32,
        classes=VOCABULARY if tokens else None,
        labelled=False,
        examples=ROWS,
        batch_size=BATCH,
        schema=TABLE if place == "table" else None,
        device=device,
        precision="fp32",
        compile=False,
        seed=0,
        budget="6steps",
    )
    return replace(plain, **changes)


def make_rows(task: Task, count: int = ROWS, seed: int = 1, clusters: int = CLASSES) -> tuple[Tensor, Tensor]:
    """Draw rows of some clusters, and to which each belongs.

    Returns:
        Rows [count, *shape] in the range of the task's kind, and int64 [count] labels below `clusters`.
    """
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(clusters, (count,), generator=generator)
    noise = torch.randn(count, *task.shape, generator=generator)
    return _of_kind(task, labels, noise, generator), labels


def make_noise(task: Task, count: int, seed: int = 2) -> Tensor:
    """Draw rows [count, *shape] that are as bad as it gets: uniform over the range of the task's kind."""
    generator = torch.Generator().manual_seed(seed)
    if task.kind == "tokens":
        return torch.randint(task.classes or 0, (count, *task.shape), generator=generator)
    uniform = torch.rand(count, *task.shape, generator=generator)
    return {"image": uniform, "wave": 2 * uniform - 1}.get(task.kind, 6 * uniform - 3)


def _of_kind(task: Task, labels: Tensor, noise: Tensor, generator: torch.Generator) -> Tensor:
    if task.schema is not None:
        return torch.cat([labels[:, None] - 1.0 + 0.2 * noise[:, :1], torch.eye(CLASSES)[labels]], dim=1)
    if task.kind == "tokens":  # each class counts up from its own beginning, with slips
        start = labels[:, None] + torch.arange(task.shape[0])
        slips = torch.rand(start.shape, generator=generator) < 0.05
        return (start + slips) % (task.classes or 1)
    if task.kind == "points":
        angle = 2 * math.pi * labels / CLASSES
        centre = torch.stack([angle.cos(), angle.sin()], dim=1).repeat(1, -(-task.shape[0] // 2))
        return 1.3 * centre[:, : task.shape[0]] + 0.1 * noise
    at = torch.linspace(0, 1, task.shape[-1])
    tone = torch.sin(2 * math.pi * (labels[:, None] + 1.0) * at).reshape(len(labels), *[1] * (len(task.shape) - 1), -1)
    if task.kind == "wave":
        return (LOUDNESS * tone + 0.05 * noise).clamp(-1, 1)
    return (255 * (0.5 + 0.4 * tone + 0.05 * noise).clamp(0, 1)).round() / 255  # stripes, in bytes
