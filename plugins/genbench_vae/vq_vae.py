"""VQ-VAE with its autoregressive prior (van den Oord, Vinyals & Kavukcuoglu, 2017, arXiv 1711.00937)."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

from pydantic import Field
from torch import nn

from genbench import Likelihood, Task, graphed, hookimpl
from genbench.backbones import decoder as neutral_decoder
from genbench.backbones import encoder as neutral_encoder
from genbench.backbones import grids, is_convolutional
from genbench.steps import adam, autocast, compiled, descend, laid_out
from genbench_vae import coder
from genbench_vae.code_prior import CodePrior
from genbench_vae.codebook import Codebook, perplexity
from genbench_vae.coder import around, sampled_as, sized
from genbench_vae.shared import SAMPLING

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from torch import Tensor
    from torch.optim import Optimizer

    from genbench.batches import Batches
    from genbench.hookspecs import Kind
    from genbench_vae.likelihoods import Gaussian

STAGED = 0.5  # share of the budget after which the codes stay and the prior begins
LEAST = 1e-6  # variance of a batch, where all rows are one
BIBTEX = """@inproceedings{oord2017neural,
  title = {Neural Discrete Representation Learning},
  author = {van den Oord, Aaron and Vinyals, Oriol and Kavukcuoglu, Koray},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2017},
}"""


class Options(coder.Networks):
    """What can be set."""

    backbone: Literal["neutral"] = Field("neutral", description="networks as all models', without the dense layers")
    likelihood: Literal["gaussian"] = Field("gaussian", description="whose variance is the mean squared error")
    codes: int = Field(
        128,
        ge=2,
        le=8192,
        json_schema_extra={"tune": {"low": 32, "high": 512, "log": True}},
        description="entries of the codebook",
    )
    size: int = Field(16, ge=1, le=512, json_schema_extra={"tune": False}, description="coordinates of an entry")
    slots: int | None = Field(
        None,
        ge=1,
        le=64,
        json_schema_extra={"tune": False},
        description="codes of an x without a grid; by shape when not given",
    )
    commitment: float = Field(
        0.25,
        ge=0,
        le=100,
        json_schema_extra={"tune": {"low": 0.05, "high": 2, "log": True}},
        description="weight of the distance to the entries",
    )
    codebook: Literal["average", "gradient"] = Field("average", description="what moves the entries")
    decay: float = Field(
        0.99, ge=0, lt=1, json_schema_extra={"tune": {"low": 0.9, "high": 0.999}}, description="of the moving averages"
    )
    prior_width: int = Field(
        128, ge=1, le=2048, json_schema_extra={"tune": False}, description="hidden units of the prior"
    )
    staging: Literal["together", "staged"] = Field("together", description="prior from the start, or from the half on")


class VqVae(nn.Module):
    """An encoder into vectors, the codebook, a decoder of the entries, and a prior over the codes."""

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.sampling = sampled_as(task, options)
        self.grid = grids.grid(task) if is_convolutional(task) else (options.slots or default_slots(task),)
        self.encoder, self.decoder = _networks(task, options, self.grid)
        self.decoder.log_variance.requires_grad_(False)  # it follows the errors
        self.codebook = Codebook(
            options.codes, options.size, decay=options.decay, by_gradient=options.codebook == "gradient"
        )
        self.prior = CodePrior(options.codes, math.prod(self.grid), options.prior_width)

    def vectors(self, x: Tensor) -> Tensor:
        """Return what is to be quantised [n, *grid, size]."""
        return self.encoder(x).float().movedim(1, -1)  # type: ignore[no-any-return]

    def codes(self, x: Tensor) -> Tensor:
        """Return the codes of x [n, places]."""
        return self.codebook.nearest(self.vectors(x)).flatten(1)

    def autocast(self) -> AbstractContextManager[Any]:
        """Run the networks in the task's precision; the losses stay float32."""
        return autocast(self.task)

    def placed(self, codes: Tensor) -> Tensor:
        """Return the entries of codes [n, places] as the decoder takes them, [n, size, *grid]."""
        return self.codebook.entries[codes.view(-1, *self.grid)].movedim(-1, 1)


class Losses(NamedTuple):
    """What a step needs of a batch."""

    loss: Tensor
    error: Tensor  # squared, averaged over all coordinates
    vectors: Tensor
    codes: Tensor  # [n, *grid]


def objective(model: VqVae, x: Tensor) -> Losses:
    """Return the loss (equation 3) and what the codebook follows.

    As in the authors' code, means are taken over coordinates, and errors in units of the variance of x, so that the
    commitment weighs the same whatever the data.
    """
    vectors = model.vectors(x)
    codes, entries, passed = model.codebook(vectors)
    error = (x - model.decoder.mean(passed.movedim(-1, 1))).square().mean()
    loss = error / x.var().clamp(min=LEAST) + model.options.commitment * (vectors - entries.detach()).square().mean()
    if model.options.codebook == "gradient":
        loss = loss + (vectors.detach() - entries).square().mean()
    return Losses(loss, error.detach(), vectors.detach(), codes)


