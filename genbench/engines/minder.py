"""The parent of workers: it outlives each, sees that nothing else does, and tells how it ended.

It is forked from the fork server, and forks a worker for each call. Whatever the worker starts and leaves comes to it
as an orphan, so that nothing gets away by forking twice. When the supervisor or the fork server dies, the worker dies.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
from contextlib import suppress
from multiprocessing import connection
from typing import TYPE_CHECKING, Any

from genbench.engines import child, family, frames
from genbench.engines.order import receive

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from genbench.engines.order import Ends, Order

GRACE = 0.3  # seconds in which what was killed, or sees that its parent has gone, may leave by itself
CLEARING = 4.0  # seconds to kill what was left
LISTED = 20  # processes of a report


def main(end: Connection, beat: Any) -> None:
    """Run one order after the other, each in a worker of its own, until the supervisor hangs up or dies.

    One minder serves many calls: its own fork and its own end would cost as much as the worker's.
    """
    os.setsid()  # a Ctrl-C in the terminal is the supervisor's to answer
    family.adopt_orphans()
    family.die_with_parent(signal.SIGTERM)
    news = _listen_for_signals()
    supervisor = multiprocessing.parent_process()
    assert supervisor is not None
    with socket.socket(fileno=os.dup(end.fileno())) as line:
        end.close()
        stays = True
        while stays:
            ready = connection.wait([line, supervisor.sentinel, news])
            if supervisor.sentinel in ready or signal.SIGTERM in _numbers(news):
                return
            if line in ready:
                given = receive(line)
                stays = given is not None and _mind(*given, beat, line, supervisor.sentinel, news)


def _mind(order: Order, ends: Ends, beat: Any, line: socket.socket, sentinel: int, news: int) -> bool:
    """Run an order in a worker and report its end; return whether nothing speaks against running another."""
    minder = os.getpid()
    worker = os.fork()
    if worker == 0:
        _become_worker(minder, line, ends)
        child.main(order, ends, beat)
    for end in (ends.result, ends.output, ends.stacks):
        end.close()
    code, peak, is_wanted = _outlive(worker, sentinel, news)
    left = _clear(worker, order.token)
    stays = is_wanted and not _has_children()
    with suppress(OSError):  # nobody is there to read it
        frames.send(ends.report, {"code": code, "peak": peak, "left": left[:LISTED], "stays": stays})
    return stays


def _become_worker(minder: int, line: socket.socket, ends: Ends) -> None:
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    line.close()
    ends.report.close()
    multiprocessing.current_process().daemon = False  # the minder is, and such may not have children
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


def _outlive(worker: int, sentinel: int, news: int) -> tuple[int, int, bool]:
    """Wait for the worker's end, or make it where nobody wants it any more.

    Returns its exit code, the most bytes that it had in memory, and whether it was wanted to the end.
    """
    options = os.WNOHANG
    while not (ended := os.wait4(worker, options))[0]:
        ready = connection.wait([sentinel, news])
        if sentinel in ready or signal.SIGTERM in _numbers(news):
            _kill(worker)
            options = 0
    _, status, usage = ended
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return os.waitstatus_to_exitcode(status), peak, options != 0


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
