"""The parent of a worker: it outlives it, sees that nothing else does, and tells how it ended.

It is forked from the fork server, and forks the worker. Whatever the worker starts and leaves comes to it as an orphan,
so that nothing gets away by forking twice. When the supervisor or the fork server dies, the worker dies too.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from contextlib import suppress
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from genbench.engines import child, family, frames

if TYPE_CHECKING:
    from genbench.engines.order import Ends, Order

GRACE = 0.3  # seconds in which what was killed, or sees that its parent has gone, may leave by itself
CLEARING = 4.0  # seconds to kill what was left
LISTED = 20  # processes of a report


def main(order: Order, ends: Ends, beat: Any) -> None:
    """Run an order in a worker of its own and report its end; without fork, run it here."""
    if not hasattr(os, "fork"):
        child.main(order, ends, beat)
    os.setsid()  # a Ctrl-C in the terminal is the supervisor's to answer
    family.adopt_orphans()
    family.die_with_parent(signal.SIGTERM)
    news = _listen_for_signals()
    minder = os.getpid()
    worker = os.fork()
    if worker == 0:
        _become_worker(minder, ends)
        child.main(order, ends, beat)
    for end in (ends.result, ends.output, ends.stacks):
        end.close()
    code, peak = _outlive(worker, news)
    left = _clear(worker, order.token)
    with suppress(OSError):  # nobody is there to read it
        frames.send(ends.report, {"code": code, "peak": peak, "left": left[:LISTED]})


def _become_worker(minder: int, ends: Ends) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ends.report.close()
    family.die_with_parent(signal.SIGKILL)
    if os.getppid() != minder:
        os._exit(1)


def _listen_for_signals() -> int:
    """Return a descriptor from which the numbers of signals can be read: a child's end, a request to end."""
    news, told = os.pipe()
    os.set_blocking(news, False)
    os.set_blocking(told, False)
    signal.set_wakeup_fd(told, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, lambda number, frame: None)
    return news


def _outlive(worker: int, news: int) -> tuple[int, int]:
    """Wait for the worker's end, or make it; return its exit code and the most bytes it had in memory."""
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None
    options = os.WNOHANG
    while not (ended := os.wait4(worker, options))[0]:
        ready = connection.wait([supervisor.sentinel, news])
        if supervisor.sentinel in ready or signal.SIGTERM in _numbers(news):
            _kill(worker)
            options = 0
    _, status, usage = ended
    return os.waitstatus_to_exitcode(status), usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _numbers(news: int) -> bytes:
    try:
        return os.read(news, 4096)
    except BlockingIOError:
        return b""


def _kill(worker: int) -> None:
    """Kill a worker and its group, whether it has made one yet or not."""
    os.kill(worker, signal.SIGKILL)  # not waited for yet, so that the number is still its own
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)


def _clear(group: int, token: str) -> list[str]:
    """Kill what the worker left behind; return what did not go with its group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    if not _has_children():  # nor grandchildren: their parent would be one, or they would have come here
        return []
    family.wait_until(lambda: not _has_children(), GRACE)
    return list(family.extinguish(lambda: _remaining(token), CLEARING).values())


def _has_children() -> bool:
    """Bury the dead; return whether any child is alive."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _remaining(token: str) -> list[int]:
    _has_children()
    below = family.descendants(os.getpid(), family.parents())
    return sorted({*below, *family.carriers(token)} - {os.getpid()})
