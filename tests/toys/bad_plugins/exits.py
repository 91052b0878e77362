"""`train` leaves: by `sys.exit` with the code of success, from a thread, or as if the user had pressed Ctrl-C."""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING, Literal

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    by: Literal["exit", "thread", "dead thread", "interrupt"] = "exit"


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.by = options.by
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    model.learn(next(batches))
    if model.by in ("exit", "interrupt"):
        leave(model.by)
    thread = threading.Thread(target=leave, args=(model.by,))
    thread.start()
    thread.join()
    for x in batches:
        model.learn(x)


def leave(by: str) -> None:
    """Raise what `by` names."""
    if by == "interrupt":
        raise KeyboardInterrupt
    if by == "dead thread":
        raise ValueError("nobody catches this")
    sys.exit(0 if by == "exit" else 1)
