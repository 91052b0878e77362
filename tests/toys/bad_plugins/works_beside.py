"""Somebody works beside the training and does not stop when it is paused: a thread, or a process."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Literal

import torch
from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel, Field

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    by: Literal["thread", "process"] = "thread"
    lingers: float = Field(0.0, ge=0, description="seconds after `train` has returned")


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
    stop = threading.Event()
    if model.options.by == "thread":
        worker = threading.Thread(target=work, args=(stop, model.options.lingers), daemon=True)
        worker.start()
        end = worker.join
    else:
        process = subprocess.Popen(
            [sys.executable, "-c", "print(flush=True)\nwhile True: pass"], stdout=subprocess.PIPE
        )
        process.stdout.readline()
        end = process.kill
    for x in batches:
        model.learn(x)
    stop.set()
    if not model.options.lingers:
        end()
    if model.options.by == "process":
        process.stdout.close()
        process.wait()


def work(stop: threading.Event, lingers: float) -> None:
    """Multiply until `stop`, and for `lingers` seconds of processor time more."""
    matrix = torch.eye(64)
    while not stop.is_set():
        matrix = matrix @ matrix
    begun = time.thread_time()
    while time.thread_time() - begun < lingers:
        matrix = matrix @ matrix
