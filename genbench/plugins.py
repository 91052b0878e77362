"""Find, load and validate model plugins, in that order and never earlier.

pluggy's own loader is not used: it imports everything that is installed, stops at the first that fails, and skips the
second of two plugins with one name in silence.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench import files, tampering
from genbench.entries import Entry, entries, rejected
from genbench.errors import ContractError, PluginImportError, SpecError, UnknownName, UsageError
from genbench.escaping import plain, quoted, told
from genbench.extras import NOTHING, examine
from genbench.signatures import HOOKS, faults, marked_functions, unmarked
from genbench.tampering import Fabric

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

MODELS = "genbench.models"
OBSERVERS = "genbench.observers"
WORDS = {"genbench.datasets": "data set"}  # for people, where the group's own word is another
REQUIRED = ("build", "train", "sample")


@dataclass(frozen=True, slots=True, order=True)
class Plugin:
    """An entry point that was found; nothing of it has been imported."""

    name: str
    module: str  # "package.module", or "package.module:object"
    distribution: str  # "genbench-foo 0.2"
    group: str = MODELS
    needs: str = ""  # what has to be installed first, ready to be shown; empty where nothing has to
    libraries: tuple[str, ...] = ()  # what its extra brings, as "zuko 1.6.0"

    @property
    def importable(self) -> str:
        """Return the module to import, without the object in it."""
        return self.module.partition(":")[0]

    @property
    def culprit(self) -> str:
        """Return who to blame, as `genbench-foo 0.2 [foo]`."""
        return f"{self.distribution} [{self.name}]"

    @property
    def is_file(self) -> bool:
        """Whether it is no entry point but a file that the user named; a distribution has a version, a file none."""
        return self.distribution == self.module and self.module.endswith(files.SUFFIX)


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin whose module has been imported; `module` is it, or the object in it that the entry point names."""

    plugin: Plugin
    module: Any


@dataclass(frozen=True, slots=True)
class ValidPlugin:
    """A loaded plugin whose functions keep the contract; `hooks` are those it implements."""

    plugin: Plugin
    module: Any
    hooks: tuple[str, ...]

    @property
    def code(self) -> str:
        """Return a sha256 over the plugin's own source and the versions of the libraries that its extra brings."""
        is_file = self.plugin.is_file
        source = code_hash(self.module if is_file else importlib.import_module(self.plugin.importable))
        if not self.plugin.libraries:
            return source
        return hashlib.sha256("\0".join([source, *self.plugin.libraries]).encode()).hexdigest()


def find_all(group: str = MODELS) -> list[Plugin]:
    """List what is installed in a group under a name that can be used, sorted, without importing any of it.

    Among models are the files in use.
    """
    return _plugins(_usable(group), group)


def _usable(group: str) -> list[Entry]:
    """Return the entry points and, among models, the files in use, under names that can be used."""
    named = files.in_use().items() if group == MODELS else ()
    of_files = [Entry(name, path.name, path.name, "") for name, path in named]
    return [*of_files, *(each for each in entries(group)[0] if each.fault is None)]


def _plugins(found: Iterable[Entry], group: str) -> list[Plugin]:
    """Look up what the extras of entry points bring, which takes longer than all else: each extra once."""
    found = list(found)
    wanted = {(each.owner, each.extras): examine(each.owner, each.extras) for each in found if each.extras}
    plugins = []
    for each in found:
        brought = wanted.get((each.owner, each.extras), NOTHING)
        plugins.append(Plugin(each.name, each.place, each.distribution, group, brought.needs, brought.libraries))
    return sorted(plugins)


def use_files(paths: Iterable[Path]) -> None:
    """Let files be models of this process and of all that it starts, each under its stem.

    Raises:
        SpecError: what is wrong with any of them: no file, no Python, no name, or an installed model's.
    """
    paths = tuple(paths)
    problems = [problem for path in paths if (problem := files.fault(path) or _clash(path, paths)) is not None]
    if problems:
        raise SpecError(problems, "the plugin files")
    files.add(paths)


def _clash(path: Path, paths: Iterable[Path]) -> str | None:
    """Return who else has the name that a file gives to its model."""
    owners = [each.distribution for each in find_all() if each.name == path.stem and not each.is_file]
    owners += [str(each) for each in paths if each.stem == path.stem and each.absolute() != path.absolute()]
    if not owners:
        return None
    return f"plugin {quoted(str(path), 200)}: there is a model '{path.stem}' already, of {owners[0]}; rename the file"


