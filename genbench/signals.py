"""Being asked to stop: the first signal is remembered until it can be obeyed in order, the second is obeyed at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType, TracebackType

INTERRUPTED, TERMINATED = 130, 143  # exit codes
CODES = {"SIGINT": INTERRUPTED, "SIGTERM": TERMINATED, "SIGHUP": TERMINATED, "SIGUSR1": TERMINATED}
TIME_IS_UP = "the time that was given"  # stops like a signal
ECHO = 0.5  # seconds
# SIGUSR1 is what cluster schedulers send some time before SIGTERM.


class StopRequests:
    """While entered, notes the signals that ask to stop.

    A handler that raised would be lost wherever Python lets nothing out, as in a finaliser; so this one only notes,
    and `asked` is looked at where stopping is in order. Where that does not come to pass, a second signal ends the
    process. One that follows at once is no second one: `timeout` signals a process and then its whole group.

    Args:
        at_once: what to do, in the handler, before the process ends at a second signal.
    """

    def __init__(self, at_once: Callable[[], None] = lambda: None) -> None:
        self.at_once = at_once
        self.name: str | None = None  # of the first signal, or what else asked
        self._since = 0.0
        self._former: dict[int, Any] = {}

    @property
    def asked(self) -> bool:
        """Whether a signal asked to stop."""
        return self.name is not None

    @property
    def code(self) -> int:
        """The exit code of a process that stopped because a signal asked for it."""
        return CODES.get(self.name or "SIGINT", INTERRUPTED)

    def ask(self, name: str) -> None:
        """Ask to stop for another reason than a signal; the first one that asks is named."""
        if self.name is None:
            self.name = name

    def __enter__(self) -> StopRequests:
        if threading.current_thread() is threading.main_thread():
            for name in CODES:
                number = getattr(signal, name, None)
                if number is not None and not (
                    name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN
                ):  # nohup
                    self._former[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.name is None:
            self.name, self._since = signal.Signals(number).name, time.monotonic()
        if time.monotonic() - self._since < ECHO or signal.Signals(number).name == "SIGUSR1":
            return
        self.at_once()
        os._exit(self.code)
