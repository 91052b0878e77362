"""What comes through a pipe, read without waiting; and messages, which their length and their hash go before.

Half a message is never taken for a whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from genbench.errors import GenbenchError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

MAGIC = b"genbench"
SIZE, HASH = 8, 32  # bytes of the length, big-endian, and of the SHA-256
HEADER = len(MAGIC) + SIZE + HASH
LARGEST = 64 * 2**20  # bytes of a message
CHUNK, AT_ONCE = 65_536, 16  # bytes of a read; reads in a row, so that a flood keeps nobody from looking at limits


class Garbled(GenbenchError):
    """What came is not one whole message."""


def pack(message: dict[str, Any]) -> bytes:
    """Return a message as it goes through a pipe."""
    body = json.dumps(message).encode()
    return MAGIC + len(body).to_bytes(SIZE, "big") + hashlib.sha256(body).digest() + body


def send(end: Connection, message: dict[str, Any]) -> None:
    """Write a message and close the pipe."""
    rest = memoryview(pack(message))
    while rest:
        rest = rest[os.write(end.fileno(), rest) :]
    end.close()


class Frame:
    """Collects the bytes of one message, and no more than a message may have."""

    def __init__(self) -> None:
        self._data = bytearray()

    def write(self, data: bytes) -> None:
        """Add what was read."""
        self._data += data[: HEADER + LARGEST + 1 - len(self._data)]

    @property
    def is_whole(self) -> bool:
        """Whether as many bytes are there as were announced."""
        return len(self._data) >= HEADER and len(self._data) == HEADER + self._announced

    def message(self) -> dict[str, Any] | None:
        """Return the message, None when nothing came.

        Raises:
            Garbled: what came is cut short, too long, altered, or no message at all.
        """
        if not self._data:
            return None
        body = bytes(self._data[HEADER:])
        if not self.is_whole or hashlib.sha256(body).digest() != self._data[HEADER - HASH : HEADER]:
            raise Garbled(f"{len(self._data)} bytes came that are not one whole message of at most {LARGEST} bytes")
        message = json.loads(body)
        if not isinstance(message, dict):
            raise Garbled(f"expected a JSON object, got {type(message).__name__}")
        return message

    @property
    def _announced(self) -> int:
        if not self._data.startswith(MAGIC):
            return -1
        return int.from_bytes(self._data[len(MAGIC) : len(MAGIC) + SIZE], "big")


class Inlet:
    """The reading end of a pipe, never waited for."""

    def __init__(self, end: Connection, write: Callable[[bytes], None]) -> None:
        self.end = end
        self._write = write
        os.set_blocking(end.fileno(), False)

    def read(self) -> None:
        """Take what is there, as far as it is not too much at once; close the pipe at its end."""
        for _ in range(AT_ONCE if not self.end.closed else 0):
            try:
                data = os.read(self.end.fileno(), CHUNK)
            except BlockingIOError:
                return
            if not data:
                self.end.close()
                return
            self._write(data)
