"""One checkpoint on disk: written whole or not at all, under a seal, and read back without running code."""

from __future__ import annotations

import hashlib
import os
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, BinaryIO

import torch

from genbench.errors import CheckpointError

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"genbench checkpoint 1\n"
SEAL = 32  # bytes of sha256 that follow, over the rest
PLAIN = (int, float, bool, str, bytes, type(None), torch.dtype, torch.device)
CONTAINERS = (dict, OrderedDict, list, tuple, set, torch.Size)


def write(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint whole or not at all: a crash at any byte leaves the former one.

    Raises:
        CheckpointError: it holds something that cannot be read back without running code.
        OSError: the disk is full, or fails.
    """
    _check_plain(content, "")
    partial = path.with_name(f".{path.name}.partial")
    try:
        _write_sealed(partial, content)
        partial.replace(path)
    except Exception:
        partial.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _write_sealed(path: Path, content: dict[str, Any]) -> None:
    with path.open("wb") as file:
        file.write(MAGIC + bytes(SEAL))
        digest = save(content, file)
        file.seek(len(MAGIC))
        file.write(digest)
        file.flush()
        os.fsync(file.fileno())


def save(content: Any, file: BinaryIO) -> bytes:
    """Write tensors into a file; return the sha256 of what was written.

    Raises:
        OSError: the disk is full, or fails. Given a path, torch would abort the process.
    """
    sealing = _Sealing(file)
    try:
        torch.save(content, sealing)  # type: ignore[arg-type]  # it needs `write` and `flush` alone
    except RuntimeError:
        if sealing.failure is None:
            raise
        raise sealing.failure from None
    return sealing.total.digest()


def read(path: Path, device: str | None = None) -> dict[str, Any]:
    """Read a checkpoint; its tensors come to `device`, or to where they were.

    Raises:
        CheckpointError: it is missing, truncated or changed.
    """
    try:
        with path.open("rb") as file:
            start = file.read(len(MAGIC) + SEAL)
            total = hashlib.file_digest(file, "sha256")
            if start != MAGIC + total.digest():
                raise CheckpointError(f"{path}: truncated or changed, its content does not match its sha256")
            file.seek(len(start))
            return _load(file, device)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: no such file") from None


def _load(file: BinaryIO, device: str | None) -> dict[str, Any]:
    try:
        content: dict[str, Any] = torch.load(file, map_location=device, weights_only=True)
    except Exception as error:  # whatever torch raises where it would have to run code
        raise CheckpointError(f"{file.name}: {error}") from error
    return content


def _check_plain(value: Any, where: str) -> None:
    """Refuse what torch would not read back with `weights_only`."""
    if isinstance(value, torch.Tensor) or type(value) in PLAIN:
        return
    if type(value) not in CONTAINERS:
        kind = f"{type(value).__module__}.{type(value).__qualname__}"
        raise CheckpointError(f"{where[1:]} is a {kind}, expected tensors, numbers, text and containers of them")
    named = value.items() if isinstance(value, dict) else enumerate(value)
    for name, each in named:
        _check_plain(each, f"{where}/{name}")


class _Sealing:
    """A file that adds up what is written to it, and remembers why it could not be: torch tells something else."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.total = hashlib.sha256()
        self.failure: OSError | None = None

    def write(self, data: bytes) -> int:
        self.total.update(data)
        try:
            return self._file.write(data)
        except OSError as error:
            self.failure = error
            raise

    def flush(self) -> None:
        self._file.flush()
