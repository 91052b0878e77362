"""Find, load and validate model plugins, in that order and never earlier.

pluggy's own loader is not used: it imports everything that is installed, stops at the first that fails, and skips the
second of two plugins with one name in silence.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genbench import __version__, files
from genbench.entries import entries, rejected
from genbench.errors import ContractError, PluginImportError, SpecError, UnknownName, UsageError
from genbench.escaping import plain, quoted
from genbench.hookspecs import PROJECT, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType

MODELS = "genbench.models"
OBSERVERS = "genbench.observers"
WORDS = {"genbench.datasets": "data set"}  # for people, where the group's own word is another
REQUIRED = ("build", "train", "sample")
HOOKS = {name: function for name, function in vars(ModelSpec).items() if not name.startswith("_")}
ARGUMENTS = {name: tuple(inspect.signature(function).parameters)[1:] for name, function in HOOKS.items()}


@dataclass(frozen=True, slots=True, order=True)
class Plugin:
    """An entry point that was found; nothing of it has been imported."""

    name: str
    module: str
    distribution: str  # "genbench-foo 0.2"
    group: str = MODELS

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
    """A plugin whose module has been imported."""

    plugin: Plugin
    module: ModuleType


@dataclass(frozen=True, slots=True)
class ValidPlugin:
    """A loaded plugin whose functions keep the contract; `hooks` are those it implements."""

    plugin: Plugin
    module: ModuleType
    hooks: tuple[str, ...]


def find_all(group: str = MODELS) -> list[Plugin]:
    """List what is installed in a group under a name that can be used, sorted, without importing any of it.

    Among models are the files in use.
    """
    found = entries(group)[0]
    installed = [Plugin(each.name, each.value, each.distribution, group) for each in found if each.fault is None]
    named = files.in_use().items() if group == MODELS else ()
    return sorted([*installed, *(Plugin(name, path.name, path.name, group) for name, path in named)])


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
        UsageError: two distributions claim the name, or it is one that cannot be used.
    """
    by_name: dict[str, list[Plugin]] = defaultdict(list)
    for plugin in find_all(group):
        by_name[plugin.name].append(plugin)
    what = WORDS.get(group, group.rpartition(".")[2].removesuffix("s"))
    if name not in by_name:
        refused = next((each for each in rejected(group) if each.name == quoted(name)), None)
        if refused is not None:
            raise UsageError(f"{what} of {refused.distribution} was rejected: {refused.reason}")
        raise UnknownName(what, name, by_name)
    if len(by_name[name]) > 1:
        owners = " and ".join(f"{each.distribution} ({plain(each.module, 80)})" for each in by_name[name])
        raise UsageError(f"{what} '{name}' is claimed by {owners}; uninstall one of them")
    return by_name[name][0]


def load(plugin: Plugin) -> LoadedPlugin:
    """Import a plugin's module.

    Raises:
        PluginImportError: whatever went wrong while importing it, SystemExit and KeyboardInterrupt included.
    """
    try:
        module = files.load(plugin.name) if plugin.is_file else importlib.import_module(plugin.module)
        return LoadedPlugin(plugin, module)
    except BaseException as error:
        reason = f"{type(error).__name__}: {error}".strip(": ")
        message = f"cannot import {plain(plugin.module, 80)}: {plain(reason)}"
        raise PluginImportError(message, culprit=plugin.culprit) from error


def validate(loaded: LoadedPlugin) -> ValidPlugin:
    """Check a plugin's functions against the contract.

    Raises:
        ContractError: with every way in which they break it.
    """
    marked = dict(_marked_functions(loaded.module))
    problems = [f"no hook `{name}`{_unmarked(loaded.module, name)}" for name in REQUIRED if name not in marked]
    if not marked:
        problems.append("`genbench new` writes a module that has them")
    for name, (function, options) in marked.items():
        problems += _problems(name, function, options)
    if problems:
        raise ContractError("; ".join(problems), culprit=loaded.plugin.culprit)
    return ValidPlugin(loaded.plugin, loaded.module, tuple(name for name in HOOKS if name in marked))


def load_observer(name: str) -> ModuleType:
    """Load an observer: a module whose hooks are wrappers around a model's, and are never charged.

    Raises:
        UnknownName: nothing of that name is installed.
        PluginImportError: it cannot be imported.
        ContractError: a hook of it is not a wrapper, so that it would take the model's place.
    """
    loaded = load(find(name, OBSERVERS))
    marked = dict(_marked_functions(loaded.module))
    bare = [hook for hook, (_, options) in marked.items() if not options.get("wrapper") or hook not in HOOKS]
    if bare or not marked:
        reason = f"{', '.join(bare) or 'nothing'} is no wrapper of a model's hook: mark it with @hookimpl(wrapper=True)"
        raise ContractError(reason, culprit=loaded.plugin.culprit)
    return loaded.module


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


def _marked_functions(module: ModuleType) -> Iterable[tuple[str, tuple[object, dict[str, object]]]]:
    for name, value in vars(module).items():
        options = getattr(value, f"{PROJECT}_impl", None)
        if isinstance(options, dict):
            yield name, (value, options)


def _unmarked(module: ModuleType, name: str) -> str:
    return f": mark the function {name} with @hookimpl" if callable(getattr(module, name, None)) else ""


def _problems(name: str, function: object, options: dict[str, object]) -> list[str]:
    """Return how one marked function breaks the contract."""
    if options.get("specname"):
        return [f"`{name}`: specname is not allowed, name the function `{options['specname']}` itself"]
    if name not in HOOKS:
        return [f"`{name}`: {UnknownName('hook', name, HOOKS)}; genbench here is {__version__}"]
    if options.get("wrapper") or options.get("hookwrapper"):
        return [f"`{name}`: a model's hook cannot be a wrapper"]
    assert callable(function)
    return _argument_problems(name, inspect.signature(function)) + _generator_problem(name, function)


def _argument_problems(name: str, signature: inspect.Signature) -> list[str]:
    problems = []
    for argument in signature.parameters.values():
        if argument.kind not in (argument.POSITIONAL_OR_KEYWORD, argument.POSITIONAL_ONLY):
            problems.append(f"`{name}`: argument {argument.name} is keyword-only or variadic, which is never filled")
        elif argument.default is not argument.empty:
            problems.append(f"`{name}`: argument {argument.name} has a default, which pluggy versions fill differently")
        elif argument.name not in ARGUMENTS[name]:
            known = ", ".join(ARGUMENTS[name]) or "none"
            problems.append(
                f"`{name}`: unknown argument {argument.name}, expected any of: {known}; genbench here is {__version__}"
            )
    return problems


def _generator_problem(name: str, function: object) -> list[str]:
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        return [f"`{name}`: is a generator or coroutine, whose work would happen after it was timed"]
    return []
