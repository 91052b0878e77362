"""Training goes on after the stream has ended, on the last batch."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel, Field

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    seconds: float = Field(3.0, ge=0)


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.seconds = options.seconds
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for x in batches:
        model.learn(x)
    end = time.monotonic() + model.seconds
    while time.monotonic() < end:
        model.learn(x)
