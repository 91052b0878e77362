"""Variational approaches for auto-encoding GANs (Rosca, Lakshminarayanan, Warde-Farley & Mohamed, 2017, 1706.04987)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch.nn.functional import softplus

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import players
from genbench_gan.game import Move, fooling, judging, play
from genbench_gan.gan import discriminator_loss
from genbench_gan.searched import KEPT, ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants
from genbench_hybrids.encoders import Encoded, judge_of_codes, reconstruct

if TYPE_CHECKING:
    from torch import Tensor

    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "reconstruct", "sample", "train", "variants"]

BIBTEX = """@article{rosca2017variational,
  title = {Variational Approaches for Auto-Encoding Generative Adversarial Networks},
  author = {Rosca, Mihaela and Lakshminarayanan, Balaji and Warde-Farley, David and Mohamed, Shakir},
  journal = {arXiv preprint arXiv:1706.04987},
  year = {2017},
}"""


class Options(players.Options):
    """What can be set."""

    reconstruction: float = Field(
        40.0, ge=0, le=1e6, json_schema_extra=ranged(1.0, 100.0), description="weight of the mean absolute error"
    )
    real: float = Field(
        1.0, gt=0, le=10, json_schema_extra=KEPT, description="weight of real rows, which meet two kinds of fakes"
    )


class AlphaGan(Encoded):
    """An encoder, a generator, a discriminator of rows and one of codes."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        self.code_discriminator = judge_of_codes(task, options)

    def code_logits(self, codes: Tensor) -> Tensor:
        """Return logit C(z) [n, 1]: that z is from the prior."""
        return self.code_discriminator(codes).float()  # type: ignore[no-any-return]


def absolute_error(x: Tensor, decoded: Tensor) -> Tensor:
    """Return |x - x^| averaged over rows and coordinates."""
    return (x - decoded).abs().mean()


def discriminator_objective(model: AlphaGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise -w E log D(x) - E log(1 - D(G(E(x)))) - E log(1 - D(G(z)))."""
    with torch.no_grad():
        fakes = model.generator(torch.cat([model.codes(real), noise]))
    of_real, of_decoded, of_drawn = model.logits(torch.cat([real, fakes])).chunk(3)
    return model.options.real * softplus(-of_real).mean() + softplus(of_decoded).mean() + softplus(of_drawn).mean()


def code_objective(model: AlphaGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise -E log C(z) - E log(1 - C(E(x))): the prior's draws are the real ones."""
    with torch.no_grad():
        codes = model.codes(real)
    return discriminator_loss(*model.code_logits(torch.cat([noise, codes])).chunk(2))


def encoder_objective(model: AlphaGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise lambda |x - G(E(x))| + E[log(1 - C) - log C](E(x)), whose second part is minus the logit."""
    codes = model.codes(real)
    error = absolute_error(real, model.decoded(codes))
    return model.options.reconstruction * error - model.code_logits(codes).mean()


def generator_objective(model: AlphaGan, real: Tensor, noise: Tensor) -> Tensor:
    """Minimise lambda |x - G(E(x))| + E[log(1 - D) - log D] of both G(E(x)) and G(z); codes are given."""
    with torch.no_grad():
        codes = model.codes(real)
    fakes = model.decoded(torch.cat([codes, noise]))
    decoded, _ = fakes.chunk(2)
    of_decoded, of_drawn = model.logits(fakes).chunk(2)
    return model.options.reconstruction * absolute_error(real, decoded) - of_decoded.mean() - of_drawn.mean()


@hookimpl
def build(task: Task, options: Options) -> AlphaGan:
    """Make the untrained model."""
    return laid_out(AlphaGan(task, options), task)


@hookimpl
def train(model: AlphaGan, batches: Batches) -> None:
    """Algorithm 1, the discriminators first: each of the four networks goes down its own loss, once."""
    options = model.options
    moves = [
        judging(discriminator_objective, model),
        judging(code_objective, model, name="code", networks=(model.code_discriminator,)),
        Move("encoder", encoder_objective, (model.encoder,), options.lr, every=options.critic_steps),
        fooling(generator_objective, model),
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
        "paper": "Variational Approaches for Auto-Encoding Generative Adversarial Networks, Mihaela Rosca et al., "
        "2017, arXiv 1706.04987",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }
