"""A mixture of Gaussians fitted by EM: no gradients, no optimiser and no nn.Module, one step a hand-out.

Stepwise EM: Olivier Cappé and Eric Moulines, On-line expectation-maximization algorithm for latent data models, 2009,
arXiv 0712.4273, for points with independent coordinates.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from pydantic import BaseModel, Field
from torch import Tensor

from genbench import Likelihood, Task, hookimpl

if TYPE_CHECKING:
    from genbench.batches import Batches

DECAY = 0.6  # step size t^-0.6: forgets the start, still averages noise away
FLOOR = 1e-4  # of a variance


class Options(BaseModel):
    components: int = Field(16, ge=1, le=1024)


class Mixture:
    """Running means, a component, of one, the rows and their squares times the posterior: `sums` [k, 1 + 2d]."""

    def __init__(self, task: Task, components: int) -> None:
        means = torch.randn(components, *task.shape, device=task.device)  # points come standardised
        sums = torch.cat([torch.ones_like(means[:, :1]), means, means**2 + 1], dim=1) / components
        self.state = {"step": torch.ones((), device=task.device), "sums": sums}

    def state_dict(self) -> dict[str, Tensor]:
        return dict(self.state)

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        self.state = dict(state)

    def parameters(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return weights [k], means [k, d] and variances [k, d]."""
        sums = self.state["sums"]
        weights = sums[:, :1].clamp_min(1e-12)  # a component may die
        means, squares = (sums[:, 1:] / weights).chunk(2, dim=1)
        return weights.squeeze(1), means, (squares - means**2).clamp_min(FLOOR)

    def log_joint(self, x: Tensor) -> Tensor:
        """Return log p(x, component) [n, k]."""
        weights, means, variances = self.parameters()
        distances = (x[:, None] - means) ** 2 / variances + variances.log() + math.log(2 * math.pi)
        return weights.log() - 0.5 * distances.sum(2)

    def learn(self, x: Tensor) -> Tensor:
        """Take a step of EM on rows [n, d]; return their mean log-likelihood before it."""
        joint = self.log_joint(x)
        features = torch.cat([torch.ones_like(x[:, :1]), x, x**2], dim=1)
        fresh = joint.softmax(1).T @ features / len(x)
        step = self.state["step"] + 1
        self.state = {"step": step, "sums": torch.lerp(self.state["sums"], fresh, step**-DECAY)}
        return joint.logsumexp(1).mean()


@hookimpl
def build(task: Task, options: Options) -> Mixture:
    return Mixture(task, options.components)


@hookimpl
def train(model: Mixture, batches: Batches) -> None:
    batches.keep()
    for x in batches:
        batches.log(log_likelihood=model.learn(x))


@hookimpl
def sample(model: Mixture, count: int) -> Tensor:
    weights, means, variances = model.parameters()
    chosen = torch.multinomial(weights, count, replacement=True)
    return means[chosen] + variances[chosen].sqrt() * torch.randn_like(means[chosen])


@hookimpl
def log_likelihood(model: Mixture, x: Tensor) -> Likelihood:
    return Likelihood(values=model.log_joint(x).logsumexp(1), bound="exact", measure="density")


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("points",)
