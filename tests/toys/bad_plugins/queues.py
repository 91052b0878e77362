"""Hand-outs are only counted, as fast as they come; the work on them is done when the stream has ended."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Literal

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel, Field

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    by: Literal["thread", "itself"] = "itself"
    seconds: float = Field(0.5, ge=0, description="of processor time that the work takes")


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
    for x in batches:
        last = x
    if model.options.by == "itself":
        work(model, last)
    else:
        threading.Thread(target=work, args=(model, last), daemon=True).start()


def work(model: Mean, x: Tensor) -> None:
    """Learn the same rows again and again."""
    begun = time.thread_time()
    while time.thread_time() - begun < model.options.seconds:
        model.learn(x)
