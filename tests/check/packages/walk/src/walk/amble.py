"""A model of little learning and steady pace, whose quality and speed are constants that a copy of it changes."""

from __future__ import annotations

import time

import torch
from pydantic import BaseModel, Field
from torch import nn

from genbench import hookimpl

# What a copy of this package changes, so that it is worse, better, slower or broken.
WIDTH = 1.5  # deviation of samples: 1 is as the data
PAUSE = 0.01  # seconds a hand-out, and a draw: asleep, so that a busy machine hardly matters
DRAWING = 0.01
DEPTH = 1  # an option's default, of which nothing depends
FAULT = ""  # what is wrong with training


class Options(BaseModel):
    batch_size: int = Field(8, ge=1)
    depth: int = Field(DEPTH, ge=1)


@hookimpl
def options():
    return Options


@hookimpl
def kinds():
    return ("points",)


@hookimpl
def build(task):
    model = nn.Module()
    model.mean = nn.Parameter(0.1 * torch.randn(task.shape, device=task.device))
    return model


@hookimpl
def train(model, batches):
    if FAULT:
        raise RuntimeError(FAULT)
    for x in batches:
        time.sleep(PAUSE)
        with torch.no_grad():
            model.mean.lerp_(x.mean(0), 0.1)


@hookimpl
def sample(model, count):
    time.sleep(DRAWING)
    return torch.randn(count, *model.mean.shape, device=model.mean.device).mul(WIDTH).add(model.mean)
