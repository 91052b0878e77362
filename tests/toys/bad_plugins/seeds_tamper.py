"""Every hook seeds the global generators, and sets flags that other code depends on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import torch
from genbench_badplugins.sound import Mean, kinds

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds"]


def tamper() -> None:
    """Leave the process in another state than it was found in."""
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(3)
    torch.set_grad_enabled(False)
    torch.backends.cudnn.benchmark = True
    torch.backends.cuda.matmul.allow_tf32 = True


@hookimpl
def build(task: Task) -> Mean:
    tamper()
    return Mean(task)


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for x in batches:
        with torch.enable_grad():
            model.learn(x)
        tamper()


@hookimpl
def sample(model: Mean, count: int) -> Tensor:
    tamper()
    return model.draw(count)
