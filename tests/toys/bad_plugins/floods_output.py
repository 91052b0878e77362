"""`train` prints hundreds of megabytes: no text, escape codes, commands to a service that reads logs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from genbench_badplugins.sound import build, kinds, sample

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean

    from genbench.batches import Batches


__all__ = ["build", "kinds", "sample"]

MEGABYTES = 200
BLOCK = (b"\xff\xfe\x1b[31m::error file=a.py::no\r\x07" * 2**20)[: 2**20]


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    print("the first of many lines", flush=True)
    for _ in range(MEGABYTES):
        os.write(1, BLOCK)
    print("\nthe last line", flush=True)
    for x in batches:
        model.learn(x)
