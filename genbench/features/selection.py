"""Which feature spaces a data set is judged in, and how a name becomes an extractor, built-in or not."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench import plugins
from genbench.errors import ContractError, GenbenchError, HookError, InvalidOutput, UsageError
from genbench.features.raw import raw_space

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from genbench.features.extractor import Extractor
    from genbench.plugins import LoadedPlugin
    from genbench.refs import DataRef

GROUP = "genbench.features"
TWINS = {"inception_tf": "inception"}  # spaces that differ in preprocessing alone, and share a file
NO_FILES: Mapping[str, Path] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Installed:
    """An extractor with its owner, whose mistakes are told by name."""

    name: str
    hash: str
    dimension: int
    culprit: str
    inner: Extractor

    def __call__(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return the features of `rows`, checked for shape and type."""
        found = _call(self.culprit, "extractor", self.inner, rows)
        expected = (len(rows), self.dimension)
        if not isinstance(found, np.ndarray) or found.shape != expected or found.dtype.kind != "f":
            form = f"{found.dtype} {list(found.shape)}" if isinstance(found, np.ndarray) else type(found).__name__
            raise InvalidOutput(f"got {form}, expected floats {list(expected)}", culprit=self.culprit, hook="extractor")
        return found

    @property
    def logits(self) -> Callable[[NDArray[Any]], NDArray[Any]] | None:
        """The class scores of rows, where the extractor has some."""
        function = getattr(self.inner, "logits", None)
        return None if function is None else partial(_call, self.culprit, "logits", function)

    @property
    def classes(self) -> Callable[[NDArray[Any]], NDArray[Any]] | None:
        """The class that each row is taken for, where the extractor tells."""
        function = getattr(self.inner, "classes", None)
        return None if function is None else partial(_call, self.culprit, "classes", function)


def default_features(data: DataRef) -> tuple[str, ...]:
    """Return the spaces that suit a data set, the one that decides first where none of them is learnt from labels."""
    raw = raw_space(data)
    if data.kind in ("image", "wave") and data.labelled and (data.classes or 0) > 1:
        return (raw, "classifier")
    return ("random", raw) if data.kind == "wave" else (raw,)  # a spectrum is blind to the order of sounds


def choose(asked: tuple[str, ...] | None, data: DataRef, weights: Mapping[str, Path] = NO_FILES) -> tuple[str, ...]:
    """Return the spaces asked for, or the default ones, each checked against the data set; nothing is trained.

    Args:
        asked: names of entry points in the group `genbench.features`; None for those that suit the data.
        data: whose rows they will see.
        weights: the user's files, by the space that they were given for.

    Raises:
        UsageError: a space is not installed, is asked for twice, does not suit the data or lacks its file.
        PluginError: a third party's module failed.
    """
    names = default_features(data) if asked is None else asked
    if not names or len(set(names)) < len(names):
        raise UsageError(f"--features {','.join(names)}: expected one or more different names")
    for name in weights:
        plugins.find(name, GROUP)
    for name in names:
        loaded = _load(name)
        check = getattr(loaded.module, "check", None)
        if check is not None:
            _call(loaded.plugin.culprit, "check", check, data, **_wanted(check, {"weights": weights.get(name)}))
    return names


def extractor(
    name: str, data: DataRef, folder: Path | None = None, weights: Path | None = None, device: str = "cpu"
) -> Extractor:
    """Return the installed extractor `name` for a data set.

    Args:
        name: of an entry point in the group `genbench.features`.
        data: whose rows it will see.
        folder: where what was trained for this run is kept.
        weights: the user's file for this space.
        device: where to compute, "cpu" or "cuda:0"; features come back as arrays of numpy.

    Raises:
        UsageError: it is not installed, does not suit the data or lacks its file.
        ResultsError: weights are missing or damaged.
        PluginError: a third party's module failed.
    """
    loaded = _load(name)
    make, culprit = loaded.module.extractor, loaded.plugin.culprit
    offered = {"data": data, "folder": folder, "weights": weights, "device": device}
    inner = _call(culprit, "extractor", make, **_wanted(make, offered))
    try:
        return Installed(name, str(inner.hash), int(inner.dimension), culprit, inner)
    except AttributeError as error:
        raise ContractError(f"the extractor has no `{error.name}`", culprit=culprit, hook="extractor") from error


def with_twins(weights: Mapping[str, Path]) -> dict[str, Path]:
    """Return the user's files with those of spaces that share one."""
    return {**{name: weights[other] for name, other in TWINS.items() if other in weights}, **weights}


def _wanted(function: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """Return those arguments that a function names."""
    named = inspect.signature(function).parameters
    return {key: value for key, value in offered.items() if key in named}


def _load(name: str) -> LoadedPlugin:
    loaded = plugins.load(plugins.find(name, GROUP))
    if not callable(getattr(loaded.module, "extractor", None)):
        raise ContractError(f"{loaded.plugin.module} has no function `extractor`", culprit=loaded.plugin.culprit)
    return loaded


def _call(culprit: str, hook: str, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call a plugin; what it raises by mistake bears its name."""
    try:
        return function(*arguments, **named)
    except GenbenchError:
        raise
    except Exception as error:
        raise HookError(f"{type(error).__name__}: {error}", culprit=culprit, hook=hook) from error
