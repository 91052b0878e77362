"""A loop with Hugging Face Accelerate: networks and optimisers are prepared, the batches are on the device already.

Xudong Mao et al., Least squares generative adversarial networks, 2016, arXiv 1611.04076, equation 2, a = 0, b = c = 1.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.optim import Adam

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

NOISE = 8
WIDTH = 64


class Game(nn.Module):
    """Both players, and the task that tells Accelerate where and how to run."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        inputs = math.prod(task.shape)
        outputs = [nn.Sigmoid()] if task.kind == "image" else []
        self.generator = nn.Sequential(
            nn.Linear(NOISE, WIDTH), nn.ReLU(), nn.Linear(WIDTH, inputs), *outputs, nn.Unflatten(1, task.shape)
        )
        self.critic = nn.Sequential(nn.Flatten(), nn.Linear(inputs, WIDTH), nn.LeakyReLU(0.2), nn.Linear(WIDTH, 1))

    def noise(self, count: int) -> Tensor:
        """Return standard normal noise [count, NOISE]."""
        return torch.randn(count, NOISE, device=self.task.device)


@hookimpl
def build(task: Task) -> Game:
    return Game(task).to(task.device)


@hookimpl
def train(model: Game, batches: Batches) -> None:
    precision = "bf16" if model.task.precision == "bf16" else "no"
    accelerator = Accelerator(cpu=model.task.device.type == "cpu", mixed_precision=precision)
    generator, critic = accelerator.prepare(model.generator, model.critic)
    adam_generator, adam_critic = accelerator.prepare(
        Adam(model.generator.parameters(), lr=1e-3), Adam(model.critic.parameters(), lr=1e-3)
    )
    batches.keep(adam_generator=adam_generator, adam_critic=adam_critic)
    for real in batches:
        with torch.no_grad():
            fake = generator(model.noise(len(real)))
        loss = (critic(real) - 1).square().mean() + critic(fake).square().mean()
        adam_critic.zero_grad()
        accelerator.backward(loss)
        adam_critic.step()
        adam_generator.zero_grad()
        accelerator.backward((critic(generator(model.noise(len(real)))) - 1).square().mean())
        adam_generator.step()
        batches.log(loss_critic=loss)


@hookimpl
def sample(model: Game, count: int) -> Tensor:
    return model.generator(model.noise(count))


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