def find(name: str, group: str = MODELS) -> Plugin:
    """Find one plugin by name.

    Raises:
        UnknownName: nothing of that name is installed.
        UsageError: two distributions claim the name, it is one that cannot be used, or its libraries are not installed.
    """
    usable = _usable(group)
    named = _plugins((each for each in usable if each.name == name), group)
    what = WORDS.get(group, group.rpartition(".")[2].removesuffix("s"))
    if not named:
        refused = next((each for each in rejected(group) if each.name == quoted(name)), None)
        if refused is not None:
            raise UsageError(f"{what} of {refused.distribution} was rejected: {refused.reason}")
        raise UnknownName(what, name, {each.name for each in usable})
    if len(named) > 1:
        owners = " and ".join(f"{each.distribution} ({plain(each.module, 80)})" for each in named)
        raise UsageError(f"{what} '{name}' is claimed by {owners}; uninstall one of them")
    (found,) = named
    if found.needs:
        raise UsageError(f"{what} '{name}' {found.needs}")
    return found


def load(plugin: Plugin) -> LoadedPlugin:
    """Import a plugin's module, and take the object out of it where the entry point names one.

    Raises:
        PluginImportError: whatever went wrong while importing it, SystemExit and KeyboardInterrupt included; there is
            no such object.
        ContractError: it has replaced something of genbench.
    """
    fabric = Fabric()
    try:
        loaded = LoadedPlugin(plugin, files.load(plugin.name) if plugin.is_file else _import(plugin))
    except BaseException as error:
        message = f"cannot import {plain(plugin.module, 80)}: {plain(told(error))}"
        raise PluginImportError(message, culprit=plugin.culprit) from error
    finally:
        replaced = fabric.put_back()
    if replaced:
        raise ContractError(tampering.told(replaced), culprit=plugin.culprit, hook="import")
    return loaded


def _import(plugin: Plugin) -> Any:
    found: Any = importlib.import_module(plugin.importable)
    for name in filter(None, plugin.module.partition(":")[2].split(".")):
        if not hasattr(found, name):
            raise UnknownName("object", name, [each for each in dir(found) if not each.startswith("_")])
        found = getattr(found, name)
    return found


def validate(loaded: LoadedPlugin) -> ValidPlugin:
    """Check a plugin's functions against the contract.

    Raises:
        ContractError: with every way in which they break it.
    """
    marked = dict(marked_functions(loaded.module))
    problems = [f"no hook `{name}`{unmarked(loaded.module, name)}" for name in REQUIRED if name not in marked]
    if not marked:
        problems.append("`genbench new` writes a module that has them")
    for name, (function, options) in marked.items():
        problems += faults(name, function, options)
    if problems:
        raise ContractError("; ".join(problems), culprit=loaded.plugin.culprit)
    return ValidPlugin(loaded.plugin, loaded.module, tuple(name for name in HOOKS if name in marked))


def load_observer(name: str) -> LoadedPlugin:
    """Load an observer: a module, or an object in one; its hooks are wrappers around a model's, and never charged.

    A function `begin(trial)` of it, where there is one, is called with what is about to be trained.

    Raises:
        UnknownName: nothing of that name is installed.
        PluginImportError: it cannot be imported.
        ContractError: a hook of it is not a wrapper, so that it would take the model's place.
    """
    loaded = load(find(name, OBSERVERS))
    marked = dict(marked_functions(loaded.module))
    bare = [hook for hook, (_, options) in marked.items() if not options.get("wrapper") or hook not in HOOKS]
    if bare or not marked:
        reason = f"{', '.join(bare) or 'nothing'} is no wrapper of a model's hook: mark it with @hookimpl(wrapper=True)"
        raise ContractError(reason, culprit=loaded.plugin.culprit)
    return loaded


def code_hash(module: ModuleType) -> str:
    """Return a sha256 over the plugin's own source: its whole top-level package, or its single file.

    A namespace package belongs to several distributions, so that of it the module's file alone counts. With a file
    that is not installed counts what it imports from its own folder.
    """
    if module.__name__.startswith(files.PREFIX):
        file = Path(inspect.getfile(module))
        return _hash(files.sources(file), file.parent)
    top = importlib.import_module(module.__name__.partition(".")[0])
    source = Path(inspect.getfile(top if getattr(top, "__file__", None) else module))
    return _hash(sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source], source.parent)


def _hash(paths: list[Path], folder: Path) -> str:
    """Return a sha256 over files and their names below a folder."""
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()
