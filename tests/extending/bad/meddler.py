"""An observer that draws random numbers, changes the process, and hides what a model raises."""

import contextlib
import os

import torch

from genbench import hookimpl


@hookimpl(wrapper=True)
def train(model):
    torch.rand(1)
    with contextlib.suppress(ValueError):
        yield
    os.environ["MEDDLED"] = "1"
