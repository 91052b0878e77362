"""The built-in `vae` with a peer's networks in the place of its own: what is timed is the built-in training."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils import convert_conv2d_weight_memory_format

from benchmarks import networks
from genbench import Task, hookimpl
from genbench_vae import bounds, vae
from genbench_vae.likelihoods import Bernoulli

sample, train = vae.sample, vae.train


class Options(vae.Options):
    """Which networks."""

    networks: str


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def build(task: Task, options: Options) -> vae.Vae:
    """Make the built-in model, and change its networks."""
    pair = networks.make(options.networks)
    model = vae.Vae(task, options.model_copy(update={"latent": pair.latent}))
    model.encoder, model.decoder = pair.first, Bernoulli(pair.second)
    return convert_conv2d_weight_memory_format(model.to(task.device), torch.channels_last)


def losses(model: vae.Vae, x: Tensor, noise: Tensor) -> list[float]:
    """Return the objective at given noise."""
    with torch.no_grad():
        return [-bounds.elbo(model, x, noise).mean().item()]
