"""What distributions say that they bring, read without importing any of it; nobody vouches for a word of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata

from genbench.escaping import plain, quoted
from genbench.names import DISTRIBUTION, VERSION, name_fault

VALUE = re.compile(r"([\w.]+)\s*(?::\s*([\w.]+)\s*)?(?:\[([^\]]*)\]\s*)?")  # module, object, extras


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry point as its distribution wrote it."""

    name: str
    value: str
    owner: str | None  # None where it belongs to no distribution
    version: str

    @property
    def distribution(self) -> str:
        """Return who brings it, as `genbench-foo 0.2`; a file has no version."""
        return "unknown" if self.owner is None else f"{self.owner} {self.version}".rstrip()

    @property
    def place(self) -> str:
        """Return `package.module`, or `package.module:object`; what is neither stands as it was written."""
        parts = VALUE.fullmatch(self.value.strip())
        return self.value if parts is None else ":".join(filter(None, parts.group(1, 2)))

    @property
    def extras(self) -> tuple[str, ...]:
        """Return the extras of its distribution without which it cannot be used, as `("zuko",)`."""
        parts = VALUE.fullmatch(self.value.strip())
        written = "" if parts is None else parts[3] or ""
        return tuple(part.strip() for part in written.split(",") if part.strip())

    @property
    def fault(self) -> str | None:
        """Return what is wrong with its name or its distribution's: they are shown, and parts of paths."""
        found = name_fault(self.name)
        if found is None and self.owner is not None:
            found = name_fault(self.owner, DISTRIBUTION, "distribution") or name_fault(self.version, VERSION, "version")
        return found


@dataclass(frozen=True, slots=True, order=True)
class Rejected:
    """An entry point, or a whole distribution, that cannot be used; everything here is safe to show."""

    name: str  # quoted; empty for a distribution
    distribution: str
    reason: str


def entries(group: str) -> tuple[list[Entry], list[Rejected]]:
    """Return a group's entry points, each once, and the distributions whose list of them cannot be read."""
    unreadable: list[Rejected] = []
    try:
        found = list(metadata.entry_points(group=group))
    except Exception:  # importlib stops at the first damaged entry_points.txt: look at one distribution after another
        found, unreadable = _one_by_one(group)
    owners: dict[int, tuple[str, str]] = {}  # reading a distribution's name takes a millisecond
    for entry in found:
        if entry.dist is not None and id(entry.dist) not in owners:
            owners[id(entry.dist)] = (str(entry.dist.metadata["Name"]), str(entry.dist.version))
    known = {Entry(each.name, each.value, *owners.get(id(each.dist), (None, ""))) for each in found}
    return sorted(known, key=lambda each: (each.name, each.distribution, each.value)), unreadable


def rejected(group: str) -> list[Rejected]:
    """Return what is installed in a group and cannot be used, with the reasons."""
    found, unreadable = entries(group)
    named = [
        Rejected(quoted(each.name), plain(each.distribution, 80), fault)
        for each in found
        if (fault := each.fault) is not None
    ]
    return sorted([*named, *unreadable])


def _one_by_one(group: str) -> tuple[list[metadata.EntryPoint], list[Rejected]]:
    found: dict[str, list[metadata.EntryPoint]] = {}
    unreadable = []
    for distribution in metadata.distributions():
        name = str(distribution.metadata["Name"])
        try:
            found.setdefault(name, [entry for entry in distribution.entry_points if entry.group == group])
        except Exception as error:
            reason = f"its entry_points.txt cannot be read ({plain(str(error))}); reinstall or uninstall it"
            unreadable.append(Rejected("", plain(name, 80), reason))
    return [entry for own in found.values() for entry in own], unreadable
