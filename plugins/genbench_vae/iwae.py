"""Importance weighted autoencoders (Burda, Grosse & Salakhutdinov, 2016, arXiv 1509.00519)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.bounds import importance_bound, weighed
from genbench_vae.coder import Coder
from genbench_vae.shared import SAMPLING, kinds, log_likelihood, reconstruct, sample

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "log_likelihood", "options", "reconstruct", "sample", "train"]

BIBTEX = """@inproceedings{burda2016importance,
  title = {Importance Weighted Autoencoders},
  author = {Burda, Yuri and Grosse, Roger and Salakhutdinov, Ruslan},
  booktitle = {International Conference on Learning Representations},
  year = {2016},
}"""


class Options(coder.Options):
    """What can be set."""

    k: int = Field(
        5,
        ge=1,
        le=1000,
        json_schema_extra={"tune": {"low": 1, "high": 50, "log": True}},
        description="importance samples of every row; 1 is the sampled evidence bound",
    )
    gradient: Literal["standard", "dreg"] = Field("standard", description="of the encoder; dreg: of less variance")


class ImportanceCoder(Coder):
    """A coder that remembers k."""

    options: Options


def doubly_reparameterised(model: ImportanceCoder, x: Tensor, noise: Tensor) -> Tensor:
    """Return what has the decoder's gradient of the importance bound, and the encoder's with less variance, [n].

    G. Tucker, D. Lawson, S. Gu, C. Maddison, Doubly reparameterized gradient estimators, 2019, arXiv 1810.04152,
    equation 8: the encoder is reached through z alone, and every z's gradient is weighed once more. The value is not
    the bound's.
    """
    mean, log_variance = model.posterior(x)
    z = mean + torch.exp(log_variance / 2) * noise
    log_weight = weighed(model, x, z, (mean.detach(), log_variance.detach()))
    share = torch.softmax(log_weight, dim=0).detach()  # [k, n]
    if z.requires_grad:
        z.register_hook(lambda gradient: gradient * share[..., None])  # type: ignore[no-untyped-call]
    return (share * log_weight).sum(dim=0)


@hookimpl
def build(task: Task, options: Options) -> ImportanceCoder:
    """Make the untrained model."""
    return laid_out(ImportanceCoder(task, options), task)


@hookimpl
def train(model: ImportanceCoder, batches: Batches) -> None:
    """Maximise the importance bound of k samples (equation 8), averaged over the batch."""
    objective = doubly_reparameterised if model.options.gradient == "dreg" else importance_bound
    maximise(objective, model, batches, samples=(model.options.k,))


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Importance Weighted Autoencoders, Yuri Burda, Roger Grosse, Ruslan Salakhutdinov, ICLR 2016,"
        " arXiv 1509.00519",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }
