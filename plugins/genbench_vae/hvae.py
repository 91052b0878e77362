"""A ladder of two to four groups of latents, after NVAE (2007.03898) and very deep VAEs (2011.10650)."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import torch
from pydantic import Field
from torch import nn

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.coder import Variational
from genbench_vae.hierarchy import make_hierarchy
from genbench_vae.shared import SAMPLING, kinds, log_likelihood

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches
    from genbench_vae.rungs import Rung

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

WARM_UP = 0.1
FREE_BITS = 1.0  # nats for every group: without them most stay at their priors in short budgets (measured)
BIBTEX = """@inproceedings{vahdat2020nvae,
  title = {{NVAE}: A Deep Hierarchical Variational Autoencoder},
  author = {Vahdat, Arash and Kautz, Jan},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2020},
}

@inproceedings{child2021very,
  title = {Very Deep {VAE}s Generalize Autoregressive Models and Can Outperform Them on Images},
  author = {Child, Rewon},
  booktitle = {International Conference on Learning Representations},
  year = {2021},
}"""


class Options(coder.Options):
    """What can be set."""

    backbone: Literal["neutral"] = Field(
        "neutral", json_schema_extra={"tune": False}, description="networks as all models'"
    )
    groups: int = Field(
        3,
        ge=2,
        le=4,
        json_schema_extra={"tune": False},
        description="groups of latents; on larger images a vector over grids",
    )
    latent: int | None = Field(
        None,
        ge=1,
        le=512,
        json_schema_extra={"tune": False},
        description="latents of a group of vectors; by shape when not given",
    )
    free_bits: float | None = Field(None, ge=0, le=10, description="nats free of charge, for every group")


class Descent(NamedTuple):
    """Where the way down ended, and what it cost."""

    state: Tensor
    divergences: Tensor  # by group [n, groups]
    log_ratio: Tensor  # log p(z) - log q(z|x) [n]


class Hvae(Variational):
    """A way up without noise, rungs down, and a decoder of the last state."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        made = make_hierarchy(task, options, options.groups)
        super().__init__(task, options, sum(math.prod(rung.shape) for rung in made.rungs))
        if options.warm_up is None:
            self.warm_up = max(self.warm_up, WARM_UP)
        self.free_bits = FREE_BITS if options.free_bits is None else options.free_bits
        self.start = made.start
        self.encoder = made.climb
        self.rungs = nn.ModuleList(made.rungs)
        self.decoder = made.decoder

    def descend(self, features: list[Tensor], noise: Tensor) -> Descent:
        """Infer every group at `noise` [n, latent], from the top."""
        state, found = noise.new_zeros(len(noise), *self.start), []
        for (rung, each), seen in zip(self._noises(noise), features, strict=True):
            state, inferred = rung.infer(state, seen, each)
            found.append(inferred)
        divergences = torch.stack([each.divergence for each in found], dim=1)
        return Descent(state, divergences, torch.stack([each.log_ratio for each in found]).sum(dim=0))

    def drawn(self, noise: Tensor) -> Tensor:
        """Return the last state at draws from the priors, `noise` [n, latent]."""
        state = noise.new_zeros(len(noise), *self.start)
        for rung, each in self._noises(noise):
            state = rung.draw(state, each)
        return state

    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x, z) - log q(z|x) [k, n] at the z of `noise` [k, n, latent]."""
        repeat = partial(_repeated, times=len(noise))
        found = self.descend([repeat(each) for each in self.encoder(x)], noise.flatten(0, 1))
        return (self.decoder.log_prob(repeat(x), found.state) + found.log_ratio).view(len(noise), len(x))

    def _noises(self, noise: Tensor) -> list[tuple[Rung, Tensor]]:
        """Return every rung with its part of `noise`."""
        rungs = cast("list[Rung]", list(self.rungs))
        return list(zip(rungs, torch.split(noise, [math.prod(rung.shape) for rung in rungs], dim=1), strict=True))


def objective(model: Hvae, x: Tensor, noise: Tensor) -> Tensor:
    """Return log p(x|z) - sum_l KL(q(z_l|z_<l, x) || p(z_l|z_<l)) [n] (NVAE, equation 1)."""
    found = model.descend(model.encoder(x), noise)
    return model.decoder.log_prob(x, found.state) - model.charged(found.divergences)


@hookimpl
def build(task: Task, options: Options) -> Hvae:
    """Make the untrained model."""
    return laid_out(Hvae(task, options), task)


@hookimpl
def train(model: Hvae, batches: Batches) -> None:
    """Maximise the bound, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def sample(model: Hvae, count: int) -> Tensor:
    """Descend by draws from the priors; return the decoder's mean, or a draw: `model.sampling` says which."""
    with model.autocast():
        state = model.drawn(model.noise(count))
        return model.decoder.mean(state) if model.sampling == "decoder mean" else model.decoder.draw(state)


@hookimpl
def reconstruct(model: Hvae, x: Tensor) -> Tensor:
    """Return the decoder's mean at the posteriors' means."""
    return model.decoder.mean(model.descend(model.encoder(x), torch.zeros_like(model.noise(len(x)))).state)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "after NVAE: A Deep Hierarchical Variational Autoencoder, Arash Vahdat, Jan Kautz, NeurIPS 2020,"
        " arXiv 2007.03898, and Very Deep VAEs, Rewon Child, ICLR 2021, arXiv 2011.10650; much smaller",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }


def _repeated(rows: Tensor, times: int) -> Tensor:
    """Return [times * n, ...]: all rows, and all of them again."""
    return rows.expand(times, *rows.shape).flatten(0, 1)
