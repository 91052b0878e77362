"""Two stages that share one budget: an autoencoder until half of it is spent, then a Gaussian on its codes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

CODE = 8
WIDTH = 64


class Autoencoder(nn.Module):
    """Besides the networks, the moments of the codes that were seen: what is learnt from data is state."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        inputs = math.prod(task.shape)
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(inputs, WIDTH), nn.ReLU(), nn.Linear(WIDTH, CODE))
        outputs = [nn.Sigmoid()] if task.kind == "image" else []
        self.decoder = nn.Sequential(
            nn.Linear(CODE, WIDTH), nn.ReLU(), nn.Linear(WIDTH, inputs), *outputs, nn.Unflatten(1, task.shape)
        )
        self.register_buffer("seen", torch.zeros(()))
        self.register_buffer("total", torch.zeros(CODE))
        self.register_buffer("products", torch.zeros(CODE, CODE))

    @torch.no_grad()
    def observe(self, x: Tensor) -> None:
        """Add the codes of `x` to the moments."""
        codes = self.encoder(x)  # [n, CODE]
        self.seen += len(x)
        self.total += codes.sum(0)
        self.products += codes.T @ codes

    def draw_codes(self, count: int) -> Tensor:
        """Draw from the Gaussian [count, CODE]; a standard one before the second stage has begun."""
        seen, eye = self.seen.clamp_min(1), torch.eye(CODE, device=self.total.device)
        mean = self.total / seen
        covariance = self.products / seen - mean.outer(mean) if self.seen > 0 else eye
        return mean + torch.randn(count, CODE, device=mean.device) @ torch.linalg.cholesky(covariance + 1e-4 * eye).T


@hookimpl
def build(task: Task) -> Autoencoder:
    return Autoencoder(task).to(task.device)


@hookimpl
def train(model: Autoencoder, batches: Batches) -> None:
    adam = torch.optim.Adam(model.parameters(), lr=2e-3)
    batches.keep(adam=adam)
    for x in batches.until(0.5):
        loss = mse_loss(model.decoder(model.encoder(x)), x)
        adam.zero_grad()
        loss.backward()
        adam.step()
        batches.log(loss=loss)
    for x in batches:
        model.observe(x)


@hookimpl
def sample(model: Autoencoder, count: int) -> Tensor:
    return model.decoder(model.draw_codes(count))


@hookimpl
def reconstruct(model: Autoencoder, x: Tensor) -> Tensor:
    return model.decoder(model.encoder(x))


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
