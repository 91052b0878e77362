"""Find data sets among the installed distributions without importing any of them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import EntryPoint

from genbench import plugins

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
    return tuple(_listed(each) for each in plugins.find_all(GROUP))


def find(name: str) -> Listed:
    """Return the data set that answers to `name`, without its source: `images`, not `images:photos`.

    Raises:
        UnknownName: nothing installed answers to it.
        UsageError: two distributions do.
    """
    return _listed(plugins.find(name, GROUP))


def _listed(plugin: plugins.Plugin) -> Listed:
    return Listed(plugin.name, plugin.distribution, EntryPoint(plugin.name, plugin.module, GROUP))
