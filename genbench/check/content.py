"""What a package consists of, whatever folder it lies in."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

METADATA = ".dist-info"  # what installing writes, with times and places
PLUGINS = "entry_points.txt"  # the part of it that decides what is imported


def digest_of(folder: Path) -> str:
    """Return 16 hexadecimal digits that change with any file of an installed package but what the tools wrote."""
    total = hashlib.sha256()
    for name, path in sorted(_told(folder)):
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def check_installed(folder: Path, imports: Iterable[str]) -> None:
    """Refuse packages in `folder` that differ from those that this Python imports: quality is judged of the latter.

    Args:
        folder: where the candidate was installed.
        imports: top-level names that it brings, of packages and of modules.

    Raises:
        UsageError: naming the package, where it was imported from, and how to mend it.
    """
    for name in imports:
        spec = importlib.util.find_spec(name)
        places = [] if spec is None else [*(spec.submodule_search_locations or [spec.origin or ""])]
        judged, found = _sources([folder / name, folder / f"{name}.py"]), _sources(map(Path, places))
        is_namespace = spec is not None and spec.origin is None  # others may have put more there
        if judged != found and not (is_namespace and judged.items() <= found.items()):
            raise UsageError(
                f"package {name}: the one that is installed ({', '.join(places) or 'none'}) is not the one that is "
                "judged: quality would be that of other code; install the working tree: pip install --no-deps ."
            )


def _told(folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the files that a package consists of, by names without its version."""
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if not path.is_file() or "__pycache__" in name.parts:
            continue
        if not name.parts[0].endswith(METADATA):
            yield name.as_posix(), path
        elif name.name == PLUGINS:
            yield f"{name.parts[0].partition('-')[0]}/{PLUGINS}", path


def _sources(places: Iterable[Path]) -> dict[str, bytes]:
    """Return the hash of every source file, of packages and of modules that are one file."""
    files: dict[str, Path] = {}
    for place in places:
        files |= {path.relative_to(place).as_posix(): path for path in place.rglob("*.py")} if place.is_dir() else {}
        files |= {place.name: place} if place.suffix == ".py" and place.is_file() else {}
    return {name: hashlib.sha256(path.read_bytes()).digest() for name, path in files.items()}
