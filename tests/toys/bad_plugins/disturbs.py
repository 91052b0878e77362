"""`train` changes all that a process has one of, and closes its streams."""

from __future__ import annotations

import locale
import os
import signal
import sys
from typing import TYPE_CHECKING

import numpy as np
import torch
from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


class Options(BaseModel):
    closes: bool = True  # the standard streams too


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.closes = options.closes
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    model.learn(next(batches))
    change_torch()
    change_process()
    if model.closes:
        close_streams()
    for x in batches:
        with torch.enable_grad():
            model.learn(x)


def change_torch() -> None:
    """Set every flag to what it was not."""
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    torch.use_deterministic_algorithms(True)
    torch.set_float32_matmul_precision("medium")
    torch.set_num_threads(3)
    torch.set_autocast_enabled("cpu", True)
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.deterministic = True


def change_process() -> None:
    """Leave nothing as it was."""
    np.seterr(all="raise")
    os.chdir("/")
    os.umask(0o777)
    os.environ["A_PASSWORD"] = "never shown"
    os.environ.pop("HOME", None)
    locale.setlocale(locale.LC_ALL, "C")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sys.setrecursionlimit(12_345)


def close_streams() -> None:
    """Leave nothing to print to."""
    sys.stdout.close()
    sys.stderr.close()
    os.closerange(0, 3)