def prior_objective(model: VqVae, codes: Tensor) -> Tensor:
    """Return minus log p(codes) of a place, averaged over the batch."""
    return -model.prior.log_prob(codes).mean() / codes.shape[1]


@hookimpl
def build(task: Task, options: Options) -> VqVae:
    """Make the untrained model."""
    return laid_out(VqVae(task, options), task)


@hookimpl
def train(model: VqVae, batches: Batches) -> None:
    """Learn codes and prior in every hand-out, or one after the other (section 3.3)."""
    own = [each for part in (model.encoder, model.codebook, model.decoder) for each in part.parameters()]
    coding = adam([each for each in own if each.requires_grad], model.task, lr=model.options.lr)
    writing = adam(model.prior.parameters(), model.task, lr=model.options.lr)
    batches.keep(coding=coding, writing=writing)
    code = partial(_code, compiled(objective, model.task), model, coding)
    write = partial(_write, compiled(prior_objective, model.task), model, writing)
    if model.options.staging == "staged":
        _run(graphed(lambda x: code(x)[0], model, coding), batches.until(STAGED))
        _run(graphed(lambda x: write(model.codes(x)), model, writing), batches)
    else:
        _run(graphed(partial(_both, code, write), model, coding, writing), batches)


@hookimpl
def sample(model: VqVae, count: int) -> Tensor:
    """Draw codes from the prior and return the decoder's mean, or a draw: `model.sampling` says which."""
    with model.autocast():
        entries = model.placed(model.prior.draw(count))
        return model.decoder.mean(entries) if model.sampling == "decoder mean" else model.decoder.draw(entries)


@hookimpl
def log_likelihood(model: VqVae, x: Tensor) -> Likelihood:
    """Bound log p(x) from below by log p(codes) + log p(x|codes) at the codes of x: one of the terms that p(x) sums."""
    codes = model.codes(x)
    values = model.prior.log_prob(codes) + model.decoder.log_prob(x, model.placed(codes))
    return Likelihood(values=values, bound="joint", measure=model.decoder.measure)


@hookimpl
def reconstruct(model: VqVae, x: Tensor) -> Tensor:
    """Return the decoder's mean of the codes of x."""
    return model.decoder.mean(model.placed(model.codes(x)))


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
        "paper": "Neural Discrete Representation Learning, Aaron van den Oord, Oriol Vinyals, Koray Kavukcuoglu,"
        " NeurIPS 2017, arXiv 1711.00937",
        "bibtex": BIBTEX,
        "sampling": f"codes from the prior; {SAMPLING}",
    }


def _run(step: Callable[[Tensor], dict[str, Tensor]], batches: Batches) -> None:
    for x in batches:
        batches.log(**step(x))


def _both(
    code: Callable[[Tensor], tuple[dict[str, Tensor], Tensor]],
    write: Callable[[Tensor], dict[str, Tensor]],
    x: Tensor,
) -> dict[str, Tensor]:
    """Do a step of the codes and one of the prior, on the codes that the first step found."""
    logged, codes = code(x)
    return logged | write(codes)


def _code(
    objective: Callable[[VqVae, Tensor], Losses], model: VqVae, optimiser: Optimizer, x: Tensor
) -> tuple[dict[str, Tensor], Tensor]:
    """Step encoder and decoder; return what is to be logged, and the codes [n, places]."""
    with model.autocast():
        found = objective(model, x)
    descend(optimiser, found.loss)
    model.codebook.follow(found.vectors, found.codes)
    model.decoder.follow(found.error)
    logged = {"loss": found.loss, "perplexity": perplexity(found.codes, model.options.codes)}
    return logged, found.codes.flatten(1)


def _write(
    objective: Callable[[VqVae, Tensor], Tensor], model: VqVae, optimiser: Optimizer, codes: Tensor
) -> dict[str, Tensor]:
    """Step the prior, which no gradient leaves: codes are whole numbers."""
    with model.autocast():
        loss = objective(model, codes)
    descend(optimiser, loss)
    return {"loss_prior": loss}


def _networks(task: Task, options: Options, grid: tuple[int, ...]) -> tuple[nn.Module, Gaussian]:
    """Return what maps x to vectors [n, size, *grid], and p(x|entries) of such."""
    places, size = math.prod(grid), sized(task, options)
    if is_convolutional(task):
        encoder: nn.Module = grids.encoder(task, outputs=options.size, width=size.width)
        decoder: nn.Module = grids.decoder(task, inputs=options.size, width=size.width)
    else:
        flat = neutral_encoder(task, outputs=options.size * places, size=size)
        encoder = nn.Sequential(flat, nn.Unflatten(1, (options.size, places)))
        decoder = nn.Sequential(nn.Flatten(), neutral_decoder(task, inputs=options.size * places, size=size))
    return encoder, cast("Gaussian", around(decoder, task, options))


def default_slots(task: Task) -> int:
    """Return the codes of an x without a grid, as measured at some thousands of steps."""
    return 2 if task.kind == "points" and task.schema is None else 8
