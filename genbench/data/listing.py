"""Find data sets among the installed distributions without importing any of them."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from pathlib import Path

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

    @property
    def about(self) -> str:
        """Return the first line of the module's docstring, read from its source; empty where there is none."""
        try:
            tree = ast.parse(_source(self.entry.module).read_bytes())
        except (OSError, ImportError, ValueError, SyntaxError, RecursionError, MemoryError):
            return ""  # whoever asks for the set is told what is wrong with it
        return next(iter((ast.get_docstring(tree) or "").splitlines()), "")


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


def _source(module: str) -> Path:
    """Return a module's file, found through its topmost package alone: to look for a part would import its parents."""
    top, *parts = module.split(".")
    spec = find_spec(top)
    if spec is None:
        raise ModuleNotFoundError(top)
    if not parts:
        return Path(spec.origin or "")
    below = [Path(folder, *parts) for folder in spec.submodule_search_locations or ()]
    files = [file for path in below for file in (path.with_suffix(".py"), path / "__init__.py") if file.is_file()]
    return next(iter(files), Path())
