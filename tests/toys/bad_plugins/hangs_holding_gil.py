"""`train` sleeps for ever in C with the interpreter's lock in hand, and will not hear of SIGTERM."""

from __future__ import annotations

import ctypes
import signal
from typing import TYPE_CHECKING

from genbench_badplugins.sound import build, kinds, sample

from genbench import hookimpl

if TYPE_CHECKING:
    from genbench_badplugins.sound import Mean

    from genbench.batches import Batches


__all__ = ["build", "kinds", "sample"]


def sleep_with_the_lock() -> None:
    """Sleep; a signal wakes it, and it sleeps again."""
    while True:
        ctypes.PyDLL(None).sleep(999)


@hookimpl
def train(model: Mean, batches: Batches) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for number, x in enumerate(batches):
        model.learn(x)
        if number == 3:
            sleep_with_the_lock()
