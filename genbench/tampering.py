"""The code that a plugin is measured by, at one moment: one that replaces any of it is told so, and fails.

A plugin shares its process with what hands out, charges, photographs and draws. This is no sandbox: what is seen is
that a function, a class or a method there is another than before.
"""

from __future__ import annotations

import sys
from types import BuiltinFunctionType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MEASURING = (  # and not all of genbench: to look at a part costs a forked process the page that it is on
    *("batches", "bench", "curves", "device", "feed", "hooks", "labour", "meter", "overrun", "portraits", "probe"),
    *("samples", "snapshots", "speeds", "stream", "trial", "updates", "windows", "wrappers"),
)
PARTS = (FunctionType, BuiltinFunctionType, type)
METHODS = (FunctionType, property, classmethod, staticmethod)
LISTED = 5


class Fabric:
    """The functions, classes and methods of what measures, as far as it is imported."""

    def __init__(self) -> None:
        self._held = list(_parts())

    def put_back(self) -> list[str]:
        """Undo what was replaced since, and name it: `genbench.meter.Meter.seconds`."""
        found = [(owner, name, part) for owner, name, part in self._held if vars(owner).get(name) is not part]
        for owner, name, part in found:
            setattr(owner, name, part)
        return [f"{_place(owner)}.{name}" for owner, name, _ in found]


def told(replaced: Sequence[str]) -> str:
    """Say what a plugin has replaced."""
    more = f" and {len(replaced) - LISTED} more" if len(replaced) > LISTED else ""
    return f"replaced {', '.join(replaced[:LISTED])}{more}: what is measured by another's code is worth nothing"


def _parts() -> Iterator[tuple[Any, str, Any]]:
    """Yield a module or a class, the name of a part of it, and the part."""
    for place in (f"genbench.{name}" for name in MEASURING):
        module = sys.modules.get(place)
        for name, part in list(vars(module).items() if module else ()):
            if isinstance(part, PARTS):
                yield module, name, part
            if isinstance(part, type) and part.__module__ == place:
                yield from ((part, each, value) for each, value in vars(part).items() if isinstance(value, METHODS))


def _place(owner: Any) -> str:
    return f"{owner.__module__}.{owner.__qualname__}" if isinstance(owner, type) else str(owner.__name__)
