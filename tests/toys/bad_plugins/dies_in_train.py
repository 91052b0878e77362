"""The process dies in `train`: by a signal, or with the exit code of success, from a thread too."""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from typing import TYPE_CHECKING, Literal

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    by: Literal["abort", "exit", "exit_in_thread", "segfault", "division"] = "abort"


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
    DEATHS[model.by]()


def exit_in_thread() -> None:
    """Leave from another thread than the one that trains."""
    threading.Thread(target=os._exit, args=(0,)).start()
    threading.Event().wait()


DEATHS: dict[str, Callable[[], object]] = {
    "abort": os.abort,
    "exit": lambda: os._exit(0),
    "exit_in_thread": exit_in_thread,
    "segfault": lambda: ctypes.string_at(0),
    "division": lambda: signal.raise_signal(signal.SIGFPE),
}
