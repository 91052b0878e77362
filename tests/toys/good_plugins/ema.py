"""Two ways to sample from one training: a flow's last weights, and their running average.

Yaron Lipman et al., Flow matching for generative modeling, 2022, arXiv 2210.02747, equation 23, s_min = 0.
"""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

DECAY = 0.99
STEPS = 20  # of Euler's method
WIDTH = 64


class Flow(nn.Module):
    """The average is a child like the network: a photograph holds both."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        size = math.prod(task.shape)
        self.task = task
        self.raw = nn.Sequential(nn.Linear(size + 1, WIDTH), nn.SiLU(), nn.Linear(WIDTH, size))
        self.ema = copy.deepcopy(self.raw).requires_grad_(False)

    def follow(self) -> None:
        """Move the average towards the network."""
        torch._foreach_lerp_(list(self.ema.parameters()), list(self.raw.parameters()), 1 - DECAY)


def velocity(network: nn.Module, rows: Tensor, time: Tensor) -> Tensor:
    """Return the velocity at rows [n, d] and times [n, 1]."""
    return network(torch.cat([rows, time], dim=1))


@hookimpl
def build(task: Task) -> Flow:
    return Flow(task).to(task.device)


@hookimpl
def train(model: Flow, batches: Batches) -> None:
    adam = torch.optim.Adam(model.raw.parameters(), lr=2e-3)
    batches.keep(adam=adam)
    for x in batches:
        data = x.flatten(1)
        noise, time = torch.randn_like(data), torch.rand(len(x), 1, device=x.device)
        loss = (velocity(model.raw, torch.lerp(noise, data, time), time) - (data - noise)).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        model.follow()
        batches.log(loss=loss)


@hookimpl
def sample(model: Flow, count: int, variant: str) -> Tensor:
    network = model.ema if variant == "ema" else model.raw
    rows = torch.randn(count, math.prod(model.task.shape), device=model.task.device)
    for step in range(STEPS):
        rows = rows + velocity(network, rows, torch.full_like(rows[:, :1], step / STEPS)) / STEPS
    drawn = rows.unflatten(1, model.task.shape)
    return drawn.clamp(0, 1) if model.task.kind == "image" else drawn


@hookimpl
def variants() -> tuple[str, ...]:
    return ("raw", "ema")


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
