"""What the hybrids have in common: a way from x to its code, judges of codes and of pairs (x, z), and hooks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from genbench import hookimpl
from genbench.backbones import neutral_size
from genbench.backbones.perceptrons import SLOPE, perceptron
from genbench_gan.networks import discriminator
from genbench_gan.players import Adversaries, latent_of, make_discriminator
from genbench_vae.coder import LOG_VARIANCE_RANGE, default_latent

if TYPE_CHECKING:
    from typing import TypeVar

    from torch import Tensor

    from genbench import Task
    from genbench_gan.players import Options

    Set = TypeVar("Set", bound=Options)

HIDDEN = 128  # units of a layer that reads codes


class Encoded(Adversaries):
    """A generator, a discriminator, and an encoder of x to [n, outputs * latent], built last.

    Args:
        task: what is to be learnt.
        options: the model's.
        outputs: of the encoder for each coordinate of z: 2 for mean and log variance.
        encoder: one of another make.
        others: see `Adversaries`.
    """

    def __init__(
        self, task: Task, options: Options, *, outputs: int = 1, encoder: nn.Module | None = None, **others: Any
    ) -> None:
        super().__init__(task, options, **others)
        self.encoder = encoder or make_discriminator(task, options, outputs=outputs * self.latent)

    def codes(self, x: Tensor) -> Tensor:
        """Return z [n, latent] of an encoder that is a function."""
        return self.encoder(x).float()  # type: ignore[no-any-return]

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the mean and the log variance [n, latent] of an encoder that puts out both."""
        mean, log_variance = self.encoder(x).float().chunk(2, dim=1)
        return mean, log_variance.clamp(*LOG_VARIANCE_RANGE)

    def decoded(self, codes: Tensor) -> Tensor:
        """Return G(z) [n, *shape] in float32."""
        return self.generator(codes).float()  # type: ignore[no-any-return]


class Joined(nn.Module):
    """What a row is to a network, beside its code: [n, f + latent]; or beside each of its k codes [k * n, latent].

    Args:
        of_rows: that network.
    """

    def __init__(self, of_rows: nn.Module) -> None:
        super().__init__()
        self.of_rows = of_rows

    def forward(self, pair: tuple[Tensor, Tensor]) -> Tensor:
        """Map (x, z)."""
        x, z = pair
        seen = nn.functional.leaky_relu(self.of_rows(x), SLOPE)
        return torch.cat([seen.repeat(len(z) // len(x), 1), z], dim=1)


def judge_of_codes(task: Task, options: Options) -> nn.Sequential:
    """Return the network from z [n, latent] to logits [n, 1]: the one that judges points of as many coordinates."""
    codes = replace(task, kind="points", shape=(latent_of(task, options),), schema=None)
    return discriminator(codes, neutral_size(codes))


def reader_of_pairs(task: Task, options: Options, *, outputs: int = 1) -> nn.Sequential:
    """Return the network from (x [n, *shape], z [n, latent]) to [n, outputs]; its last layer is linear."""
    joined = Joined(make_discriminator(task, options, outputs=HIDDEN))
    hidden = perceptron(HIDDEN + latent_of(task, options), HIDDEN, HIDDEN, activation=nn.LeakyReLU(SLOPE))
    return nn.Sequential(joined, *hidden, nn.Linear(HIDDEN, outputs))


def with_few_latents(task: Task, options: Set) -> Set:
    """Return the options with as many latents as a likelihood model has, where they do not say.

    Codes that are to fill the prior's space must not be of fewer dimensions than it.
    """
    if options.latent is not None or options.backbone == "canonical":
        return options
    return options.model_copy(update={"latent": default_latent(task)})


def squared_error(x: Tensor, decoded: Tensor) -> Tensor:
    """Return |x - x^|^2, summed over coordinates and averaged over rows."""
    return (x - decoded).square().flatten(1).sum(dim=1).mean()


@hookimpl
def reconstruct(model: Encoded, x: Tensor) -> Tensor:
    """Decode the codes, by the last weights."""
    return model.decoded(model.codes(x))
