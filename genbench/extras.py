"""What an entry point's extra asks for, and whether it is installed; nothing of it is imported."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING

from genbench.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from packaging.requirements import Requirement


@dataclass(frozen=True, slots=True)
class Brought:
    """What the extras of an entry point bring."""

    needs: str  # what is missing, ready to be shown; empty where nothing is
    libraries: tuple[str, ...]  # what is there, as "zuko 1.6.0"


NOTHING = Brought("", ())


def examine(owner: str | None, extras: tuple[str, ...]) -> Brought:
    """Look up what a distribution says that its extras need.

    An extra that the distribution does not declare asks for nothing: there is no telling what it needs.

    Args:
        owner: the distribution, as `genbench-foo`.
        extras: of it, as `("zuko",)`.
    """
    if owner is None:
        return NOTHING
    missing, there = [], []
    for each in sorted({str(each): each for each in _requirements(owner, extras)}.values(), key=str):
        version = _version(each.name)
        if version is not None and each.specifier.contains(version, prereleases=True):
            there.append(f"{each.name} {version}")
        else:
            missing.append(each.name if version is None else f"{each.name}{each.specifier} (got {version})")
    if not missing:
        return Brought("", tuple(there))
    advice = f"pip install '{owner}[{','.join(extras)}]'"
    return Brought(plain(f"needs {', '.join(missing)}: {advice}", 200), tuple(there))


def _requirements(owner: str, extras: Iterable[str], seen: tuple[str, ...] = ()) -> Iterator[Requirement]:
    """Yield what a distribution needs for some extras and not without them; extras of its own are followed."""
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    for line in metadata.requires(owner) or ():
        try:
            each = Requirement(line)
        except InvalidRequirement:  # pip would not have installed it
            continue
        marker = each.marker
        asked = [extra for extra in extras if marker is not None and marker.evaluate({"extra": extra})]
        if not asked or marker is None or marker.evaluate({"extra": ""}):
            continue
        if canonicalize_name(each.name) != canonicalize_name(owner):
            yield each
        elif not set(each.extras) <= set(seen):
            yield from _requirements(owner, sorted(each.extras), (*seen, *each.extras))


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None
