"""`train` leaves two daemons in sessions of their own, one a bare fork, one another program; and may hang."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    folder: str = ""  # where each daemon leaves a file with its number for a name
    hangs: bool = False
    kills_parent: bool = False


def daemonize(folder: str, work: Callable[[], object]) -> None:
    """Fork twice, in a new session; return when the daemon is at work."""
    ready, told = os.pipe()
    if child := os.fork():
        os.waitpid(child, 0)
        os.read(ready, 1)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if folder:
        Path(folder, str(os.getpid())).touch()
    os.write(told, b"!")
    work()


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.plan = options
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    daemonize(model.plan.folder, threading.Event().wait)
    daemonize(model.plan.folder, lambda: os.execlp("sleep", "sleep", "999"))
    if model.plan.kills_parent:
        os.kill(os.getppid(), signal.SIGKILL)
    if model.plan.hangs:
        threading.Event().wait()
    for x in batches:
        model.learn(x)
