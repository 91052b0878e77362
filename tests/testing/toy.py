"""A model that keeps the contract in every respect; a test overrides one hook of it."""

from __future__ import annotations

import math
from typing import Literal

import torch
from pydantic import BaseModel, Field
from torch import nn

from genbench import Likelihood


class Options(BaseModel):
    """What a normal distribution can be asked."""

    lr: float = Field(0.05, gt=0, description="Step size of Adam.")
    scale: Literal["learnt", "one"] = Field("learnt", description="Of each coordinate.")


class Normal(nn.Module):
    """Independent normal coordinates, of which each label has its own mean."""

    def __init__(self, task, options):
        super().__init__()
        self.task, self.options = task, options
        labels = (task.classes or 1) if task.labelled else 1
        self.mean = nn.Parameter(0.01 * torch.randn(labels, *task.shape))
        self.log_scale = nn.Parameter(torch.zeros(task.shape))
        self.register_buffer("average", self.mean.detach().clone())

    @property
    def scale(self):
        return self.log_scale.exp() if self.options.scale == "learnt" else torch.ones_like(self.log_scale)

    def nats(self, x, labels=None):
        mean = self.mean[0 if labels is None else labels]
        logs = -0.5 * ((x - mean) / self.scale) ** 2 - self.scale.log() - 0.5 * math.log(2 * math.pi)
        return logs.flatten(1).sum(1)


class Good:
    """The hooks; a test overrides one of them."""

    Options = Options

    def build(self, task, options):
        return Normal(task, options).to(task.device)

    def train(self, model, batches):
        adam = torch.optim.Adam(model.parameters(), lr=model.options.lr, betas=(0.8, 0.9))
        batches.keep(adam=adam)
        for handed in batches.labelled() if model.task.labelled else batches:
            x, labels = handed if model.task.labelled else (handed, None)
            self.step(model, adam, batches, x + 0.01 * torch.randn_like(x), labels)

    def step(self, model, adam, batches, x, labels=None):
        loss = -model.nats(x, labels).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        model.average.lerp_(model.mean.detach(), 0.1)
        batches.log(loss=loss)

    def sample(self, model, count, variant, labels):
        mean = (model.average if variant == "ema" else model.mean)[0 if labels is None else labels]
        drawn = mean + model.scale * torch.randn(count, *model.task.shape)
        return drawn.clamp(0, 1) if model.task.kind == "image" else drawn

    def options(self):
        return Options

    def kinds(self):
        return ("points", "image")

    def variants(self):
        return ("raw", "ema")

    def card(self):
        return {"paper": "Gauss 1809", "bibtex": "@book{gauss1809, title={Theoria motus}}", "sampling": "draw"}

    def log_likelihood(self, model, x):
        return Likelihood(values=model.nats(x), bound="exact", measure="density")

    def reconstruct(self, model, x):
        return x.clone()
