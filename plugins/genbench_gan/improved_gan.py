"""Improved techniques for training GANs (Salimans et al., 2016, arXiv 1606.03498), each to be switched."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

from genbench import Task, hookimpl
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.ema import RunningAverage
from genbench_gan.game import fooling, judging, play
from genbench_gan.improvements import REFERENCE, History, MinibatchDiscrimination, VirtuallyNormalised
from genbench_gan.networks import features, head_of
from genbench_gan.players import make_discriminator
from genbench_gan.searched import KEPT
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

BIBTEX = """@inproceedings{salimans2016improved,
  title = {Improved Techniques for Training {GANs}},
  author = {Salimans, Tim and Goodfellow, Ian and Zaremba, Wojciech and Cheung, Vicki and Radford, Alec and Chen, Xi},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2016},
}"""


class Options(gan.Options):
    """What can be set; with all parts off, the model is `gan`."""

    feature_matching: bool = Field(
        False, json_schema_extra=KEPT, description="the generator matches mean features instead of fooling"
    )
    kernels: int = Field(16, ge=0, le=200, json_schema_extra=KEPT, description="of minibatch discrimination; 0: off")
    history: float = Field(
        0.0, ge=0, le=100, json_schema_extra=KEPT, description="weight of historical averaging; 0: off"
    )
    smooth: float = Field(
        0.9, gt=0.5, le=1, json_schema_extra=KEPT, description="target of real rows, of fakes it stays 0; 1: off"
    )
    virtual_norm: bool = Field(
        False, json_schema_extra=KEPT, description="virtual batch normalisation of the generator"
    )
    supervised: bool = Field(
        False, json_schema_extra=KEPT, description="a discriminator of the data's classes, which takes labels"
    )


class ImprovedGan(gan.Gan):
    """The players with the parts that are switched on; what changes nothing is not built."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        if options.supervised:
            self.discriminator = make_discriminator(task, options, outputs=_classes(task))
        if options.kernels:
            layers, last = list(self.discriminator)[:-1], head_of(self.discriminator)
            alike = MinibatchDiscrimination(last.in_features, options.kernels)
            last = nn.Linear(last.in_features + options.kernels, last.out_features)
            self.discriminator = nn.Sequential(*layers, alike, last)
        if options.virtual_norm:
            generator = torch.Generator().manual_seed(task.seed)
            reference = torch.randn(REFERENCE, self.latent, generator=generator)
            self.generator = VirtuallyNormalised(self.generator, reference)
            self.ema = RunningAverage(self.generator)
        if options.history:
            self.histories = nn.ModuleDict({name: History(getattr(self, name)) for name in PLAYERS})

    def both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits [n, 1 or classes] of both; in two passes where rows of a batch are compared."""
        return (self.logits(real), self.logits(fake)) if self.options.kernels else super().both(real, fake)

    def past(self, name: str) -> Tensor | float:
        """Return the weighed distance of a player from its history (section 3.3)."""
        if not self.options.history:
            return 0.0
        distance: Tensor = self.histories[name].distance(getattr(self, name))  # type: ignore[operator]
        return self.options.history * distance


PLAYERS = ("generator", "discriminator")


def evidence(logits: Tensor) -> Tensor:
    """Return log Z = log sum exp l_k [n, 1], so that D = Z / (Z + 1) = sigma(log Z) (section 5); of one logit, it."""
    return torch.logsumexp(logits, dim=1, keepdim=True) if logits.shape[1] > 1 else logits


def discriminator_loss(real: Tensor, fake: Tensor, smooth: float) -> Tensor:
    """Return the cross-entropy with targets `smooth` of real rows and 0 of fakes (section 3.4), from logits."""
    if smooth == 1:
        return gan.discriminator_loss(real, fake)
    return smooth * softplus(-real).mean() + (1 - smooth) * softplus(real).mean() + softplus(fake).mean()


def matching_loss(real: Tensor, fake: Tensor) -> Tensor:
    """Return ||E f(x) - E f(G(z))||^2 of features [n, f] (section 3.1)."""
    return (real.float().mean(dim=0) - fake.float().mean(dim=0)).square().sum()


def discriminator_objective(model: ImprovedGan, real: Tensor, noise: Tensor, *labels: Tensor) -> Tensor:
    """Tell real rows from fakes, and with labels the classes of the real ones (section 5)."""
    of_real, of_fake = model.both(real, model.fakes(noise))
    loss = discriminator_loss(evidence(of_real), evidence(of_fake), model.options.smooth)
    for each in labels:
        loss = loss / 2 + cross_entropy(of_real, each)
    return loss + model.past("discriminator")


def generator_objective(model: ImprovedGan, real: Tensor, noise: Tensor, *labels: Tensor) -> Tensor:
    """Fool, or match the mean features of the real rows."""
    fake = model.generator(noise)
    if model.options.feature_matching:
        with torch.no_grad():
            seen = features(model.discriminator, model.augmented(real))
        loss = matching_loss(seen, features(model.discriminator, model.augmented(fake)))
    else:
        loss = gan.generator_loss(evidence(model.logits(fake)), model.options.loss)
    return loss + model.past("generator")


@hookimpl
def build(task: Task, options: Options) -> ImprovedGan:
    """Make the untrained model."""
    return laid_out(ImprovedGan(task, options), task)


@hookimpl
def train(model: ImprovedGan, batches: Batches) -> None:
    """Play the game of the parts that are switched on."""
    then = {name: partial(_remember, name) if model.options.history else None for name in PLAYERS}
    judge = judging(discriminator_objective, model, then=then["discriminator"])
    fool = fooling(generator_objective, model, then=then["generator"])
    play([judge, fool], model, batches, labelled=model.options.supervised)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "Improved Techniques for Training GANs, Tim Salimans et al., NIPS 2016, arXiv 1606.03498",
        "bibtex": BIBTEX,
        "sampling": SAMPLING,
    }


def _classes(task: Task) -> int:
    if not task.labelled or task.classes is None:
        raise ValueError("improved_gan.supervised=true takes labels, and this data set has none: leave it false")
    return task.classes


def _remember(name: str, model: ImprovedGan) -> None:
    model.histories[name].add(getattr(model, name))  # type: ignore[operator]
