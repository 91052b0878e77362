"""A loop without an end of its own: `next` raises StopIteration when the budget is spent, and that is a normal end.

Yujia Li, Kevin Swersky and Richard Zemel, Generative moment matching networks, 2015, arXiv 1502.02761, with the
kernel -|x - y|.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

NOISE = 8
WIDTH = 64


@hookimpl
def build(task: Task) -> nn.Module:
    outputs = [nn.Sigmoid()] if task.kind == "image" else []
    generator = nn.Sequential(
        nn.Linear(NOISE, WIDTH), nn.ReLU(),
        nn.Linear(WIDTH, math.prod(task.shape)), *outputs, nn.Unflatten(1, task.shape),
    )  # fmt: skip
    return nn.Sequential(OrderedDict(generator=generator)).to(task.device)  # the name under which updates are counted


@hookimpl
def train(model: nn.Module, batches: Batches) -> None:
    adam = torch.optim.Adam(model.parameters(), lr=2e-3)
    batches.keep(adam=adam)
    while True:
        real = next(batches).flatten(1)
        fake = draw(model, len(real)).flatten(1)
        loss = 2 * torch.cdist(real, fake).mean() - torch.cdist(fake, fake).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        batches.log(loss=loss)


@hookimpl
def sample(model: nn.Module, count: int) -> Tensor:
    return draw(model, count)


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")


def draw(model: nn.Module, count: int) -> Tensor:
    """Return generated rows [count, ...]."""
    return model(torch.randn(count, NOISE, device=next(model.parameters()).device))
