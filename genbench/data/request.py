"""One data set as a user asked for it: its module loaded, its functions called by name, its failures named."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from genbench.data.dataset import Raw
from genbench.data.listing import find
from genbench.errors import ContractError, DataError, GenbenchError, HookError, PluginImportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from genbench.data.listing import Listed

HERE = Path(__file__).parent
TABLE = HERE.parent / "table.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A loaded data set with what `load` and `files` are called with."""

    name: str  # as written, `images:photos@32`
    source: str | None
    root: Path | None
    listed: Listed
    module: Any

    def load(self) -> Raw:
        """Decode the data set.

        Raises:
            DataError: a file is missing or damaged.
            PluginError: the module raised, or returned something else than a `Raw`.
        """
        raw = self._call("load")
        if not isinstance(raw, Raw):
            raise self.contract(f"returned {type(raw).__name__}, expected genbench.data.dataset.Raw")
        return raw

    def files(self) -> tuple[Path, ...] | None:
        """Return the files that decide the content, or None where nobody can tell."""
        if hasattr(self.module, "files"):
            paths: Iterable[Path] = self._call("files")
            return tuple(Path(path).absolute() for path in paths)
        return None if {"source", "root"} & _wanted(self.module.load) else ()

    def code(self) -> str:
        """Return a hash of the source that decides the rows: the module's own file, this room, and what a table is."""
        own = Path(inspect.getfile(self.module))
        digest = hashlib.sha256()
        for path in (own, *sorted(HERE.glob("*.py")), TABLE):
            digest.update(path.read_bytes())
        return digest.hexdigest()

    def contract(self, message: str) -> ContractError:
        """Return the error that blames the module's `load`."""
        return ContractError(message, culprit=self.listed.culprit, hook="load")

    def _call(self, hook: str) -> Any:
        function = getattr(self.module, hook)
        offered = {"source": self.source, "root": self.root}
        try:
            return function(**{key: offered[key] for key in offered if key in _wanted(function)})
        except GenbenchError:
            raise
        except OSError as error:
            reason = f"cannot read {error.filename}: {error.strerror or error}"
            raise DataError(f"{self.name}: {reason}; check path and rights") from error
        except (Exception, SystemExit) as error:  # a third party's code may raise anything
            reason = f"{type(error).__name__}: {error}"
            raise HookError(reason, culprit=self.listed.culprit, hook=hook) from error


def ask(name: str, root: Path | None) -> Request:
    """Load the module that answers to `name`.

    Raises:
        UnknownName: no such data set.
        PluginError: its module cannot be imported, or has no `load`.
        DataError: it takes no source, and one was given.
    """
    base, colon, source = name.partition(":")
    listed = find(base)
    module = _import(listed)
    if not isinstance(module, ModuleType) or not callable(getattr(module, "load", None)):
        raise ContractError("expected a module with a function `load`", culprit=listed.culprit, hook="load")
    if colon and "source" not in _wanted(module.load):
        raise DataError(f"data set '{base}' takes nothing after a colon, got '{name}'; write {base}")
    return Request(name=name, source=source or None, root=root, listed=listed, module=module)


def describe(listed: Listed) -> str:
    """Return the first line of the module's docstring; this imports the module."""
    return next(iter((inspect.getdoc(_import(listed)) or "").splitlines()), "")


def _import(listed: Listed) -> Any:
    try:
        return listed.entry.load()
    except BaseException as error:  # an import may raise anything, SystemExit too
        reason = f"cannot import {listed.entry.value}: {type(error).__name__}: {error}"
        raise PluginImportError(reason, culprit=listed.culprit) from error


def _wanted(function: Callable[..., Any]) -> set[str]:
    return set(inspect.signature(function).parameters)
