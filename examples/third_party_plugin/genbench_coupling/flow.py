"""The model `coupling_flow`: a flow with options, labels, two ways to sample and a log-likelihood."""

import copy
import math

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import nn
from torch.nn.functional import one_hot

from genbench import Likelihood, hookimpl
from genbench_coupling.layers import Flow

LEVELS = 256  # of a pixel


class Options(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    layers: int = Field(6, ge=2, le=64, description="couplings; each moves half of the coordinates")
    width: int = Field(128, ge=8, le=4096, description="of their networks")
    learning_rate: float = Field(1e-3, gt=0, le=1, json_schema_extra={"tune": {"low": 1e-4, "high": 1e-2, "log": True}})
    decay: float = Field(0.995, ge=0, lt=1, json_schema_extra={"tune": False}, description="of the average")


class CouplingFlow(nn.Module):
    """The average is a child like the network: a snapshot holds both, and either can be drawn from."""

    def __init__(self, task, options):
        super().__init__()
        self.task, self.options = task, options
        self.conditions = task.classes if task.labelled else 0
        self.raw = Flow(math.prod(task.shape), self.conditions, layers=options.layers, width=options.width)
        self.ema = copy.deepcopy(self.raw).requires_grad_(False)
        self.register_buffer("shares", torch.ones(self.conditions))  # how often each label came

    def condition(self, labels, count):
        """Return labels one-hot [n, classes]; of data without labels nothing [n, 0]."""
        if not self.conditions:
            return torch.zeros(count, 0, device=self.task.device)
        if labels is None:
            labels = self.shares.multinomial(count, replacement=True)
        return one_hot(labels, self.conditions).float()

    def rows(self, x):
        """Return rows [n, d] with a density: bytes are spread over their 256th of [0, 1], then over [-2, 2]."""
        if self.task.kind != "image":
            return x.flatten(1)
        spread = (x * (LEVELS - 1) + torch.rand_like(x)) / LEVELS
        return (4 * spread - 2).flatten(1)

    def log_likelihood(self, x, network, condition):
        """Return log p(x) [n]: of points its density, of images a lower bound of the probability of their bytes."""
        density = network.log_density(self.rows(x), condition)
        return density - (math.log(LEVELS / 4) * x[0].numel() if self.task.kind == "image" else 0)


@hookimpl
def options():
    return Options


@hookimpl
def kinds():
    return ("points", "image")


@hookimpl
def variants():
    return ("ema", "raw")  # the first heads the tables: choose before you see


@hookimpl
def card():
    return {
        "paper": "Dinh, Sohl-Dickstein and Bengio, Density estimation using Real NVP, 2017, arXiv 1605.08803",
        "licence": "Apache-2.0",
        "sampling": "draw from the flow",
    }


@hookimpl
def build(task, options):
    return CouplingFlow(task, options).to(task.device)


@hookimpl
def train(model, batches):
    adam = torch.optim.Adam(model.raw.parameters(), lr=model.options.learning_rate)
    batches.keep(adam=adam)
    if model.conditions:
        for x, labels in batches.labelled():  # asking for labels marks the model as conditional
            model.shares += one_hot(labels, model.conditions).sum(0)
            _step(model, adam, batches, x, labels)
    else:
        for x in batches:
            _step(model, adam, batches, x, None)


def _step(model, adam, batches, x, labels):
    loss = -model.log_likelihood(x, model.raw, model.condition(labels, len(x))).mean()
    adam.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.raw.parameters(), 10.0)
    adam.step()
    torch._foreach_lerp_(list(model.ema.parameters()), list(model.raw.parameters()), 1 - model.options.decay)
    batches.log(loss=loss)


@hookimpl
def sample(model, count, variant, labels):
    network = model.ema if variant == "ema" else model.raw
    drawn = network.draw(model.condition(labels, count)).unflatten(1, model.task.shape)
    if model.task.kind != "image":
        return drawn
    return ((drawn + 2) / 4 * LEVELS).floor().clamp(0, LEVELS - 1) / (LEVELS - 1)


@hookimpl
def log_likelihood(model, x):
    if model.conditions:  # labels are not given: sum over them, as often as each came
        shares = (model.shares / model.shares.sum()).log()
        each = [torch.full((len(x),), label, device=x.device) for label in range(model.conditions)]
        joint = [model.log_likelihood(x, model.ema, model.condition(label, len(x))) for label in each]
        values = (torch.stack(joint) + shares[:, None]).logsumexp(0)
    else:
        values = model.log_likelihood(x, model.ema, model.condition(None, len(x)))
    is_image = model.task.kind == "image"
    return Likelihood(values=values, bound="elbo" if is_image else "exact", measure="pmf256" if is_image else "density")
