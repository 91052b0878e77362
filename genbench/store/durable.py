"""Writes that survive a crash: whole or not at all. All of them are here, so that tests can break each single step."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PARTIAL = ".partial"  # ends the name of what is being written


def replace(path: Path, content: bytes) -> None:
    """Write a file, in the place of a former one.

    Raises:
        OSError: the former file, or none, is still there.
    """
    partial = _write_beside(path, content)
    os.replace(partial, path)
    _sync_folder(path.parent)


def create(path: Path, content: bytes) -> bool:
    """Write a file that is not there yet; of several writers one succeeds. Return whether this one did.

    Raises:
        OSError: nothing was written, or the file system has no hard links.
    """
    partial = _write_beside(path, content)
    try:
        os.link(partial, path)
    except FileExistsError:
        return False
    finally:
        os.unlink(partial)
    _sync_folder(path.parent)
    return True


def create_folder(path: Path, files: Mapping[str, bytes]) -> bool:
    """Make a folder with files in it, at once; of several writers one succeeds. Return whether this one did.

    Raises:
        OSError: the folder was not made.
    """
    partial = _partial(path)
    os.mkdir(partial)
    for name, content in files.items():
        _write(partial / name, content)
    _sync_folder(partial)
    try:
        os.rename(partial, path)
    except OSError:
        if not path.is_dir():
            raise
        for name in files:
            os.unlink(partial / name)
        os.rmdir(partial)
        return False
    _sync_folder(path.parent)
    return True


def replace_folder(path: Path, files: Mapping[str, bytes]) -> None:
    """Make a folder with files in it, in the place of a former one; a name may hold one folder, as `features/a.npz`.

    The former folder is moved aside for the moment in which the new one takes its name, and put back where it cannot.

    Raises:
        OSError: the former folder, or none, is still there.
    """
    partial, former = _partial(path), _partial(path)
    try:
        _write_folder(partial, files)
        if path.exists():
            os.rename(path, former)
        try:
            os.rename(partial, path)
        except OSError:
            if former.exists():
                os.rename(former, path)
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    try:
        _sync_folder(path.parent)
    finally:
        shutil.rmtree(former, ignore_errors=True)


def move(path: Path, target: Path) -> None:
    """Rename a file within its folder."""
    os.replace(path, target)
    _sync_folder(path.parent)


def _write_folder(path: Path, files: Mapping[str, bytes]) -> None:
    os.mkdir(path)
    inner = {(path / name).parent for name in files} - {path}
    for folder in inner:
        os.mkdir(folder)
    for name, content in files.items():
        _write(path / name, content)
    for folder in (*inner, path):
        _sync_folder(folder)


def _write_beside(path: Path, content: bytes) -> Path:
    partial = _partial(path)
    try:
        _write(partial, content)
    except OSError:
        with contextlib.suppress(OSError):  # on a full disk its blocks are wanted back
            os.unlink(partial)
        raise
    return partial


def _partial(path: Path) -> Path:
    """Return a name of its own: two writers, also on two machines, never share one."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}{PARTIAL}")


def _write(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)  # where it fails it is not tried again: the kernel may have dropped the pages
    finally:
        os.close(file)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
