"""Files that are published whole or not at all, under a seal: a change of any byte is noticed when they are read.

The seal finds damage, not malice: who can write a file can seal it. So whatever is read back is bounded before it is
parsed, becomes nothing but the type that was asked for, and is read where it lies, never through a link.
"""

from __future__ import annotations

import gc
import hashlib
import json
import math
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from genbench.errors import ResultsError
from genbench.escaping import plain, quoted
from genbench.record import SCHEMA, Record
from genbench.refs import Frozen
from genbench.store import durable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LARGEST = 32 * 2**20  # bytes of a file that is read back: a plan of 20,000 trials
MOST_VALUES = 1_000_000  # in one file: an empty list of 3 bytes takes 80 in memory
FOLDERS = ("trials", "references")  # of a run; what lies in them stays in them
SEAL = b'{"sha256": "%s",\n"content": '
END = b"}\n"
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
    content = value.model_dump_json(indent=1).encode()
    return _seal(content) + content + END


def load(path: Path, kind: type[Stored], *, deep: bool | None = None) -> Stored:
    """Read a file that was published; nothing in it is run.

    Args:
        path: where it lies.
        kind: what it holds.
        deep: refuse as well what the parser would let pass: keys given twice, numbers that JSON does not have. It
            doubles the time, so that by default all but records, of which there are many, are read so.

    Raises:
        ResultsError: it is missing, damaged, too large, a link, of another schema, or says what it cannot mean.
    """
    try:
        content = content_of(path)
        value = kind.model_validate_json(content)
    except FileNotFoundError:
        raise ResultsError(
            f"{path}: no such file; expected a results folder, as results/20261122-0123456789abcdef"
        ) from None
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = plain(".".join(map(str, first["loc"]))) or "the file"
        raise ResultsError(f"{path}: damaged or of another version: {where}: {plain(first['msg'])}") from None
    if getattr(value, "schema_version", SCHEMA) != SCHEMA:
        raise ResultsError(f"{path}: schema {value.schema_version}, expected {SCHEMA}")  # type: ignore[attr-defined]
    if deep or (deep is None and kind is not Record) or b"NaN" in content or b"Infinity" in content:
        _check_deeply(path, content)
    return value


def load_document(path: Path) -> dict[str, Any]:
    """Read a file that was published as plain values, of whatever schema; for files that outlive the code.

    Raises:
        FileNotFoundError: there is none.
        ResultsError: it is damaged, too large, a link, or no table.
    """
    try:
        content = content_of(path)
        _check_deeply(path, content)
        document = json.loads(content)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ResultsError(f"{path}: cannot be read: {error.strerror}") from error
    if not isinstance(document, dict):
        raise ResultsError(f"{path}: damaged: got a {type(document).__name__}, expected a table")
    return document


@contextmanager
def collection_paused() -> Iterator[None]:
    """Keep Python's collector from visiting thousands of records again and again while more are read.

    It took two thirds of the time to read 3,000 records of 40 kB; nothing that is read forms cycles.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _seal(content: bytes) -> bytes:
    """Return what stands before a document so that a change of any byte of it is noticed; the whole is JSON too."""
    return SEAL % hashlib.sha256(content).hexdigest().encode()


def content_of(path: Path) -> bytes:
    """Return a sealed document.

    Raises:
        ResultsError: it is not what was sealed, or could fill the memory.
        OSError: it cannot be read.
    """
    _check_place(path)
    found = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(found, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise ResultsError(f"{path}: expected a file, found something else; delete it")
        if status.st_size > LARGEST:
            raise ResultsError(f"{path}: {status.st_size} bytes, expected at most {LARGEST}")
        seal = file.read(len(SEAL % (b"0" * 64)))
        content = file.read(max(0, status.st_size - len(seal) - len(END)))
        if seal != _seal(content) or file.read(len(END) + 1) != END:
            raise ResultsError(f"{path}: damaged or edited: its content does not match the sha256 at its start")
    if len(content) > MOST_VALUES:  # a value takes a byte at least
        values = content.count(b",") + content.count(b"[") + content.count(b"{")
        if values > MOST_VALUES:
            raise ResultsError(f"{path}: about {values} values, expected at most {MOST_VALUES}")
    return content


def _check_place(path: Path) -> None:
    """Refuse what a link leads to: the file itself, or a folder between it and the run's.

    Raises:
        ResultsError: naming the link.
    """
    names = [parent.name for parent in path.parents[:3]]
    depth = next((at + 1 for at, name in enumerate(names) if name in FOLDERS), 0)
    for each in (path, *path.parents[:depth]):
        if each.is_symlink():
            raise ResultsError(f"{each}: is a symbolic link, expected what it leads to; copy that in its place")


def _check_deeply(path: Path, content: bytes) -> None:
    """Refuse keys given twice and numbers that JSON does not have, in content that was found to be sound otherwise.

    Raises:
        ResultsError: naming the first.
    """
    try:
        json.loads(content, object_pairs_hook=_distinct, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ResultsError(f"{path}: damaged or edited: {error}") from None


def _distinct(pairs: list[tuple[str, Any]]) -> None:
    """Refuse an object that gives a key twice; nothing is kept of it."""
    seen = set()
    for key, _ in pairs:
        if key in seen:
            raise ValueError(f"the key {quoted(key)} is given twice")
        seen.add(key)


def _no_number(token: str) -> None:
    raise ValueError(f"{token} is no number of JSON; it is written as text")


def _finite(digits: str) -> None:
    if not math.isfinite(float(digits)):
        raise ValueError(f"{quoted(digits)} is beyond what a number can hold")
