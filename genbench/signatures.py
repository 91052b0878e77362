"""What makes a function a hook, and how one breaks the contract."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from genbench import __version__
from genbench.errors import UnknownName
from genbench.hookspecs import PROJECT, ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterable

HOOKS = {name: function for name, function in vars(ModelSpec).items() if not name.startswith("_")}
ARGUMENTS = {name: tuple(inspect.signature(function).parameters)[1:] for name, function in HOOKS.items()}


def marked_functions(holder: object) -> Iterable[tuple[str, tuple[object, dict[str, object]]]]:
    """Yield what is marked in a module, an instance or a class; no property is evaluated, as pluggy does not either."""
    for name in dir(holder):
        static = inspect.getattr_static(holder, name, None)
        options = getattr(getattr(static, "__func__", static), f"{PROJECT}_impl", None)
        if isinstance(options, dict):
            yield name, (getattr(holder, name), options)


def unmarked(module: object, name: str) -> str:
    """Return what to do where a function of a hook's name is there and not marked; else nothing."""
    return f": mark the function {name} with @hookimpl" if callable(getattr(module, name, None)) else ""


def faults(name: str, function: object, options: dict[str, object]) -> list[str]:
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
