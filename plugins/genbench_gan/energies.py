"""Discriminators that are auto-encoders: what they cannot reconstruct is a fake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from pydantic import Field
from torch import nn

from genbench.backbones import decoder, encoder
from genbench_gan import players
from genbench_gan.networks import default_latent, ended
from genbench_gan.players import Adversaries, sized

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.backbones import Size


class Options(players.Options):
    """What can be set of every such model."""

    backbone: Literal["neutral"] = Field("neutral", description="networks as all models'")
    code: int | None = Field(None, ge=1, le=512, description="the auto-encoder's code; by shape when not given")


class Autoencoding(Adversaries):
    """A generator, and an auto-encoder whose error E(x) [n] is low at real rows.

    The auto-encoder is normalised nowhere: a row's error does not depend on its batch.

    Args:
        task: what is to be learnt.
        options: the model's.
        power: of a coordinate's error: 1 or 2.
    """

    def __init__(self, task: Task, options: Options, *, power: int) -> None:
        super().__init__(task, options)
        self.discriminator = autoencoder(task, options.code or default_code(task), sized(task, options))
        self._power = power

    def logits(self, x: Tensor) -> Tensor:
        """Return -E(x) [n, 1]: as of any discriminator, more is more real."""
        return -self.energies(x)[:, None]

    def energies(self, x: Tensor) -> Tensor:
        """Return E(x) [n]: the absolute error of rows [n, *shape], to a power, averaged over coordinates."""
        x = self.augmented(x)
        return self.errors(x, self.discriminator(x))

    def errors(self, x: Tensor, decoded: Tensor) -> Tensor:
        """Return the errors [n] of what the auto-encoder made of x."""
        return (x.float() - decoded.float()).abs().pow(self._power).flatten(1).mean(dim=1)


def autoencoder(task: Task, code: int, size: Size) -> nn.Sequential:
    """Map x [n, *shape] to itself by a code, in the range of the data; its `features` are the codes [n, code]."""
    up = ended(decoder(task, inputs=code, size=size, normalised=False), task)
    return nn.Sequential(*cast("nn.Sequential", encoder(task, outputs=code, size=size)), up)


def default_code(task: Task) -> int:
    """Return the code's dimensions: fewer than the data's, or all data are reconstructed alike."""
    return max(1, task.shape[0] // 2) if task.kind == "points" else default_latent(task)
