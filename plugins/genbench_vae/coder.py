"""What the models of this family are made of: an encoder q(z|x) and a decoder p(x|z) under the prior N(0, I)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench.backbones import decoder as neutral_decoder
from genbench.backbones import encoder as neutral_encoder
from genbench.backbones import is_convolutional, neutral_size
from genbench.steps import autocast
from genbench_vae import canonical
from genbench_vae.bounds import log_weights
from genbench_vae.likelihoods import Bernoulli, Categorical, Gaussian, Likelihood, Mixed

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from genbench import Task
    from genbench_vae.likelihoods import Distribution

LOG_VARIANCE_RANGE = (-10.0, 10.0)  # exp() of more overflows early in training
MOST_SAMPLES = 16_384
TEXT_WARM_UP, TEXT_FREE_BITS = 0.5, 0.25  # without them a decoder that reads what it wrote leaves z unused


class Networks(BaseModel):
    """What can be set of the networks and of their training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int | None = Field(
        None,
        ge=1,
        le=2048,
        json_schema_extra={"tune": False},
        description="hidden units or channels; by shape when not given",
    )
    lr: float = Field(
        2e-3,
        ge=1e-5,
        le=1e-1,
        json_schema_extra={"tune": {"low": 1e-4, "high": 1e-2}},
        description="Adam's learning rate",
    )
    backbone: Literal["neutral", "canonical"] = Field(
        "neutral", json_schema_extra={"tune": False}, description="networks as all models', or the papers'"
    )
    likelihood: Literal["auto", "bernoulli", "gaussian"] = Field(
        "auto", json_schema_extra={"tune": False}, description="auto: bernoulli on images"
    )
    decoder: Literal["auto", "mean", "draw"] = Field(
        "auto", json_schema_extra={"tune": False}, description="a sample; auto: mean on images and waves"
    )


class Options(Networks):
    """What can be set of every model with continuous latents."""

    latent: int | None = Field(
        None,
        ge=1,
        le=512,
        json_schema_extra={"tune": False},
        description="latent dimensions; by the task's shape when not given",
    )
    warm_up: float | None = Field(None, ge=0, le=1, description="share of the budget until the divergence weighs 1")
    free_bits: float | None = Field(None, ge=0, le=10, description="nats free of charge, for every latent")
    iwae_samples: int = Field(
        100,
        ge=1,
        le=MOST_SAMPLES,
        json_schema_extra={"tune": False},
        description="importance samples of the likelihood's bound",
    )


class Variational(nn.Module, ABC):
    """What every model with continuous latents has: their number, their noise, and how its divergence is charged.

    Args:
        task: what is to be learnt.
        options: the model's.
        latent: coordinates of all that is inferred of a row.
    """

    decoder: Distribution
    warmth: Tensor

    def __init__(self, task: Task, options: Options, latent: int) -> None:
        super().__init__()
        self.task, self.options, self.latent = task, options, latent
        self.sampling = sampled_as(task, options)
        is_text = task.kind == "tokens"
        self.warm_up = (TEXT_WARM_UP if is_text else 0.0) if options.warm_up is None else options.warm_up
        self.free_bits = (TEXT_FREE_BITS if is_text else 0.0) if options.free_bits is None else options.free_bits
        self.register_buffer("warmth", torch.ones(()), persistent=False)

    @abstractmethod
    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x, z) - log q(z|x) [k, n] at the z of `noise` [k, n, latent]."""

    def noise(self, *counts: int) -> Tensor:
        """Return standard normal noise [*counts, latent]."""
        return torch.randn(*counts, self.latent, device=self.task.device)

    def charged(self, divergences: Tensor) -> Tensor:
        """Return what is charged [n] for divergences by latent [n, latent]: their sum, but for warm-up and free bits.

        Free bits are of the batch's mean (D. Kingma et al., 2016, arXiv 1606.04934, equation 15); the weight rises as
        in S. Bowman et al., 2016, arXiv 1511.06349, section 3.1, and ends at 1.
        """
        if self.free_bits:
            divergences = divergences.mean(dim=0, keepdim=True).clamp(min=self.free_bits)
        return self.warmed(divergences.sum(dim=1))

    def warmed(self, divergence: Tensor) -> Tensor:
        """Return a divergence, of any shape, by its present weight."""
        return divergence * self.warmth if self.warm_up else divergence

    def warm(self, fraction: float) -> None:
        """Set the divergence's weight to where it stands at that share of the budget."""
        if self.warm_up:
            self.warmth.fill_(min(1.0, fraction / self.warm_up))

    def autocast(self) -> AbstractContextManager[Any]:
        """Run the networks in the task's precision; the losses stay float32."""
        return autocast(self.task)


