"""A whole environment for one version of a package: what it declares, in the versions of here wherever it may be."""

from __future__ import annotations

import json
import sys
import sysconfig
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from genbench.check import pip

if TYPE_CHECKING:
    from collections.abc import Iterable


def make(root: Path, source: Path, found: metadata.Distribution) -> Path:
    """Make a virtual environment with a package and all that it depends on; return its Python.

    Args:
        root: where.
        source: the package, a folder or a wheel.
        found: its metadata.

    Raises:
        UsageError: pip failed.
    """
    pip.call([sys.executable, "-m", "venv", "--without-pip", str(root)], f"venv {root}")
    limits = root.with_suffix(".txt")
    limits.write_text("\n".join(constraints(found, metadata.distributions())), encoding="utf-8")
    python = root / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    pip.run("install", "--constraint", str(limits), str(source), python=python)
    return python


def site_packages(root: Path) -> Path:
    """Return the folder of an environment from which packages are imported."""
    return Path(sysconfig.get_path("purelib", "venv", vars={"base": str(root), "platbase": str(root)}))


def requirements(found: metadata.Distribution) -> list[Requirement]:
    """Return what a distribution requires here, extras left out; what cannot be read requires nothing."""
    declared = []
    for text in found.requires or ():
        try:
            each = Requirement(text)
        except InvalidRequirement:
            continue
        if each.marker is None or each.marker.evaluate({"extra": ""}):
            each.marker = None
            each.name = canonicalize_name(each.name)
            declared.append(each)
    return declared


def constraints(found: metadata.Distribution, here: Iterable[metadata.Distribution]) -> list[str]:
    """Return pip's constraints that hold everything at the version of here, but for what `found` forbids."""
    own = canonicalize_name(found.metadata["Name"])
    limits: dict[str, str] = {}
    for each in here:
        name = canonicalize_name(each.metadata["Name"] or "")
        if name and name != own and name not in limits and not _is_forbidden(name, each.version, found):
            limits[name] = f"{name} @ {url}" if (url := _url(each)) else f"{name}=={each.version}"
    return sorted(limits.values())


def _is_forbidden(name: str, version: str, found: metadata.Distribution) -> bool:
    wanted = (each for each in requirements(found) if each.name == name)
    return any(each.url is not None or not each.specifier.contains(version, prereleases=True) for each in wanted)


def _url(found: metadata.Distribution) -> str | None:
    """Return from where a distribution was installed, if from no index (PEP 610)."""
    try:
        told = json.loads(found.read_text("direct_url.json") or "{}")
        versioned = told.get("vcs_info")
        return f"{versioned['vcs']}+{told['url']}@{versioned['commit_id']}" if versioned else told.get("url")
    except (ValueError, KeyError, TypeError):
        return None
