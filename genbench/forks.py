"""Processes that a plugin forks and that come back from it: each would do genbench's own work a second time."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

TOLD = "genbench: a process that the plugin had forked came back from it; it ends here, its parent goes on"


def end_if_forked(own: int) -> None:
    """End this process if it is not `own`, the one that called the plugin."""
    if os.getpid() == own:
        return
    with suppress(Exception):
        print(TOLD, file=sys.stderr, flush=True)
    os._exit(1)
