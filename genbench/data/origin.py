"""Where a prepared data set came from: the files, as they were, and the code that read them."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from genbench.data.folder import digest, slug
from genbench.errors import DataError
from genbench.refs import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from genbench.data.request import Request


class Stamp(Frozen):
    """A file as it was seen. While size and times stand, the hash is believed without reading the file again."""

    path: str
    size: int
    modified: int  # nanoseconds
    changed: int  # nanoseconds; moves also where a copy restores the time of modification
    sha256: str


class Origin(Frozen):
    """What a prepared folder was made from."""

    name: str
    code: str
    files: tuple[Stamp, ...]
    folder: str

    def is_made_from(self, code: str, files: tuple[Stamp, ...]) -> bool:
        """Whether the same code would read the same bytes."""
        seen = [(stamp.path, stamp.sha256) for stamp in self.files]
        return self.code == code and seen == [(stamp.path, stamp.sha256) for stamp in files]


def path_of(request: Request, cache: Path) -> Path:
    """Return where the origin of a request is kept: one file for each name and data root."""
    root = str(request.root.absolute()) if request.root else ""
    key = hashlib.sha256(f"{request.name}\n{root}".encode()).hexdigest()[:16]
    return cache / "origins" / f"{slug(request.name)}-{key}.json"


def read(path: Path) -> Origin | None:
    """Return an origin, or None where there is none or it is damaged."""
    try:
        return Origin.model_validate_json(path.read_text())
    except (OSError, ValidationError, UnicodeDecodeError):
        return None


def write(path: Path, origin: Origin) -> None:
    """Publish an origin by one rename.

    Raises:
        DataError: the cache cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as aside:
            Path(aside, path.name).write_text(origin.model_dump_json())
            Path(aside, path.name).replace(path)
    except OSError as error:
        raise DataError(
            f"{origin.name}: cannot write {path}: {error.strerror or error}; free it or pass another"
        ) from error


def stamp_all(paths: Iterable[Path], known: Origin | None) -> tuple[Stamp, ...]:
    """Return the files as they are now; only those whose size or times moved are read.

    Raises:
        DataError: a file is missing or cannot be read.
    """
    before = {stamp.path: stamp for stamp in known.files} if known else {}
    return tuple(_stamp(path, before.get(str(path))) for path in paths)


def _stamp(path: Path, before: Stamp | None) -> Stamp:
    try:
        status = path.stat()
        now = {"size": status.st_size, "modified": status.st_mtime_ns, "changed": status.st_ctime_ns}
        if before is not None and before.model_dump(include=set(now)) == now:
            return before
        return Stamp(path=str(path), sha256=digest(path), **now)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}; check path and rights") from error
