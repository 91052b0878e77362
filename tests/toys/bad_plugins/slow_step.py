"""One step takes longer than all others together."""

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
    after: int = Field(20, ge=1, description="hand-outs")
    seconds: float = Field(1.0, ge=0)


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.options = options
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for number, x in enumerate(batches, start=1):
        model.learn(x)
        if number == model.options.after:
            time.sleep(model.options.seconds)
    model.learn(x, rate=0.5)  # what the photograph of the stream's end does not contain
