"""The checks, in the order in which they are done, each with what it expects and what helps where it fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.testing.stand import Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a model is asked for.

    Args:
        name: for people.
        expects: what is right.
        fix: what helps where it is not.
        run: looks; raises a `Flaw`, a `Note`, `Inapplicable`, or whatever a hook raises.
        is_slow: takes more than a moment, and is done where that was asked for.
        is_first: without it nothing else can be done.
        is_apart: is done in another process than the rest.
    """

    name: str
    expects: str
    fix: str
    run: Callable[[Stand], None]
    is_slow: bool = False
    is_first: bool = False
    is_apart: bool = False


CHECKS: list[Check] = []


def check(
    name: str, expects: str, fix: str, *, slow: bool = False, first: bool = False, apart: bool = False
) -> Callable[[Callable[[Stand], None]], Callable[[Stand], None]]:
    """Return a decorator that adds a function to the checks."""

    def add(run: Callable[[Stand], None]) -> Callable[[Stand], None]:
        CHECKS.append(Check(name=name, expects=expects, fix=fix, run=run, is_slow=slow, is_first=first, is_apart=apart))
        return run

    return add
