"""`train` raises after some hand-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel, Field

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    after: int = Field(3, ge=0, description="hand-outs")


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.after = options.after
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for number, x in enumerate(batches, start=1):
        batches.log(loss=model.learn(x))
        if number > model.after:
            raise RuntimeError("the loss went up")
