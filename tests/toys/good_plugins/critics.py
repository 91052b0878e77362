"""Several critic steps to a generator step: each critic update takes a hand-out of its own, the generator's takes none.

Ishaan Gulrajani et al., Improved training of Wasserstein GANs, 2017, arXiv 1704.00028, algorithm 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

NOISE = 8
WIDTH = 64
PENALTY = 10.0


class Options(BaseModel):
    n_critic: int = Field(5, ge=1, le=50, description="critic steps to a generator step")


class Game(nn.Module):
    """Both players are direct children of the model, so that the updates of each are counted."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.options = options
        inputs = math.prod(task.shape)
        outputs = [nn.Sigmoid()] if task.kind == "image" else []
        self.critic = nn.Sequential(nn.Flatten(), nn.Linear(inputs, WIDTH), nn.Tanh(), nn.Linear(WIDTH, 1))
        self.generator = nn.Sequential(
            nn.Linear(NOISE, WIDTH), nn.ReLU(), nn.Linear(WIDTH, inputs), *outputs, nn.Unflatten(1, task.shape)
        )
        self.register_buffer("rounds", torch.zeros((), dtype=torch.int64))  # a state too: whose turn it is

    def draw(self, count: int) -> Tensor:
        """Return generated rows [count, ...]."""
        return self.generator(torch.randn(count, NOISE, device=next(self.parameters()).device))


def critic_loss(model: Game, real: Tensor) -> Tensor:
    """Return the critic's loss with its penalty, whose gradient is differentiated once more."""
    fake = model.draw(len(real)).detach()
    share = torch.rand(len(real), *[1] * (real.dim() - 1), device=real.device)
    between = torch.lerp(real, fake, share).requires_grad_()
    (slope,) = torch.autograd.grad(model.critic(between).sum(), between, create_graph=True)
    penalty = (slope.flatten(1).norm(dim=1) - 1).square().mean()
    return model.critic(fake).mean() - model.critic(real).mean() + PENALTY * penalty


@hookimpl
def build(task: Task, options: Options) -> Game:
    return Game(task, options).to(task.device)


@hookimpl
def train(model: Game, batches: Batches) -> None:
    adam_critic = torch.optim.Adam(model.critic.parameters(), lr=1e-3, betas=(0.0, 0.9))
    adam_generator = torch.optim.Adam(model.generator.parameters(), lr=1e-3, betas=(0.0, 0.9))
    batches.keep(adam_critic=adam_critic, adam_generator=adam_generator)
    for real in batches:
        loss = critic_loss(model, real)
        _step(adam_critic, loss)
        batches.log(loss_critic=loss)
        model.rounds += 1
        if model.rounds % model.options.n_critic == 0:
            _step(adam_generator, -model.critic(model.draw(len(real))).mean())


@hookimpl
def sample(model: Game, count: int) -> Tensor:
    return model.draw(count)


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")


def _step(adam: torch.optim.Adam, loss: Tensor) -> None:
    adam.zero_grad()
    loss.backward()
    adam.step()
