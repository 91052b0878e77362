"""What the checks of data sets, measures, feature spaces and observers share: findings, told all at once."""

from __future__ import annotations

import random
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from genbench.errors import GenbenchError
from genbench.escaping import plain, plain_lines

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stop(Exception):
    """What follows cannot be checked."""


@dataclass
class Tally:
    """The findings of one plugin.

    Args:
        what: it is, as "measure".
        name: its own.
    """

    what: str
    name: str
    faults: list[str] = field(default_factory=list)

    def check(self, check: str, is_good: bool, found: str, *, expected: str, fix: str) -> None:
        """Note what was found where it is not good."""
        if not is_good:
            self.faults.append(f"{check}: {plain(found, 600)}; expected {expected}; to fix: {fix}")

    @contextmanager
    def step(self, check: str, *, expected: str, fix: str, needed: bool = True) -> Iterator[None]:
        """Note whatever is raised inside.

        Raises:
            Stop: it was, and what follows needs what is done here.
        """
        try:
            yield
        except Stop:
            raise
        except Exception as error:
            told = str(error) if isinstance(error, GenbenchError) else f"{type(error).__name__}: {error}"
            self.check(check, False, told, expected=expected, fix=fix)
            if needed:
                raise Stop from None


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the generators that everybody shares, and afterwards put them back."""
    before = random.getstate(), np.random.get_state()
    random.seed(seed)
    np.random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])


@contextmanager
def tallied(what: str, name: str) -> Iterator[Tally]:
    """Check a plugin; at the end tell everything that is wrong with it.

    Raises:
        AssertionError: something is.
    """
    tally = Tally(what, name)
    with suppress(Stop):
        yield tally
    if tally.faults:
        count = len(tally.faults)
        headline = f"{what} '{name}': {count} finding{'s' * (count > 1)}"
        raise AssertionError(plain_lines("\n".join([headline, *(f"  - {each}" for each in tally.faults)])))
