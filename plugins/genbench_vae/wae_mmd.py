"""Wasserstein auto-encoders with a kernel penalty (Tolstikhin, Bousquet, Gelly & Scholkopf, 2018, arXiv 1711.01558)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_vae import coder
from genbench_vae.ascent import maximise
from genbench_vae.coder import Coder

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches
    from genbench.hookspecs import Kind

BIBTEX = """@inproceedings{tolstikhin2018wasserstein,
  title = {Wasserstein Auto-Encoders},
  author = {Tolstikhin, Ilya and Bousquet, Olivier and Gelly, Sylvain and Sch{\\"o}lkopf, Bernhard},
  booktitle = {International Conference on Learning Representations},
  year = {2018},
}"""
SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # of the kernel's width, as in the authors' code


class Options(coder.Options):
    """What can be set."""

    likelihood: Literal["gaussian"] = Field("gaussian", description="whose squared error is the cost")
    decoder: Literal["mean"] = Field("mean", description="what a sample is: the decoder is a function")
    penalty: float = Field(
        10.0,
        ge=0,
        le=10_000,
        json_schema_extra={"tune": {"low": 1, "high": 100}},
        description="weight of the distance of codes and prior",
    )


class DeterministicCoder(Coder):
    """An encoder and a decoder that are functions."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options, outputs=1)
        self.decoder.log_variance.requires_grad_(False)  # the cost knows no variance

    def codes(self, x: Tensor) -> Tensor:
        """Return z [n, latent]."""
        return self.encoder(x).float()  # type: ignore[no-any-return]


def discrepancy(codes: Tensor, prior: Tensor) -> Tensor:
    """Return the unbiased squared MMD of two samples [n, d] under sums of inverse multiquadratics C / (C + |x - y|^2).

    Algorithm 2; C = 2 d s, the squared distance to be expected of the prior, times each of seven scales s. It is around
    0 for equal laws, and at times below.
    """
    count, width = codes.shape
    off = count * (count - 1)
    within = _off_diagonal(_kernel(codes, codes, width)) + _off_diagonal(_kernel(prior, prior, width))
    return within / off - 2 * _kernel(codes, prior, width).mean()


def objective(model: DeterministicCoder, x: Tensor, noise: Tensor) -> Tensor:
    """Return minus the squared error, summed over coordinates, less the weighed discrepancy to the prior, [n]."""
    codes = model.codes(x)
    cost = (x - model.decoder.mean(codes)).square().flatten(1).sum(dim=1)
    return -(cost + model.options.penalty * discrepancy(codes, noise))


@hookimpl
def build(task: Task, options: Options) -> DeterministicCoder:
    """Make the untrained model."""
    return laid_out(DeterministicCoder(task, options), task)


@hookimpl
def train(model: DeterministicCoder, batches: Batches) -> None:
    """Minimise cost and discrepancy, averaged over the batch."""
    maximise(objective, model, batches)


@hookimpl
def sample(model: DeterministicCoder, count: int) -> Tensor:
    """Decode draws from the prior."""
    with model.autocast():
        return model.decoder.mean(model.noise(count))


@hookimpl
def reconstruct(model: DeterministicCoder, x: Tensor) -> Tensor:
    """Decode the codes."""
    return model.decoder.mean(model.codes(x))


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def kinds() -> tuple[Kind, ...]:
    """Return the kinds of task."""
    return ("image", "points", "wave")


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Wasserstein Auto-Encoders, Ilya Tolstikhin, Olivier Bousquet, Sylvain Gelly, Bernhard Schoelkopf,"
        " ICLR 2018, arXiv 1711.01558",
        "bibtex": BIBTEX,
        "sampling": "the decoder's output",
    }


def _kernel(first: Tensor, second: Tensor, width: int) -> Tensor:
    """Return the summed kernels of every pair [n, m]."""
    squares = (first[:, None] - second[None]).square().sum(dim=2)
    constants = [2.0 * width * scale for scale in SCALES]
    total = constants[0] / (constants[0] + squares)
    for constant in constants[1:]:
        total = total + constant / (constant + squares)
    return total


def _off_diagonal(kernel: Tensor) -> Tensor:
    return kernel.sum() - kernel.diagonal().sum()
