"""What of this installation decides what is kept between runs: source, versions, machine; torch is not imported."""

from __future__ import annotations

import hashlib
import platform
from importlib import metadata
from pathlib import Path

from genbench.entries import entries

GROUPS = ("genbench.datasets", "genbench.features", "genbench.metrics")  # whose work is kept in the cache folder
LIBRARIES = ("numpy", "scipy", "scikit-learn", "pillow")


def source_hash() -> str:
    """Return 16 hexadecimal digits that change with any source file of genbench."""
    here, total = Path(__file__).parent, hashlib.sha256()
    for path in sorted(here.rglob("*.py")):
        total.update(path.relative_to(here).as_posix().encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:16]


def cache_key() -> str:
    """Return a key for the cache folder, as `genbench-linux-x86_64-torch2.13-0123456789abcdef`.

    It changes with genbench's source, the minor releases of torch and of the libraries that decode and measure, the
    distributions that bring data sets, feature spaces and metrics, and the kind of machine. What an old key restores
    is not believed without its own hashes, so that a key that changes too seldom costs time and nothing else.
    """
    machine = f"{platform.system()}-{platform.machine()}".lower()
    brought = sorted({f"{each.name} {each.distribution}" for group in GROUPS for each in entries(group)[0]})
    decides = [source_hash(), *(f"{name} {minor(name)}" for name in LIBRARIES), *brought]
    digest = hashlib.sha256("\n".join(decides).encode()).hexdigest()[:16]
    return f"genbench-{machine}-torch{minor('torch')}-{digest}"


def minor(distribution: str) -> str:
    """Return `2.13` of a distribution that is installed as `2.13.0+cpu`; `none` where it is not."""
    try:
        return ".".join(metadata.version(distribution).split("+")[0].split(".")[:2])
    except metadata.PackageNotFoundError:
        return "none"
