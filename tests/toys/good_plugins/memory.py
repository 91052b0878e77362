"""Rows that are remembered and drawn again: state whose shape is known only once there is data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel, Field
from torch import Tensor, nn

from genbench import Task, hookimpl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from genbench.batches import Batches


class Options(BaseModel):
    capacity: int = Field(500, ge=1, description="rows remembered, the first that come")


class Memory(nn.Module):
    """Holds up to `capacity` rows; none at first."""

    def __init__(self, task: Task, capacity: int) -> None:
        super().__init__()
        self.capacity = capacity
        self.register_buffer("rows", torch.empty(0, *task.shape, dtype=task.dtype, device=task.device))

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True, assign: bool = False) -> Any:
        """Make room first: a photograph holds as many rows as were seen when it was taken."""
        self.rows = torch.empty_like(state["rows"], device=self.rows.device)
        return super().load_state_dict(state, strict=strict, assign=assign)


@hookimpl
def build(task: Task, options: Options) -> Memory:
    return Memory(task, options.capacity)


@hookimpl
def train(model: Memory, batches: Batches) -> None:
    batches.keep()
    for x in batches:
        model.rows = torch.cat([model.rows, x])[: model.capacity]


@hookimpl
def sample(model: Memory, count: int) -> Tensor:
    if len(model.rows) == 0:
        return model.rows.new_zeros(count, *model.rows.shape[1:])
    return model.rows[torch.randint(len(model.rows), (count,), device=model.rows.device)]


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def kinds() -> tuple[str, ...]:
    return ("image", "points", "wave", "tokens")
