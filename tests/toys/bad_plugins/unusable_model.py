"""The model is no usable module: its state holds code, it takes no state back, or it has a `train` of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from genbench_badplugins.sound import Mean, kinds, sample, train
from pydantic import BaseModel

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench import Task


__all__ = ["kinds", "sample", "train"]


class Options(BaseModel):
    way: Literal["code", "refused", "train"] = "code"


class Holding(Mean):
    """Has code in its state."""

    def state_dict(self, *args: Any, **named: Any) -> Any:
        """Return the state, with a function in it."""
        return {**super().state_dict(*args, **named), "activation": print}


class Refusing(Mean):
    """Takes no state."""

    def load_state_dict(self, *args: Any, **named: Any) -> Any:
        """Refuse."""
        raise RuntimeError("layers are not made yet")


class Shadowing(Mean):
    """Has a method in the place of PyTorch's `train`, which sets the mode."""

    def train(self, rows: Any) -> Any:
        """Take a step towards rows."""
        return self.learn(rows)


@hookimpl
def options() -> type[Options]:
    return Options


@hookimpl
def build(task: Task, options: Options) -> Mean:
    return {"code": Holding, "refused": Refusing, "train": Shadowing}[options.way](task)
