"""`train` asks for an argument that no hook has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import build, kinds, sample

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean

    from genbench.batches import Batches


__all__ = ["build", "kinds", "sample"]


@hookimpl
def train(model: Mean, batches: Batches, epochs: int) -> None:
    for _ in range(epochs):
        for x in batches:
            model.learn(x)
