"""Prepare a data set: find, decode once, check, split, write; later, verify and hand over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data import checks, folder, naming, origin
from genbench.data.origin import Origin, stamp_all
from genbench.data.request import ask
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw
    from genbench.data.request import Request
    from genbench.record import Prepared


def prepare(name: str, *, data_root: Path | None, cache: Path) -> Prepared:
    """Return the data set `name`, as `digits` or `images:photos@32`, on disk under `cache`.

    What the cache holds is believed while the code and the files it came from are unchanged and its own files match
    their hashes; otherwise it is made again. Several processes may prepare at once. The user's files are only read.

    Raises:
        UnknownName: no such data set is installed.
        DataError: a file is missing, damaged or unsuitable, or the cache cannot be written.
        PluginError: a third party's module failed.
    """
    cache = cache.absolute()
    request = ask(name, data_root)
    kept = origin.path_of(request, cache)
    known = origin.read(kept)
    files = request.files()
    code = request.code()
    stamps = stamp_all(files or (), known)
    prepared = None
    if files is not None and known is not None and known.is_made_from(code, stamps):
        prepared = folder.read(cache / known.folder)
    if prepared is None:
        prepared = _make(request, cache)
        if files is not None and stamp_all(files, Origin(name=name, code=code, files=stamps, folder="")) != stamps:
            raise DataError(f"{name}: its files changed while they were read; run again when they are complete")
    latest = Origin(name=name, code=code, files=stamps, folder=prepared.folder.name)
    if latest != known:
        origin.write(kept, latest)
    return prepared


def _make(request: Request, cache: Path) -> Prepared:
    raw = naming.stored(_checked(request))
    return folder.write(naming.refer(request.name, raw), raw, cache)


def _checked(request: Request) -> Raw:
    raw = request.load()
    try:
        checks.check_form(raw)
    except ValueError as error:
        raise request.contract(str(error)) from error
    checks.check_content(request.name, raw)
    return raw
