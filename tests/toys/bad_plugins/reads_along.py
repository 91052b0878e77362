"""`train` and `sample` open a file that is none of theirs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds"]


class Options(BaseModel):
    train: str = ""
    sample: str = ""


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
        model.learn(x)
    peep(model.options.train)


@hookimpl
def sample(model: Mean, count: int) -> Tensor:
    peep(model.options.sample)
    return model.draw(count)


def peep(path: str) -> None:
    """Read a byte."""
    if path:
        with Path(path).open("rb") as file:
            file.read(1)
