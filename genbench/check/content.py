"""What a package consists of, whatever folder it lies in."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from genbench.errors import UsageError

MADE_BY_TOOLS = ("__pycache__", ".dist-info")  # parts of paths: what installing wrote, with times and places


def digest_of(folder: Path) -> str:
    """Return 16 hexadecimal digits that change with any file of an installed package but what the tools wrote."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part in name for part in MADE_BY_TOOLS):
            total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()[:16]


def check_installed(folder: Path) -> None:
    """Refuse a package in `folder` that differs from the one that this Python imports: quality is judged of that one.

    Raises:
        UsageError: naming the package, where it was imported from, and how to mend it.
    """
    for package in sorted(path for path in folder.iterdir() if (path / "__init__.py").is_file()):
        spec = importlib.util.find_spec(package.name)
        place = None if spec is None or spec.origin is None else Path(spec.origin).parent
        if place is None or _sources(place) != _sources(package):
            raise UsageError(
                f"package {package.name}: the one that is installed ({place or 'none'}) is not the one that is judged: "
                "quality would be that of other code; install the working tree: pip install --no-deps ."
            )


def _sources(folder: Path) -> dict[str, bytes]:
    """Return the hash of every source file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).digest() for path in folder.rglob("*.py")
    }
