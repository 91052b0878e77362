"""The inside of a process: a session of its own, output into a pipe, one function, one result."""

from __future__ import annotations

import ctypes
import faulthandler
import gc
import importlib
import json
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

from genbench.errors import GenbenchError, UsageError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

FUNCTIONS = {
    "environment": "genbench.environment:survey",
    "inspect": "genbench.inspection:inspect_model",
    "prepare": "genbench.preparation:prepare_data",
    "trial": "genbench.trial:main",
    "probe": "genbench.probe:main",
    "score": "genbench.scoring:main",
    "judge": "genbench.judging:main",
    "extract": "genbench.judging:extract_main",
    "reference": "genbench.judging:reference_main",
}
PR_SET_PDEATHSIG = 1


def main(function: str, payload: str, result: Connection, output: Connection, beat: Any) -> None:
    """Run one of `FUNCTIONS` on `payload` and send what it returns; an error on purpose is sent too."""
    _leave_the_family()
    _redirect(output)
    faulthandler.enable()
    gc.freeze()  # what was preloaded is never garbage: collections stay short, and its pages shared
    module, _, name = FUNCTIONS[function].partition(":")
    try:
        answer = {"result": getattr(importlib.import_module(module), name)(payload, beat)}
    except GenbenchError as error:
        answer = {"error": str(error), "is_usage": isinstance(error, UsageError)}
    sys.stdout.flush()
    result.send_bytes(json.dumps(answer).encode())


def _leave_the_family() -> None:
    """Lead a process group, so that all of it can be killed, and die with the parent."""
    os.setsid()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _redirect(output: Connection) -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)
    os.close(nothing)
