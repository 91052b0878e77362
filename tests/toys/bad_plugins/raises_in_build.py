"""`build` raises."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import kinds, sample, train

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean

    from genbench import Task


__all__ = ["kinds", "sample", "train"]


@hookimpl
def build(task: Task) -> Mean:
    raise ValueError(f"cannot model {task.kind}")
