"""2 % of the values are over 1."""

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
    drawn = model.draw(count)
    drawn.view(-1)[::50] = 1.5
    return drawn
