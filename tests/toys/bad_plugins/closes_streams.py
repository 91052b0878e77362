"""`build` closes the standard streams and opens others in their place; `train` may hang."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    hangs: bool = False


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    os.closerange(0, 3)
    os.open(os.devnull, os.O_RDONLY)  # as 0; the next file to be opened is 1
    model = Mean(task)
    model.hangs = options.hangs
    return model


def wait_in_silence() -> None:
    """Wait for ever."""
    threading.Event().wait()


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for x in batches:
        model.learn(x)
        if model.hangs:
            wait_in_silence()
