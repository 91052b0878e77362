"""A sound model for its neighbours to spoil: the mean of the rows with a little noise around it. No entry point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches


class Mean(nn.Module):
    """One row, learnt by gradient descent."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.full(task.shape, 0.5, dtype=task.dtype, device=task.device))

    def learn(self, x: Tensor, rate: float = 0.1) -> Tensor:
        """Take a step towards the rows `x` [n, ...]; return the loss before."""
        loss = mse_loss(self.mean.expand_as(x), x)
        (gradient,) = torch.autograd.grad(loss, self.mean)
        with torch.no_grad():
            self.mean -= rate * self.mean.numel() / 2 * gradient
        return loss.detach()

    def draw(self, count: int) -> Tensor:
        """Return rows around the mean [count, ...]."""
        noise = 0.1 * torch.randn(count, *self.mean.shape, dtype=self.mean.dtype, device=self.mean.device)
        return (self.mean + noise).clamp(0, 1).detach()


@hookimpl
def build(task: Task) -> Mean:
    return Mean(task)


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for x in batches:
        model.learn(x)


@hookimpl
def sample(model: Mean, count: int) -> Tensor:
    return model.draw(count)


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
