"""Mode regularised GANs (Che, Li, Jacob, Bengio & Li, 2017, arXiv 1612.02136)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import torch
from pydantic import Field

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import fooling, judging, play
from genbench_gan.gan import discriminator_loss, discriminator_objective, generator_loss
from genbench_gan.players import make_discriminator
from genbench_gan.searched import KEPT, ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants
from genbench_hybrids.encoders import Encoded, reconstruct, squared_error

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "reconstruct", "sample", "train", "variants"]

BIBTEX = """@inproceedings{che2017mode,
  title = {Mode Regularized Generative Adversarial Networks},
  author = {Che, Tong and Li, Yanran and Jacob, Athul Paul and Bengio, Yoshua and Li, Wenjie},
  booktitle = {International Conference on Learning Representations},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    form: Literal["reg", "mdgan"] = Field(
        "reg", json_schema_extra=KEPT, description="one regularised step, or manifold and diffusion steps"
    )
    distance: float = Field(
        0.2,
        ge=0,
        le=1e4,
        json_schema_extra=ranged(0.01, 1.0),
        description="weight of the squared error of reconstructions, lambda 1",
    )
    realism: float = Field(
        0.2,
        ge=0,
        le=1e4,
        json_schema_extra=ranged(0.01, 1.0),
        description="weight of reconstructions' fooling, lambda 2",
    )


class ModeRegGan(Encoded):
    """A generator, a discriminator and an encoder; `mdgan` has a second discriminator, of the diffusion step."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        if options.form == "mdgan":
            self.diffusion_discriminator = make_discriminator(task, options)

    def diffusion_logits(self, x: Tensor) -> Tensor:
        """Return logit D2(x) [n, 1]: that x is a reconstruction, and no sample."""
        return self.diffusion_discriminator(self.augmented(x)).float()  # type: ignore[no-any-return]


def regulariser(model: ModeRegGan, real: Tensor) -> Tensor:
    """Return E[lambda 1 d(x, G(E(x))) - lambda 2 log D(G(E(x)))], d the squared error summed over coordinates.

    The paper prints + lambda 2 log D in places; that would drive reconstructions away from what looks real.
    """
    decoded = model.decoded(model.codes(real))
    distance = squared_error(real, decoded)
    return model.options.distance * distance + model.options.realism * generator_loss(model.logits(decoded), "ns")


def generator_objective(model: ModeRegGan, real: Tensor, noise: Tensor) -> Tensor:
    """Fool, and regularise (section 3.1): for the encoder the latter is all."""
    fooled = generator_loss(model.logits(model.generator(noise)), "ns")
    if model.options.distance == model.options.realism == 0:
        return fooled
    return fooled + regulariser(model, real)


def manifold_objective(model: ModeRegGan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell rows from reconstructions (section 3.3)."""
    return discriminator_loss(*model.both(real, _reconstructions(model, real)))


def diffusion_objective(model: ModeRegGan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell reconstructions, the real ones here, from samples."""
    pairs = torch.cat([_reconstructions(model, real), model.fakes(noise)])
    return discriminator_loss(*model.diffusion_logits(pairs).chunk(2))


def diffused_objective(model: ModeRegGan, real: Tensor, noise: Tensor) -> Tensor:
    """Let samples pass for reconstructions, and these for rows: both of the generator's steps, in one."""
    return generator_loss(model.diffusion_logits(model.generator(noise)), "ns") + regulariser(model, real)


@hookimpl
def build(task: Task, options: Options) -> ModeRegGan:
    """Make the untrained model."""
    return laid_out(ModeRegGan(task, options), task)


@hookimpl
def train(model: ModeRegGan, batches: Batches) -> None:
    """The discriminators, then generator and encoder in one step."""
    both = (model.generator, model.encoder)
    if model.options.form == "reg":
        moves = [judging(discriminator_objective, model), fooling(generator_objective, model, networks=both)]
    else:
        second = (model.diffusion_discriminator,)
        moves = [
            judging(manifold_objective, model),
            judging(diffusion_objective, model, name="diffusion", networks=second),
            fooling(diffused_objective, model, networks=both),
        ]
    play(moves, model, batches)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Mode Regularized Generative Adversarial Networks, Tong Che et al., ICLR 2017, arXiv 1612.02136",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }


def _reconstructions(model: ModeRegGan, x: Tensor) -> Tensor:
    with torch.no_grad():
        return model.decoded(model.codes(x))
