"""A budget: an amount of one currency, written `1600steps`, `204800examples`, `30s` or `2e12flops`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal, get_args

from genbench.errors import SpecError

Unit = Literal["steps", "examples", "seconds", "flops"]

GRAMMAR = "a positive number and a unit, as 1600steps, 204800examples, 30s or 2e12flops"
SPELLINGS: dict[str, Unit] = {
    "step": "steps",
    "steps": "steps",
    "example": "examples",
    "examples": "examples",
    "s": "seconds",
    "sec": "seconds",
    "second": "seconds",
    "seconds": "seconds",
    "flop": "flops",
    "flops": "flops",
}


@dataclass(frozen=True, slots=True)
class Budget:
    """`amount` of `unit`; steps and examples are whole numbers."""

    amount: float
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read a budget as a user writes it.

        Raises:
            SpecError: it is not of the grammar, not positive, not finite, or a fraction of a step or example.
        """
        match = re.fullmatch(r"\s*([-+0-9._]+(?:e[-+]?\d+)?)\s*([a-z]+)\s*", text, re.IGNORECASE)
        unit = SPELLINGS.get(match[2].lower()) if match else None
        amount = _number(match[1]) if match else None
        if unit is None or amount is None:
            raise SpecError([f"budget '{text}': expected {GRAMMAR}"])
        if not 0 < amount < math.inf:
            raise SpecError([f"budget '{text}': the amount must be positive and finite; expected {GRAMMAR}"])
        if unit in ("steps", "examples") and amount != int(amount):
            raise SpecError([f"budget '{text}': {unit} are counted whole; expected {GRAMMAR}"])
        return cls(amount, unit)

    @property
    def is_exact(self) -> bool:
        """Whether the budget is counted in hand-outs, so that it ends at the same one on every machine."""
        return self.unit != "seconds"

    def hand_outs(self, batch_size: int, flops_per_example: float | None = None) -> int:
        """Return how many whole hand-outs of `batch_size` rows fit; flops need the probe's count per example."""
        if self.unit == "steps":
            return int(self.amount)
        if self.unit == "examples":
            return int(self.amount) // batch_size
        if self.unit == "flops" and flops_per_example:
            return int(self.amount // (flops_per_example * batch_size))
        raise ValueError(f"{self} has no count of hand-outs")

    def __str__(self) -> str:
        unit = "s" if self.unit == "seconds" else self.unit
        return f"{_shortest(self.amount)}{unit}"


def _shortest(amount: float) -> str:
    """Write a number in full where it is whole and below 1e9, else as short as it reads back."""
    if amount == int(amount) and amount < 1e9:
        return str(int(amount))
    short = f"{amount:g}".replace("e+", "e")
    return short if float(short) == amount else repr(amount).replace("e+", "e")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


assert set(SPELLINGS.values()) == set(get_args(Unit))
