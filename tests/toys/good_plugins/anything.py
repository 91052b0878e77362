"""Learns nothing, of any kind of data: uniform pixels, waves and tokens, normal points, with their exact likelihood."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from genbench import Likelihood, Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

LEVELS = {"image": ("pmf256", -math.log(256)), "wave": ("density", -math.log(2))}  # nats of a value


class Anything(nn.Module):
    """What the last hand-out was, and how many there were."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self.register_buffer("last", torch.zeros((task.batch_size, *task.shape), dtype=task.dtype))
        self.register_buffer("seen", torch.zeros(()))


@hookimpl
def build(task: Task) -> Anything:
    return Anything(task).to(task.device)


@hookimpl
def train(model: Anything, batches: Batches) -> None:
    for x in batches:
        assert x.dtype == model.task.dtype and x.shape[1:] == model.task.shape
        model.last.copy_(x)
        model.seen += 1


@hookimpl
def sample(model: Anything, count: int) -> Tensor:
    task, shape = model.task, (count, *model.task.shape)
    if task.kind == "tokens":
        return torch.randint(task.classes, shape, device=task.device)
    if task.kind == "points":
        return torch.randn(shape, device=task.device)
    uniform = torch.rand(shape, device=task.device)
    return uniform if task.kind == "image" else 2 * uniform - 1


@hookimpl
def log_likelihood(model: Anything, x: Tensor) -> Likelihood:
    if model.task.kind == "points":
        values = -0.5 * (x.square() + math.log(2 * math.pi)).flatten(1).sum(1)
        return Likelihood(values=values, bound="exact", measure="density")
    measure, nats = LEVELS.get(model.task.kind, ("pmf", -math.log(model.task.classes or 1)))
    values = torch.full((len(x),), nats * math.prod(model.task.shape), device=x.device)
    return Likelihood(values=values, bound="exact", measure=measure)


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points", "wave", "tokens")
