"""Files that are published whole or not at all, under a seal: a change of any byte is noticed when they are read."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from genbench.errors import ResultsError
from genbench.record import SCHEMA, Frozen
from genbench.store import durable

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 64 * 2**20  # bytes of a file that is read back
SEAL = b'{"sha256": "%s",\n"content": '
Stored = TypeVar("Stored", bound=Frozen)


def publish(path: Path, value: Frozen) -> None:
    """Write a file whole or not at all, in the place of a former one.

    Raises:
        OSError: nothing was written.
    """
    durable.replace(path, seal(value))


def publish_once(path: Path, value: Frozen) -> bool:
    """Write a file that is not there yet; of several writers one succeeds. Return whether this one did.

    Raises:
        OSError: nothing was written.
    """
    return durable.create(path, seal(value))


def seal(value: Frozen) -> bytes:
    """Return a document with its sha256 before it."""
    return _sealed(value.model_dump_json(indent=1).encode())


def load(path: Path, kind: type[Stored]) -> Stored:
    """Read a file that was published.

    Raises:
        ResultsError: it is missing, damaged, too large, or of another schema.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ResultsError(f"{path}: {path.stat().st_size} bytes, expected at most {LARGEST}")
        value = kind.model_validate_json(content_of(path))
    except FileNotFoundError:
        raise ResultsError(
            f"{path}: no such file; expected a results folder, as results/20261122-0123456789abcdef"
        ) from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ResultsError(f"{path}: damaged or of another version: {where}: {first['msg']}") from None
    if getattr(value, "schema_version", SCHEMA) != SCHEMA:
        raise ResultsError(f"{path}: schema {value.schema_version}, expected {SCHEMA}")  # type: ignore[attr-defined]
    return value


def _sealed(content: bytes) -> bytes:
    """Wrap a document so that a change of any byte of it is noticed; the whole is JSON too."""
    return SEAL % hashlib.sha256(content).hexdigest().encode() + content + b"}\n"


def content_of(path: Path) -> bytes:
    """Return a sealed document.

    Raises:
        ResultsError: it is not what was sealed.
    """
    data = path.read_bytes()
    start = len(SEAL % (b"0" * 64))
    content = data[start:-2]
    if _sealed(content) != data:
        raise ResultsError(f"{path}: damaged or edited: its content does not match the sha256 at its start")
    return content
