"""The plugins that look on while a model is built, trained and drawn from; what they raise is laid on them."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pluggy._callers

from genbench import plugins
from genbench.errors import HookError
from genbench.signatures import marked_functions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType

    from genbench.plugins import LoadedPlugin
    from genbench.record import Trial

BEGIN = "begin"  # no hook: what observers may have besides
CALLER = pluggy._callers._multicall.__code__  # whose innermost call is that of the function that raised


class Observers:
    """The observers of one trial, in the order in which they are named."""

    def __init__(self, loaded: Iterable[LoadedPlugin] = ()) -> None:
        self._loaded = tuple(loaded)
        self._owners: dict[CodeType, str] = {
            function.__code__: each.plugin.culprit  # type: ignore[attr-defined]
            for each in self._loaded
            for _, (function, _) in marked_functions(each.module)
        }

    @classmethod
    def named(cls, names: Iterable[str]) -> Observers:
        """Load installed observers.

        Raises:
            UnknownName, PluginImportError, ContractError: see `genbench.plugins.load_observer`.
        """
        return cls(plugins.load_observer(name) for name in names)

    @property
    def holders(self) -> tuple[object, ...]:
        """What pluggy is to know: modules, or objects in them."""
        return tuple(each.module for each in self._loaded)

    def begin(self, trial: Trial) -> None:
        """Tell those that want to know what is about to be trained.

        Raises:
            HookError: one of them raised.
        """
        for each in self._loaded:
            try:
                getattr(each.module, BEGIN, lambda _: None)(trial)
            except Exception as error:
                reason = f"{type(error).__name__}: {error}".strip(": ")
                raise HookError(reason, culprit=each.plugin.culprit, hook=BEGIN) from error

    def culprit_of(self, error: BaseException) -> str | None:
        """Return the observer in whose wrapper an error arose; None where it only passed through, or by none."""
        frames = [frame.f_code for frame, _ in traceback.walk_tb(error.__traceback__)]
        calls = [place for place, code in enumerate(frames[:-1]) if code is CALLER]
        return self._owners.get(frames[calls[-1] + 1]) if calls else None
