"""The built-in `gan` with a peer's networks in the place of its own: what is timed is the built-in training."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import convert_conv2d_weight_memory_format

from benchmarks import networks
from genbench import Task, hookimpl
from genbench_gan import gan
from genbench_gan.ema import RunningAverage

sample, train, variants = gan.sample, gan.train, gan.variants


class Options(gan.Options):
    """Which networks."""

    networks: str


class Generator(nn.Module):
    """Pixels in [0, 1] from a network whose are in [-1, 1]."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, noise: Tensor) -> Tensor:
        """Return pixels."""
        return (self.network(noise) + 1) / 2


class Discriminator(nn.Module):
    """Logits of pixels in [0, 1], of one batch after another: where rows are normalised, real ones and fakes apart."""

    def __init__(self, network: nn.Module, batch_size: int) -> None:
        super().__init__()
        self.network, self.batch_size = network, batch_size
        self.is_normalised = any(isinstance(each, nn.BatchNorm2d) for each in network.modules())

    def forward(self, pixels: Tensor) -> Tensor:
        """Return logits."""
        x = pixels * 2 - 1
        if not self.is_normalised:
            return self.network(x)
        return torch.cat([self.network(part) for part in x.split(self.batch_size)])


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def build(task: Task, options: Options) -> gan.Gan:
    """Make the built-in model, and change its networks."""
    pair = networks.make(options.networks)
    model = gan.Gan(task, options.model_copy(update={"latent": pair.latent}))
    model.generator, model.discriminator = Generator(pair.first), Discriminator(pair.second, task.batch_size)
    model.ema = RunningAverage(model.generator)
    return convert_conv2d_weight_memory_format(model.to(task.device), torch.channels_last)


def losses(model: gan.Gan, x: Tensor, noise: Tensor) -> list[float]:
    """Return both objectives at given noise."""
    with torch.no_grad():
        return [
            gan.discriminator_objective(model, x, noise).item(),
            gan.generator_objective(model, noise).item(),
        ]
