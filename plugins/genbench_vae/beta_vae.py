"""beta-VAE: the divergence weighed by beta (Higgins et al., 2017, openreview Sy2fzU9gl)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.bounds import divergences
from genbench_vae.coder import Coder
from genbench_vae.shared import SAMPLING, kinds, log_likelihood, reconstruct, sample

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

BIBTEX = """@inproceedings{higgins2017beta,
  title = {beta-{VAE}: Learning Basic Visual Concepts with a Constrained Variational Framework},
  author = {Higgins, Irina and Matthey, Loic and Pal, Arka and Burgess, Christopher and Glorot, Xavier
            and Botvinick, Matthew and Mohamed, Shakir and Lerchner, Alexander},
  booktitle = {International Conference on Learning Representations},
  year = {2017},
}"""


class Options(coder.Options):
    """What can be set."""

    beta: float = Field(
        4.0,
        ge=0,
        le=1000,
        json_schema_extra={"tune": {"low": 0.25, "high": 16, "log": True}},
        description="the divergence's weight; 1 is the plain bound",
    )


class BetaCoder(Coder):
    """A coder that remembers beta."""

    options: Options


def objective(model: BetaCoder, x: Tensor, noise: Tensor) -> Tensor:
    """Return log p(x|z) - beta KL(q(z|x) || p(z)) [n] (equation 4)."""
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    return model.decoder.log_prob(x, z) - model.options.beta * model.charged(divergences(mean, log_variance))


@hookimpl
def build(task: Task, options: Options) -> BetaCoder:
    """Make the untrained model."""
    return laid_out(BetaCoder(task, options), task)


@hookimpl
def train(model: BetaCoder, batches: Batches) -> None:
    """Maximise the weighed bound, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "beta-VAE: Learning Basic Visual Concepts with a Constrained Variational Framework, Irina Higgins"
        " et al., ICLR 2017, openreview Sy2fzU9gl",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }
