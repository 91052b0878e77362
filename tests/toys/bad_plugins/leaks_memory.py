"""`train` keeps more and more memory: some with every hand-out, or all at once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
import torch
from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel, Field

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    megabytes: int = Field(20, ge=0, description="kept of every hand-out")
    at_once: int = Field(0, ge=0, description="gigabytes of one array")
    by_torch: bool = False


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.leak = options
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    kept: list[object] = []
    for x in batches:
        model.learn(x)
        if model.leak.at_once:
            size = model.leak.at_once * 2**30
            kept.append(torch.zeros(size, dtype=torch.uint8) if model.leak.by_torch else np.zeros(size, np.uint8))
        kept.append(b"x" * (model.leak.megabytes * 2**20))
        time.sleep(0.02)
