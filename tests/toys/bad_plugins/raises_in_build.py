"""`build` raises while a secret is among its variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds, sample, train

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task


__all__ = ["kinds", "sample", "train"]


@hookimpl
def build(task: Task) -> Mean:
    token = "-".join(["hunter", "2"])
    if token:
        raise ValueError(f"cannot model {task.kind}")
    return Mean(task)
