"""An arm seen from outside: started, awaited, sent off, heard, ended."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from multiprocessing import connection
from typing import TYPE_CHECKING

from pydantic import ValidationError

from genbench.check.timings import Timing
from genbench.refs import Frozen
from genbench.status import status_of_exit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from genbench.check.timings import TimingRequest

READY, GO = b"ready\n", b"go\n"
LEAVING = 5.0  # seconds for an arm to end by itself
CHUNK = 65_536
LONGEST = 2**24  # bytes of an answer


class Launch(Frozen):
    """How an arm is started."""

    python: str
    path: str | None  # PYTHONPATH; None: without
    hash_seed: int
    padding: int  # bytes by which its environment is made larger


class ArmProcess:
    """One arm.

    Args:
        launch: how to start it.
        request: what to ask of it.
        folder: its working folder.
    """

    def __init__(self, launch: Launch, request: TimingRequest, folder: Path) -> None:
        self._end: Timing | None = None
        self._buffer = b""
        self._answer, theirs = os.pipe()
        command = [launch.python, "-X", "faulthandler", "-m", "genbench.check.arm", str(theirs)]
        try:
            self._process = subprocess.Popen(
                command, cwd=folder, env=variables(launch, os.environ), stdin=subprocess.PIPE, pass_fds=(theirs,)
            )
        finally:
            os.close(theirs)
        self._send(request.line())

    def wait_until_ready(self, until: float) -> None:
        """Wait for it to have loaded everything, until a time on the monotonic clock."""
        line = self._line(until, "it had loaded the model")
        if line is not None and line != READY:
            self._end = _timing(line)

    def measure(self, seconds: float) -> Timing:
        """Let it measure, and end; one that was not ready has its failure already."""
        if self._end is None:
            self._send(GO)
            line = self._line(time.monotonic() + seconds, "it had measured")
            self._end = self._end if line is None else _timing(line)
        self.close()
        assert self._end is not None
        return self._end

    def close(self) -> None:
        """See that it has ended: whatever it still does would be in the way of the other."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(0.0 if self._end is not None and self._end.failure else LEAVING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._answer >= 0:
            os.close(self._answer)
            self._answer = -1

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # it has ended, which is heard
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _line(self, until: float, what: str) -> bytes | None:
        """Return its next line; None where it ended, or was not heard in time, which is then its timing."""
        begun = time.monotonic()
        while b"\n" not in self._buffer:
            if not connection.wait([self._answer], timeout=max(0.0, until - time.monotonic())):
                self._fail("TIMEOUT", f"over {until - begun:.0f} s went by before {what}")
                return None
            data = os.read(self._answer, CHUNK)
            self._buffer += data
            if not data or len(self._buffer) > LONGEST:
                self._process.kill() if data else None
                self._fail(*status_of_exit(self._process.wait()))
                return None
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line + b"\n"

    def _fail(self, status: str, message: str) -> None:
        self._end = Timing(failure=f"{status}: {message}")


def variables(launch: Launch, inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of an arm."""
    found = {name: value for name, value in inherited.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    if launch.path is not None:
        found["PYTHONPATH"] = launch.path
    return found | {"PYTHONHASHSEED": str(launch.hash_seed), "GENBENCH_PADDING": "x" * launch.padding}


def _timing(line: bytes) -> Timing:
    try:
        return Timing.model_validate_json(line)
    except ValidationError as error:
        told = f"{error.error_count()} fields of its answer cannot be read"
        return Timing(failure=f"NO_RESULT: {told}; its genbench is of another version")
