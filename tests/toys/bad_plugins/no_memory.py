"""Memory does not suffice: the host's or the device's, as they say so themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from genbench_badplugins.sound import Mean, kinds, sample
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds", "sample"]


SAID = {
    "device": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    "cublas": RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    "host": MemoryError(),
    "allocator": RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
}


class Options(BaseModel):
    of: Literal["device", "cublas", "host", "allocator"] = "device"


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.of = options.of
    return model


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    model.learn(next(batches))
    raise SAID[model.of]
