"""An argument has a default, which some versions of pluggy leave unfilled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import build, kinds, sample

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean

    from genbench.batches import Batches


__all__ = ["build", "kinds", "sample"]


@hookimpl
def train(model: Mean, batches: Batches | None = None) -> None:
    for x in batches or ():
        model.learn(x)
