"""The generator and the discriminator: the neutral networks, images brought to [0, 1] and waves to [-1, 1]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import nn

from genbench.backbones import decoder, encoder, is_convolutional

if TYPE_CHECKING:
    from genbench import Task
    from genbench.backbones import Size


def default_latent(task: Task) -> int:
    """Return the noise dimensions for `task`'s shape, as measured at some thousands of steps."""
    if is_convolutional(task):
        return 64
    return 32 if task.kind == "image" else 16


def generator(task: Task, latent: int, size: Size) -> nn.Module:
    """Map z [n, latent] to x [n, *shape]."""
    network = decoder(task, inputs=latent, size=size)
    ends = {"image": nn.Sigmoid(), "wave": nn.Tanh()}
    return nn.Sequential(network, ends[task.kind]) if task.kind in ends else network


def discriminator(task: Task, size: Size) -> nn.Module:
    """Map x [n, *shape] to logits [n, 1]; no normalisation, so that a row's logit does not depend on its batch."""
    return encoder(task, outputs=1, size=size)
