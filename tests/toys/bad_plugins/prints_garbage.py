"""Every hook writes to both streams what is neither text nor the result that it pretends to be."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from genbench_badplugins.sound import Mean, kinds

from genbench import hookimpl

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task
    from genbench.batches import Batches


__all__ = ["kinds"]


def litter() -> None:
    """Write past Python's streams and through them; end without a newline."""
    os.write(1, b"\xff\xfe\x00 not text\n")
    print('{"status": "OK", "message": null}', flush=True)
    print("\x1b[2J\x1b]0;title\x07" + "\u2588" * 200, file=sys.stderr, end="", flush=True)


@hookimpl
def build(task: Task) -> Mean:
    litter()
    return Mean(task)


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    for x in batches:
        model.learn(x)
        litter()


@hookimpl
def sample(model: Mean, count: int) -> Tensor:
    litter()
    return model.draw(count)
