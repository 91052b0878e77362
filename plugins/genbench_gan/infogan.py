"""InfoGAN: codes that samples must tell (Chen et al., 2016, arXiv 1606.03657)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from genbench import Task, hookimpl
from genbench.backbones.perceptrons import SLOPE
from genbench.steps import laid_out
from genbench_gan import gan
from genbench_gan.ema import RunningAverage
from genbench_gan.game import duel
from genbench_gan.networks import features, head_of
from genbench_gan.players import make_generator
from genbench_gan.searched import ranged
from genbench_gan.shared import SAMPLING, kinds, sample, variants

if TYPE_CHECKING:
    from genbench.batches import Batches

__all__ = ["build", "card", "kinds", "options", "sample", "train", "variants"]

HIDDEN = 128  # units of the recogniser's own layer
BIBTEX = """@inproceedings{chen2016infogan,
  title = {{InfoGAN}: Interpretable Representation Learning by Information Maximizing Generative Adversarial Nets},
  author = {Chen, Xi and Duan, Yan and Houthooft, Rein and Schulman, John and Sutskever, Ilya and Abbeel, Pieter},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2016},
}"""


class Options(gan.Options):
    """What can be set."""

    categories: int | None = Field(None, ge=0, le=1000, description="values of the categorical code; 10, of points 8")
    continuous: int | None = Field(None, ge=0, le=100, description="codes that are uniform in -1 to 1; 2, of points 0")
    weight: float = Field(
        1.0,
        ge=0,
        le=100,
        json_schema_extra=ranged(0.1, 10.0),
        description="of the information, in both players' losses",
    )


class InfoGan(gan.Gan):
    """A generator of noise and codes, a discriminator, and a recogniser Q(c|x) on the discriminator's features."""

    options: Options

    def __init__(self, task: Task, options: Options) -> None:
        super().__init__(task, options)
        few = task.kind == "points"
        self.categories = options.categories if options.categories is not None else (8 if few else 10)
        self.continuous = options.continuous if options.continuous is not None else (0 if few else 2)
        if not (codes := self.categories + self.continuous):
            return
        self.generator = make_generator(task, options, inputs=self.latent + codes)
        self.ema = RunningAverage(self.generator)
        seen = head_of(self.discriminator).in_features
        self.recogniser = nn.Sequential(nn.Linear(seen, HIDDEN), nn.LeakyReLU(SLOPE), nn.Linear(HIDDEN, codes))

    def noise(self, count: int) -> Tensor:
        """Return noise and codes [count, latent + categories + continuous], the category as a unit vector."""
        drawn, device = [super().noise(count)], self.task.device
        if self.categories:
            category = torch.randint(self.categories, (count,), device=device)
            drawn.append(torch.eye(self.categories, device=device)[category])
        if self.continuous:
            drawn.append(2 * torch.rand(count, self.continuous, device=device) - 1)
        return torch.cat(drawn, dim=1)

    def judged(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return s(x) [n, 1] and the features [n, f] that the recogniser sees, of one pass."""
        seen = features(self.discriminator, self.augmented(x))
        return self.discriminator[-1](seen).float(), seen

    def told(self, seen: Tensor, noise: Tensor) -> Tensor:
        """Return the information that features [n, f] of G(noise) tell of the codes in `noise`."""
        codes = noise[:, self.latent :]
        return information(self.recogniser(seen).float(), codes, self.categories)


def information(guess: Tensor, codes: Tensor, categories: int) -> Tensor:
    """Return L_I = E log Q(c|x) + H(c), in nats, a bound on the codes' information (equation 5).

    Args:
        guess: logits of the categories, then the means of the continuous codes, whose variance is 1 [n, k].
        codes: unit vectors of the categories, then the continuous codes [n, k].
        categories: of the former.
    """
    found = guess.new_zeros(())
    if categories:
        found = math.log(categories) - cross_entropy(guess[:, :categories], codes[:, :categories])
    error = (codes[:, categories:] - guess[:, categories:]).square() / 2 + math.log(2 * math.pi) / 2
    return found + (math.log(2) - error).sum(dim=1).mean()


def discriminator_objective(model: InfoGan, real: Tensor, noise: Tensor) -> Tensor:
    """Tell real rows from fakes, and the codes from the fakes alone: real rows have none."""
    logits, seen = model.judged(torch.cat([real, model.fakes(noise)]))
    of_real, of_fake = logits.chunk(2)
    return gan.discriminator_loss(of_real, of_fake) - model.options.weight * model.told(seen[len(real) :], noise)


def generator_objective(model: InfoGan, real: Tensor, noise: Tensor) -> Tensor:
    """Fool, and show the codes that the fakes were made of."""
    logits, seen = model.judged(model.generator(noise))
    return gan.generator_loss(logits, model.options.loss) - model.options.weight * model.told(seen, noise)


@hookimpl
def build(task: Task, options: Options) -> InfoGan:
    """Make the untrained model."""
    return laid_out(InfoGan(task, options), task)


@hookimpl
def train(model: InfoGan, batches: Batches) -> None:
    """Play the game in which both players gain by the information (equation 6); the recogniser moves with D."""
    if not model.categories + model.continuous:
        duel(gan.discriminator_objective, gan.generator_objective, model, batches)
        return
    networks = (model.discriminator, model.recogniser)
    duel(discriminator_objective, generator_objective, model, batches, networks=networks)


@hookimpl
def options() -> type[Options]:
    """Return what can be set."""
    return Options


@hookimpl
def card() -> dict[str, Any]:
    """Return who is to be cited, and what a sample is."""
    return {
        "paper": "InfoGAN: Interpretable Representation Learning by Information Maximizing Generative Adversarial"
        " Nets, Xi Chen et al., NIPS 2016, arXiv 1606.03657",
        "bibtex": BIBTEX,
        "sampling": SAMPLING + "; codes drawn from their prior",
    }
