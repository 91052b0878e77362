"""The generator and the discriminator: the neutral networks, images brought to [0, 1] and waves to [-1, 1]."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from torch import nn

from genbench.backbones import decoder, encoder, is_convolutional

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from genbench import Task
    from genbench.backbones import Size


LEARNT = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.ConvTranspose1d, nn.ConvTranspose2d)
BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


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


def head_of(network: nn.Sequential) -> nn.Linear:
    """Return the last layer of a discriminator."""
    return cast("nn.Linear", network[-1])


def layers_of(network: nn.Module) -> list[nn.Module]:
    """Return what a network applies one after another, however nested."""
    if not isinstance(network, nn.Sequential):
        return [network]
    return [layer for part in network for layer in layers_of(part)]


def normalised(network: nn.Module, normalise: Callable[[nn.Module], nn.Module], *, first: int) -> nn.Sequential:
    """Return the network's layers, which are not copied, with other normalisations.

    Args:
        network: where it is normalised over the batch, it stays so at the same places; else behind each linear or
            convolutional layer but the last, whose outputs are the network's.
        normalise: makes the normalisation, from the layer that it follows or whose place it takes.
        first: of the linear or convolutional layers to be followed by one, counted from 0.
    """
    layers = layers_of(network)
    if any(isinstance(layer, BATCH_NORMS) for layer in layers):
        return nn.Sequential(*[normalise(layer) if isinstance(layer, BATCH_NORMS) else layer for layer in layers])
    chosen = [place for place, layer in enumerate(layers) if isinstance(layer, LEARNT)][first:-1]
    found: list[nn.Module] = []
    for place, layer in enumerate(layers):
        found += [layer, normalise(layer)] if place in chosen else [layer]
    return nn.Sequential(*found)


def outputs_of(layer: nn.Module) -> int:
    """Return the channels or units that leave a linear, convolutional or normalising layer."""
    return int(
        next(vars(layer)[name] for name in ("out_channels", "out_features", "num_features") if name in vars(layer))
    )
