"""What a user writes after the colon: a file or folder and, behind an @, a size; and what lies below a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data.reading import resolve
from genbench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


def sized(source: str | None, *, name: str, usage: str) -> tuple[str | None, int | None]:
    """Part a source at its last @ where a whole number follows; otherwise it has no size.

    Raises:
        DataError: the size is 0.
    """
    path, _, size = (source or "").rpartition("@")
    if not path or not size.isdecimal():
        return source, None
    if int(size) == 0:
        raise DataError(f"{name}:{source}: expected a size of at least 1, found 0; write {usage}")
    return path, int(size)


def sized_file(source: str | None, root: Path | None, *, name: str, usage: str) -> tuple[Path, int | None]:
    """Return the file and the size that a user wrote.

    Raises:
        DataError: it is not there, or a folder.
    """
    path, size = sized(source, name=name, usage=usage)
    return file(path, root, name=name, usage=usage), size


def file(source: str | None, root: Path | None, *, name: str, usage: str) -> Path:
    """Return the file that a user wrote.

    Raises:
        DataError: it is not there, or a folder.
    """
    found = resolve(source, root, name=name, usage=usage)
    if not found.is_file():
        raise DataError(f"{found}: expected a file, found a folder; write {usage}")
    return found


def sized_folder(source: str | None, root: Path | None, *, name: str, usage: str) -> tuple[Path, int | None]:
    """Return the folder and the size that a user wrote.

    Raises:
        DataError: it is not there, or a file.
    """
    path, size = sized(source, name=name, usage=usage)
    found = resolve(path, root, name=name, usage=usage)
    if not found.is_dir():
        raise DataError(f"{found}: expected a folder, found a file; write {usage}")
    return found, size


def below(folder: Path, suffixes: Collection[str], *, what: str, usage: str) -> tuple[Path, ...]:
    """Return the files below a folder whose names end so, in whatever case, sorted.

    Raises:
        DataError: there are none.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in suffixes)
    if not found:
        kinds = ", ".join(sorted(suffixes))
        raise DataError(f"no {what} in {folder}: expected files {kinds}; give another folder, as {usage}")
    return tuple(found)
