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
from typing import TYPE_CHECKING, Any

from genbench import __version__
from genbench.entries import entries, rejected
from genbench.errors import ContractError, PluginImportError, UnknownName, UsageError
from genbench.escaping import plain, quoted
from genbench.extras import NOTHING, examine
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
        source = code_hash(importlib.import_module(self.plugin.importable))
        if not self.plugin.libraries:
            return source
        return hashlib.sha256("\0".join([source, *self.plugin.libraries]).encode()).hexdigest()


def find_all(group: str = MODELS) -> list[Plugin]:
    """List what is installed in a group under a name that can be used, sorted, without importing any of it."""
    usable = [each for each in entries(group)[0] if each.fault is None]
    wanted = {(each.owner, each.extras): examine(each.owner, each.extras) for each in usable if each.extras}
    found = []
    for each in usable:
        brought = wanted.get((each.owner, each.extras), NOTHING)
        found.append(Plugin(each.name, each.place, each.distribution, group, brought.needs, brought.libraries))
    return found


def find(name: str, group: str = MODELS) -> Plugin:
    """Find one plugin by name.

    Raises:
        UnknownName: nothing of that name is installed.
        UsageError: two distributions claim the name, it is one that cannot be used, or its libraries are not installed.
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
    (found,) = by_name[name]
    if found.needs:
        raise UsageError(f"{what} '{name}' {found.needs}")
    return found


def load(plugin: Plugin) -> LoadedPlugin:
    """Import a plugin's module, and take the object out of it where the entry point names one.

    Raises:
        PluginImportError: whatever went wrong while importing it, SystemExit and KeyboardInterrupt included; there is
            no such object.
    """
    try:
        found: Any = importlib.import_module(plugin.importable)
        for name in filter(None, plugin.module.partition(":")[2].split(".")):
            if not hasattr(found, name):
                raise UnknownName("object", name, [each for each in dir(found) if not each.startswith("_")])
            found = getattr(found, name)
        return LoadedPlugin(plugin, found)
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
    for name, (function, options) in marked.items():
        problems += _problems(name, function, options)
    if problems:
        raise ContractError("; ".join(problems), culprit=loaded.plugin.culprit)
    return ValidPlugin(loaded.plugin, loaded.module, tuple(name for name in HOOKS if name in marked))


def load_observer(name: str) -> Any:
    """Load an observer: a module, or an object in one; its hooks are wrappers around a model's, and never charged.

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

    A namespace package belongs to several distributions, so that of it the module's file alone counts.
    """
    top = importlib.import_module(module.__name__.partition(".")[0])
    source = Path(inspect.getfile(top if getattr(top, "__file__", None) else module))
    files = sorted(source.parent.rglob("*.py")) if source.name == "__init__.py" else [source]
    total = hashlib.sha256()
    for path in files:
        total.update(str(path.relative_to(source.parent)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _marked_functions(holder: object) -> Iterable[tuple[str, tuple[object, dict[str, object]]]]:
    """Yield what is marked in a module, an instance or a class; no property is evaluated, as pluggy does not either."""
    for name in dir(holder):
        static = inspect.getattr_static(holder, name, None)
        options = getattr(getattr(static, "__func__", static), f"{PROJECT}_impl", None)
        if isinstance(options, dict):
            yield name, (getattr(holder, name), options)


def _unmarked(module: object, name: str) -> str:
    return f": mark the function {name} with @hookimpl" if callable(getattr(module, name, None)) else ""


def _problems(name: str, function: object, options: dict[str, object]) -> list[str]:
    """Return how one marked function breaks the contract."""
    if options.get("specname"):
        return [f"`{name}`: specname is not allowed, name the function `{options['specname']}` itself"]
    if name not in HOOKS:
        return [f"`{name}`: {UnknownName('hook', name, HOOKS)}; genbench here is {__version__}"]
    if options.get("wrapper") or options.get("hookwrapper"):
        return [f"`{name}`: a model's hook cannot be a wrapper"]
    if not inspect.isroutine(function):
        return [f"`{name}`: got a {type(function).__name__}, expected a function or a method"]
    return _argument_problems(name, inspect.signature(function)) + _generator_problem(name, function)


def _argument_problems(name: str, signature: inspect.Signature) -> list[str]:
    problems = []
    for argument in signature.parameters.values():
        if argument.kind not in (argument.POSITIONAL_OR_KEYWORD, argument.POSITIONAL_ONLY):
            problems.append(f"`{name}`: argument {argument.name} is keyword-only or variadic, which is never filled")
        elif argument.default is not argument.empty:
            problems.append(f"`{name}`: argument {argument.name} has a default, which pluggy versions fill differently")
        elif argument.name == "self":
            problems.append(f"`{name}`: the entry point names a class, expected an instance of it")
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
