"""A generator per class in one network: labels come from `batches.labelled()` in training, and by name in `sample`.

Trained on the energy distance between the real and the generated rows of each label (Gábor Székely and Maria Rizzo,
Energy statistics: a class of statistics based on distances, 2013).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

NOISE = 8
WIDTH = 64


class Generator(nn.Module):
    """Map noise and a label to a row."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        if task.classes is None:
            raise ValueError("a conditional model needs a labelled data set")
        self.classes = task.classes
        outputs = [nn.Sigmoid()] if task.kind == "image" else []
        self.network = nn.Sequential(
            nn.Linear(NOISE + task.classes, WIDTH), nn.ReLU(),
            nn.Linear(WIDTH, math.prod(task.shape)), *outputs, nn.Unflatten(1, task.shape),
        )  # fmt: skip

    def forward(self, labels: Tensor) -> Tensor:
        noise = torch.randn(len(labels), NOISE, device=labels.device)
        return self.network(torch.cat([noise, one_hot(labels, self.classes)], dim=1))


def energy(real: Tensor, fake: Tensor, labels: Tensor) -> Tensor:
    """Return the energy distance between rows of the same label, less the part that `fake` cannot change."""
    same = (labels[:, None] == labels).float()
    real, fake = real.flatten(1), fake.flatten(1)
    return ((2 * torch.cdist(real, fake) - torch.cdist(fake, fake)) * same).sum() / same.sum()


@hookimpl
def build(task: Task) -> Generator:
    return Generator(task).to(task.device)


@hookimpl
def train(model: Generator, batches: Batches) -> None:
    adam = torch.optim.Adam(model.parameters(), lr=2e-3)
    batches.keep(adam=adam)
    for x, labels in batches.labelled():
        loss = energy(x, model(labels), labels)
        adam.zero_grad()
        loss.backward()
        adam.step()
        batches.log(loss=loss)


@hookimpl
def sample(model: Generator, labels: Tensor) -> Tensor:
    return model(labels)


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
