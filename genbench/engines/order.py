"""What the supervisor hands to the process that it starts, and the pipes between the two."""

from __future__ import annotations

import socket
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection

from genbench import files
from genbench.engines import frames

CHUNK = 65_536  # bytes of a read


def environment(threads: int, device: str | None = None) -> dict[str, str]:
    """Return what a process must find when it starts: passive waiting, threads, an allocator that keeps its pages.

    The fork server keeps the environment that it was born with, so that files of models are told to each process.
    """
    found = files.carried() | {
        "OMP_NUM_THREADS": str(threads),
        "MKL_NUM_THREADS": str(threads),
        "OMP_WAIT_POLICY": "PASSIVE",
        "PYTHONHASHSEED": "0",
        "MALLOC_MMAP_THRESHOLD_": str(32 * 2**20),
        "MALLOC_TRIM_THRESHOLD_": str(2**40),
    }
    if device is None:
        return found
    return found | {"CUDA_DEVICE_ORDER": "PCI_BUS_ID", "CUDA_VISIBLE_DEVICES": device}  # in the order of NVML


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A function to run, and what its process must find when it starts."""

    function: str  # a name of genbench.engines.child.FUNCTIONS
    payload: str
    token: str  # in the environment of everything that the call starts
    environment: dict[str, str]
    threads: int
    memory: int | None  # bytes that the process may ask for beyond what it has at birth


@dataclass(frozen=True, slots=True)
class Ends:
    """One end, the same, of each pipe between a call and the supervisor."""

    result: Connection  # a frame: what the function returned, or an error on purpose
    output: Connection  # what is printed
    stacks: Connection  # where it hung or crashed; apart, so that nothing that is printed can push it out
    report: Connection  # a frame from the minder: the exit code, and what was left behind

    def close(self) -> None:
        """Close all four."""
        for end in self.all:
            end.close()

    @property
    def all(self) -> tuple[Connection, ...]:
        """The four."""
        return self.result, self.output, self.stacks, self.report


def send(line: socket.socket, order: Order, ends: Ends) -> None:
    """Hand an order and its pipes to a minder."""
    data = frames.pack(asdict(order))
    sent = socket.send_fds(line, [data], [end.fileno() for end in ends.all])
    line.sendall(data[sent:])


def receive(line: socket.socket) -> tuple[Order, Ends] | None:
    """Take an order from the supervisor; None when it hung up."""
    frame = frames.Frame()
    data, descriptors, _, _ = socket.recv_fds(line, CHUNK, 4)
    while data:
        frame.write(data)
        if frame.is_whole:
            return Order(**(frame.message() or {})), Ends(*(Connection(each, readable=False) for each in descriptors))
        data = line.recv(CHUNK)
    return None