class Coder(Variational):
    """An encoder q(z|x) = N(mean, exp(log variance)) and a decoder p(x|z).

    Args:
        task: what is to be learnt.
        options: the model's.
        outputs: of the encoder for each latent: 2 for mean and log variance.
    """

    decoder: Likelihood

    def __init__(self, task: Task, options: Options, *, outputs: int = 2) -> None:
        super().__init__(task, options, latent_of(task, options))
        self.encoder = make_encoder(task, options, outputs=outputs * self.latent)
        self.decoder = make_decoder(task, options, inputs=self.latent)

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the log variance of q(z|x), each [n, latent]."""
        mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def log_weights(self, x: Tensor, noise: Tensor) -> Tensor:
        """Return log p(x, z) - log q(z|x) [k, n] at the z of `noise` [k, n, latent]."""
        return log_weights(self, x, noise)


def default_latent(task: Task) -> int:
    """Return the latent dimensions for `task`'s shape, as measured at some thousands of steps."""
    if task.kind in ("wave", "tokens") or is_convolutional(task):
        return 32
    return 2 if task.kind == "points" and task.schema is None else 16


def latent_of(task: Task, options: Options) -> int:
    """Return the latent dimensions that the options ask for."""
    return options.latent or (canonical.LATENT if options.backbone == "canonical" else default_latent(task))


def sampled_as(task: Task, options: Networks) -> str:
    """Return what a sample is: the decoder's mean, or a draw."""
    draws = options.decoder == "draw" or (options.decoder == "auto" and task.kind in ("points", "tokens"))
    return "draw from the decoder" if draws else "decoder mean"


def make_encoder(task: Task, options: Networks, *, outputs: int) -> nn.Module:
    """Return the network from x to [n, outputs] that the options ask for.

    Raises:
        ValueError: the papers have none for this kind of data.
    """
    if options.backbone == "canonical":
        _check_canonical(task)
        return canonical.encoder(task, outputs=outputs)
    return neutral_encoder(task, outputs=outputs, size=sized(task, options))


def make_decoder(task: Task, options: Networks, *, inputs: int) -> Likelihood:
    """Return the distribution of x given [n, inputs] that the options ask for.

    Raises:
        ValueError: the likelihood does not suit the kind of data.
    """
    if options.backbone == "canonical":
        _check_canonical(task)
        return around(canonical.decoder(task, inputs=inputs), task, options)
    return around(neutral_decoder(task, inputs=inputs, size=sized(task, options)), task, options)


def around(network: nn.Module, task: Task, options: Networks) -> Likelihood:
    """Return the distribution of x whose parameter is what `network` puts out.

    Raises:
        ValueError: the likelihood does not suit the kind of data.
    """
    if options.likelihood == "bernoulli" and task.kind != "image":
        raise ValueError(f"likelihood 'bernoulli' needs pixels in [0, 1], got {task.kind}: use 'auto' or 'gaussian'")
    if task.kind == "tokens":
        return Categorical(network, task.shape[0])  # type: ignore[arg-type]
    if task.schema is not None and options.likelihood == "auto":
        return Mixed(network, task.schema)
    if options.likelihood == "gaussian" or task.kind != "image":
        return Gaussian(network, task.kind)
    return Bernoulli(network)


def sized(task: Task, options: Networks) -> Any:
    """Return the neutral networks' size, of the width that the options ask for."""
    size = neutral_size(task)
    return size._replace(width=options.width or size.width)


def _check_canonical(task: Task) -> None:
    if task.kind != "image":
        raise ValueError(f"backbone 'canonical' is of the papers' images, got {task.kind}: use 'neutral'")
