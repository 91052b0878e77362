"""What the models of this family are made of: a generator, its running average and a discriminator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from genbench.backbones import neutral_size
from genbench.steps import autocast
from genbench_gan import canonical
from genbench_gan.augment import Policy, augmented
from genbench_gan.ema import RunningAverage
from genbench_gan.networks import default_latent, discriminator, generator
from genbench_gan.searched import KEPT, critic_steps, first_decay, learning_rate, second_decay

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from genbench import Task
    from genbench.backbones import Size


class Options(BaseModel):
    """What can be set of every model: its networks and how they are trained."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    latent: int | None = Field(
        None, ge=1, le=512, json_schema_extra=KEPT, description="noise dimensions; by the task's shape when not given"
    )
    width: int | None = Field(
        None, ge=1, le=2048, json_schema_extra=KEPT, description="hidden units or channels; by shape when not given"
    )
    backbone: Literal["neutral", "canonical"] = Field(
        "neutral", json_schema_extra=KEPT, description="networks as all models', or DCGAN's"
    )
    lr: float = learning_rate()
    lr_discriminator: float | None = Field(None, ge=1e-5, le=1e-1, description="the discriminator's, when it differs")
    optimiser: Literal["adam", "rmsprop"] = Field("adam", json_schema_extra=KEPT, description="of both networks")
    beta1: float = first_decay()
    beta2: float = second_decay()
    schedule: Literal["constant", "linear", "cosine"] = Field("constant", description="learning rates over the budget")
    critic_steps: int = critic_steps()
    augment: Policy = Field((), description="changes that real and fake images share: colour, translation, cutout")


class Adversaries(nn.Module):
    """A generator G(z), its running average, and a discriminator that returns logits s(x) = logit D(x).

    Args:
        task: what is to be learnt.
        options: the model's.
        pack: rows that the discriminator judges as one.
        generator: one of another make; made anew when not given.
        discriminator: one of something else than rows, codes for one; made anew when not given.
    """

    def __init__(
        self,
        task: Task,
        options: Options,
        *,
        pack: int = 1,
        generator: nn.Module | None = None,
        discriminator: nn.Sequential | None = None,
    ) -> None:
        super().__init__()
        self.task, self.options = task, options
        self.latent = latent_of(task, options)
        self.generator = generator or make_generator(task, options, inputs=self.latent)
        self.discriminator = discriminator or make_discriminator(task, options, pack=pack)
        self.ema = RunningAverage(self.generator)

    def noise(self, count: int) -> Tensor:
        """Return standard normal noise [count, latent]."""
        return torch.randn(count, self.latent, device=self.task.device)

    def logits(self, x: Tensor) -> Tensor:
        """Return s(x) [n, 1] of rows [n, *shape], changed first as `augment` asks; gradients pass through both."""
        return self.discriminator(self.augmented(x)).float()  # type: ignore[no-any-return]

    def both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Return s(real) and s(fake), in one pass: the same as two, since a logit does not depend on its batch."""
        of_real, of_fake = self.logits(torch.cat([real, fake])).chunk(2)
        return of_real, of_fake

    def fakes(self, noise: Tensor) -> Tensor:
        """Return G(noise), through which no gradient passes."""
        with torch.no_grad():
            return self.generator(noise)  # type: ignore[no-any-return]

    def augmented(self, x: Tensor) -> Tensor:
        """Return rows changed at random as `augment` asks."""
        return augmented(x, self.options.augment) if self.options.augment else x

    def autocast(self) -> AbstractContextManager[Any]:
        """Run the networks in the task's precision; the losses stay float32."""
        return autocast(self.task)


def latent_of(task: Task, options: Options) -> int:
    """Return the noise dimensions that the options ask for."""
    return options.latent or (canonical.LATENT if options.backbone == "canonical" else default_latent(task))


def sized(task: Task, options: Options) -> Size:
    """Return the neutral networks' size, of the width that the options ask for."""
    size = neutral_size(task)
    return size._replace(width=options.width or size.width)


def make_generator(task: Task, options: Options, *, inputs: int) -> nn.Module:
    """Return the network from [n, inputs] to x [n, *shape] that the options ask for.

    Raises:
        ValueError: DCGAN has none for this kind or shape of data.
    """
    if options.backbone == "canonical":
        return canonical.generator(task, inputs=inputs, width=options.width)
    return generator(task, inputs, sized(task, options))


def make_discriminator(task: Task, options: Options, *, outputs: int = 1, pack: int = 1) -> nn.Sequential:
    """Return the network from x [n, pack * c, ...] to [n, outputs] that the options ask for; its last layer is linear.

    Raises:
        ValueError: DCGAN has none for this kind or shape of data.
    """
    if options.backbone == "canonical":
        return canonical.discriminator(task, outputs=outputs, width=options.width, pack=pack)
    return discriminator(task, sized(task, options), outputs=outputs, pack=pack)
