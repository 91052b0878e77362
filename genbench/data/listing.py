"""Find data sets among the installed distributions without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from genbench.errors import UnknownName, UsageError

GROUP = "genbench.datasets"


@dataclass(frozen=True, slots=True)
class Listed:
    """A data set that is installed: found, not loaded."""

    name: str
    distribution: str  # "genbench 0.1.0"
    entry: EntryPoint

    @property
    def culprit(self) -> str:
        """Return who to blame, as `genbench-foo 0.2 [foo]`."""
        return f"{self.distribution} [{self.name}]"


def catalogue() -> tuple[Listed, ...]:
    """Return every installed data set, by name; nothing is imported.

    Of a distribution that is on the path twice, as an editable install and its source, importlib takes the first.
    """
    found = (_listed(entry) for entry in entry_points(group=GROUP))
    return tuple(sorted(found, key=lambda each: (each.name, each.distribution)))


def find(name: str) -> Listed:
    """Return the data set that answers to `name`, without its source: `images`, not `images:photos`.

    Raises:
        UnknownName: nothing installed answers to it.
        UsageError: two distributions do.
    """
    listed = catalogue()
    matches = [each for each in listed if each.name == name]
    if not matches:
        raise UnknownName("data set", name, {each.name for each in listed})
    if len(matches) > 1:
        rivals = " and ".join(each.distribution for each in matches)
        raise UsageError(f"data set '{name}' is offered by {rivals}; expected one: uninstall the other")
    return matches[0]


def _listed(entry: EntryPoint) -> Listed:
    owner = f"{entry.dist.name} {entry.dist.version}" if entry.dist else "an unnamed distribution"
    return Listed(entry.name, owner, entry)
