"""A model of a steady pace: each hand-out and each draw is a fixed number of products of matrices."""

from __future__ import annotations

import os
import time

import torch
from pydantic import BaseModel, Field
from torch import nn

from genbench import hookimpl

# What a copy of this package changes, so that it is slower.
TRAINING = 40  # products of a hand-out
SAMPLING = 40  # products of a draw
FIRST = 0  # more products in the first hand-out
TENTH = 0  # more products in one hand-out of ten
GROWTH = 0.0  # more products with each hand-out
BUSY = 0.0  # seconds of waiting busily in each hand-out
FAULT = ""  # what goes wrong in training: "hang", "raise", "print"


class Options(BaseModel):
    batch_size: int = Field(8, ge=1)


class Pace(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.weight = nn.Parameter(torch.eye(96, device=task.device))
        self.shape = task.shape

    def work(self, products):
        x = self.weight.detach()
        for _ in range(round(products)):
            x = x @ self.weight.detach()
        return x


@hookimpl
def options():
    return Options


@hookimpl
def kinds():
    return ("points",)


@hookimpl
def build(task):
    print("pace: build", flush=True)
    return Pace(task)


@hookimpl
def train(model, batches):
    print("pace: train", flush=True)
    go_wrong(FAULT)
    for step, _ in enumerate(batches):
        model.work(TRAINING + GROWTH * step + FIRST * (step == 0) + TENTH * (step % 10 == 0))
        until = time.perf_counter() + BUSY
        while time.perf_counter() < until:
            pass


@hookimpl
def sample(model, count):
    model.work(SAMPLING)
    return torch.zeros(count, *model.shape, device=model.weight.device)


def go_wrong(fault):
    if fault == "hang":
        time.sleep(3600)
    if fault == "raise":
        raise RuntimeError("on purpose")
    if fault == "print":
        os.write(1, b"ready\n{}\n" * 1000)
