"""`sample` returns, by an option, something that is not quite samples; some of it is as good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from genbench_badplugins.sound import Mean, kinds, train
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task

__all__ = ["kinds", "train"]

WAYS = {
    "double": lambda rows: rows.double(),
    "half": lambda rows: rows.half(),
    "bytes": lambda rows: (rows * 255).to(torch.uint8),
    "channels_last": lambda rows: rows.movedim(1, -1),
    "flat": lambda rows: rows.flatten(1),
    "more": lambda rows: torch.cat([rows, rows[:1]]),
    "none": lambda rows: rows[:0],
    "meta": lambda rows: rows.to("meta"),
    "list": lambda rows: list(rows),
    "numpy": lambda rows: np.asarray(rows),
    "nothing": lambda rows: None,
    "tuple": lambda rows: (rows, rows),
    "sparse": lambda rows: rows.to_sparse(),
    "lying": lambda rows: _with(rows, 3, float("nan")).as_subclass(Lying),
    "forbidding": lambda rows: _with(rows, 3, float("nan")).as_subclass(Forbidding),
    "negated": lambda rows: torch.complex(rows, -rows).conj().imag,
    "strided": lambda rows: rows.transpose(-1, -2).contiguous().transpose(-1, -2),
    "expanded": lambda rows: rows[:1].expand(rows.shape),
    "with_gradient": lambda rows: rows.clone().requires_grad_(),
    "nan": lambda rows: _with(rows, 3, float("nan")),
    "infinite": lambda rows: _with(rows, 0, float("-inf")),
    "out_of_range": lambda rows: _with(rows, 0, 1.5),
}


class Lying(torch.Tensor):
    """Says that all its values are finite."""

    def isfinite(self) -> Tensor:
        """Lie."""
        return torch.ones(1, dtype=torch.bool)


class Forbidding(torch.Tensor):
    """Leaves the process when anything is done with it."""

    @classmethod
    def __torch_function__(cls, *arguments: Any, **named: Any) -> Any:
        """Leave."""
        raise SystemExit("no touching")


class Options(BaseModel):
    way: str = "meta"


def _with(rows: Tensor, row: int, value: float) -> Tensor:
    rows[row].view(-1)[5] = value
    return rows


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    model = Mean(task)
    model.way = options.way
    return model


@hookimpl
def sample(model: Mean, count: int) -> Any:
    return WAYS[model.way](model.draw(count))
