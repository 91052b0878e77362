"""A LightningModule whose Trainer owns the loop: `batches` is its data loader, and one epoch is the budget.

Lightning fetches one batch ahead, so a mark holds one update less than its hand-outs; the record says so.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import lightning
import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

CODE = 8
WIDTH = 64


class Autoencoder(lightning.LightningModule):
    """A variational autoencoder with manual optimisation."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.task = task
        inputs = math.prod(task.shape)
        outputs = [nn.Sigmoid()] if task.kind == "image" else []
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(inputs, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 2 * CODE))
        self.decoder = nn.Sequential(
            nn.Linear(CODE, WIDTH), nn.ReLU(), nn.Linear(WIDTH, inputs), *outputs, nn.Unflatten(1, task.shape)
        )

    def training_step(self, x: Tensor) -> None:
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        divergence = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1).mean()
        loss = mse_loss(self.decoder(z), x, reduction="sum") / len(x) + divergence
        adam = self.optimizers()
        adam.zero_grad()
        self.manual_backward(loss)
        adam.step()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.Adam(self.parameters(), lr=2e-3)


@hookimpl
def build(task: Task) -> Autoencoder:
    return Autoencoder(task).to(task.device)


@hookimpl
def train(model: Autoencoder, batches: Batches) -> None:
    device = model.task.device
    trainer = lightning.Trainer(
        max_epochs=1,
        accelerator=device.type,
        devices=1 if device.index is None else [device.index],
        precision="bf16-mixed" if model.task.precision == "bf16" else "32-true",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, batches)


@hookimpl
def sample(model: Autoencoder, count: int) -> Tensor:
    return model.decoder(torch.randn(count, CODE, device=model.device))


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points")
