"""The generator and the discriminator: the neutral networks, images brought to [0, 1] and waves to [-1, 1]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from torch import nn

from genbench.backbones import decoder, encoder, is_convolutional

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.backbones import Size


def default_latent(task: Task) -> int:
    """Return the noise dimensions for `task`'s shape, as measured at some thousands of steps."""
    if is_convolutional(task):
        return 64
    return 32 if task.kind == "image" else 16


def generator(task: Task, latent: int, size: Size) -> nn.Module:
    """Map z [n, latent] to x [n, *shape]."""
    return ended(decoder(task, inputs=latent, size=size), task)


def ended(network: nn.Module, task: Task) -> nn.Module:
    """Return `network` with its outputs brought to the range of the task's data."""
    ends = {"image": nn.Sigmoid(), "wave": nn.Tanh()}
    return nn.Sequential(network, ends[task.kind]) if task.kind in ends else network


def discriminator(task: Task, size: Size, *, outputs: int = 1, pack: int = 1) -> nn.Sequential:
    """Map x [n, pack * c, ...] to [n, outputs]; no normalisation, so that a row's logit does not depend on its batch.

    Its last layer is linear, those before it are its features.
    """
    packed = replace(task, shape=(pack * task.shape[0], *task.shape[1:]))
    return cast("nn.Sequential", encoder(packed, outputs=outputs, size=size))


def features(network: nn.Sequential, x: Tensor) -> Tensor:
    """Return what the last layer of a discriminator sees [n, f]."""
    for layer in list(network)[:-1]:
        x = layer(x)
    return x
