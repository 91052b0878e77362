"""What a process printed, however much: its head and its tail; and where it stood when it hung or crashed."""

from __future__ import annotations

from collections import deque

HEAD = TAIL = STACKS = 32_768  # bytes kept of each
LINES = 12  # that go into a record, and of these
FRAMES = 9  # at most about where it stood


class Log:
    """Collect bytes, forgetting the middle."""

    def __init__(self) -> None:
        self._head = b""
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._lost = 0
        self._stacks = b""

    def write(self, data: bytes) -> None:
        """Add what was printed."""
        room = HEAD - len(self._head)
        self._head += data[:room]
        data = data[room:]
        if data:
            self._tail.append(data)
            self._tail_size += len(data)
        while self._tail_size - len(self._tail[0] if self._tail else b"") > TAIL:
            gone = self._tail.popleft()
            self._tail_size -= len(gone)
            self._lost += len(gone)

    def write_stacks(self, data: bytes) -> None:
        """Add what faulthandler wrote, of which the first part is the one that tells."""
        self._stacks += data[: STACKS - len(self._stacks)]

    def text(self) -> str:
        """Return head and tail, with a line that says what is missing between them, and then the stacks."""
        stacks = f"\n[where it stood]\n{self._stacks.decode(errors='replace')}" if self._stacks else ""
        return self._printed() + stacks

    def tail(self) -> str:
        """Return the last few lines, without control characters; the innermost frames of a stack count as such."""
        frames = self._innermost()
        printed = "".join(c if c.isprintable() or c == "\n" else " " for c in self._printed()).splitlines()
        return "\n".join(line[:400] for line in [*printed[-(LINES - len(frames)) :], *frames])

    def _printed(self) -> str:
        gap = f"\n[... {self._lost} bytes left out ...]\n" if self._lost else ""
        return self._head.decode(errors="replace") + gap + b"".join(self._tail).decode(errors="replace")

    def _innermost(self) -> list[str]:
        """Return how the process crashed, if it did, and the innermost frames of the thread that did or that hung."""
        lines = [line for line in self._stacks.decode("ascii", errors="replace").splitlines() if line.isprintable()]
        fatal = [line for line in lines if line.startswith("Fatal")][:1]
        starts = [number for number, line in enumerate(lines) if line.startswith("Current thread 0x")]
        start = starts[0] if starts else len(fatal)
        return [*fatal, *(line for line in lines[start : start + FRAMES - len(fatal)] if line)]
