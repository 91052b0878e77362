"""Samples are so far from all rows that the toy metric `exhausts` takes all memory for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import build, kinds, train

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean
    from torch import Tensor


__all__ = ["build", "kinds", "train"]


@hookimpl
def sample(model: Mean, count: int) -> Tensor:
    return model.draw(count) + 10_000
