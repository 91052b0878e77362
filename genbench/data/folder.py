"""The prepared folder: written aside, published by one rename, verified by hash whenever it is opened.

Nothing is fsynced: a folder that a power cut left torn does not match its hashes and is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genbench.data.naming import arrays
from genbench.errors import DataError
from genbench.record import Prepared
from genbench.refs import DataRef

if TYPE_CHECKING:
    from genbench.data.dataset import Raw

REF, SUMS = "ref.json", "sha256.json"
ASIDE = ".preparing-"
ABANDONED = 86_400.0  # seconds after which a folder aside is that of a process that was killed
ATTEMPTS = 10  # each loses only to another process that has just published the same folder


def slug(name: str) -> str:
    """Return `name` as a file name; other characters than plain ones are replaced, a hash keeps such names apart."""
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name)[-40:].strip("-.")
    return plain if plain == name else f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def write(ref: DataRef, raw: Raw, cache: Path) -> Prepared:
    """Write a data set under `<cache>/<name>-<16 digits of its hash>`; a whole one that is there already is kept.

    Raises:
        DataError: the cache cannot be written.
    """
    final = cache / f"{slug(ref.name)}-{ref.hash[:16]}"
    try:
        cache.mkdir(parents=True, exist_ok=True)
        _sweep(cache)
        with tempfile.TemporaryDirectory(prefix=ASIDE, dir=cache) as aside:
            _fill(Path(aside, "new"), ref, raw)
            return _publish(Path(aside), final, ref)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(f"{ref.name}: cannot write under {cache}: {reason}; free it or pass another cache") from error


def read(folder: Path) -> Prepared | None:
    """Return a prepared data set, or None where the folder is missing or any of its files is not as it was written."""
    try:
        sums = json.loads((folder / SUMS).read_text())
        if REF not in sums or any(digest(folder / name) != expected for name, expected in sums.items()):
            return None
        return Prepared(ref=DataRef.model_validate_json((folder / REF).read_text()), folder=folder)
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):  # missing, or damaged in whatever way
        return None


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sweep(cache: Path) -> None:
    """Delete what processes that were killed left unfinished."""
    for aside in cache.glob(f"{ASIDE}*"):
        with contextlib.suppress(OSError):  # its own process has just finished with it
            if time.time() - aside.stat().st_mtime > ABANDONED:
                shutil.rmtree(aside)


def _fill(folder: Path, ref: DataRef, raw: Raw) -> None:
    folder.mkdir()
    (folder / REF).write_text(ref.model_dump_json(indent=1))
    for name, array in arrays(raw):
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        np.save(path, array, allow_pickle=False)
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    (folder / SUMS).write_text(json.dumps({name: digest(folder / name) for name in names}, indent=1))


def _publish(aside: Path, final: Path, ref: DataRef) -> Prepared:
    for attempt in range(ATTEMPTS):
        there = read(final)
        if there is not None and there.ref == ref:
            return there
        with contextlib.suppress(FileNotFoundError):
            final.rename(aside / f"damaged-{attempt}")  # not deleted in place: others may be reading it
        with contextlib.suppress(OSError):  # another process has published in between: look again
            (aside / "new").rename(final)
            return Prepared(ref=ref, folder=final)
    raise DataError(f"{ref.name}: cannot publish {final} after {ATTEMPTS} attempts; is something else writing there?")
