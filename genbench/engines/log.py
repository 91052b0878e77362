"""What a process printed, however much: its head and its tail."""

from __future__ import annotations

from collections import deque

HEAD = TAIL = 32_768  # bytes kept of each end
LINES = 12  # of the tail that go into a record


class Log:
    """Collect bytes, forgetting the middle."""

    def __init__(self) -> None:
        self._head = b""
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._lost = 0

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

    def text(self) -> str:
        """Return head and tail, with a line that says what is missing between them."""
        gap = f"\n[... {self._lost} bytes left out ...]\n" if self._lost else ""
        return self._head.decode(errors="replace") + gap + b"".join(self._tail).decode(errors="replace")

    def tail(self) -> str:
        """Return the last few lines, without control characters."""
        lines = "".join(c if c.isprintable() or c == "\n" else " " for c in self.text()).splitlines()
        return "\n".join(line[:400] for line in lines[-LINES:])
