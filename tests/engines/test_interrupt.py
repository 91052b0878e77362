"""An interrupt stops the engine whatever it is doing."""

from __future__ import annotations

import os
import signal
import time
import weakref

import pytest

from genbench.engines import Call, LocalEngine


class Box:
    """Something with a finaliser."""


def test_an_interrupt_is_raised_where_it_cannot_be_lost() -> None:
    """Kills: an interrupt raised in a finaliser, which Python ignores, so that the run goes on for hours."""
    before = signal.getsignal(signal.SIGINT)
    with LocalEngine(workers=1) as engine:
        box = Box()
        weakref.finalize(box, os.kill, os.getpid(), signal.SIGINT)
        del box
        engine.submit(Call(name="environment", function="environment", payload="cpu"), print)
        with pytest.raises(KeyboardInterrupt):
            engine.drain()
        with pytest.raises(KeyboardInterrupt):  # a second one at once
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(1)
    assert signal.getsignal(signal.SIGINT) is before
