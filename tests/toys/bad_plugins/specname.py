"""A function of another name says that it is the hook `train`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench_badplugins.sound import build, kinds, sample

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean

    from genbench.batches import Batches


__all__ = ["build", "kinds", "sample"]


@hookimpl(specname="train")
def fit(model: Mean, batches: Batches) -> None:
    for x in batches:
        model.learn(x)
