"""What is searched: dimensions with their ranges, as a plan keeps them; a value for each point of [0, 1)."""

from __future__ import annotations

import math
from typing import Any

from genbench.refs import Frozen
from genbench.tuning.asked import Range, Value

WIDE = 100  # high to low, from which on numbers are drawn by their logarithm


class Dimension(Frozen):
    """One option and what it may be: one of `choices`, or a number from `low` to `high`."""

    option: str
    choices: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 0.0
    is_log: bool = False
    is_whole: bool = False

    @classmethod
    def of_range(cls, option: str, given: Range, *, is_whole: bool) -> Dimension:
        """Return a range as a dimension: by its logarithm where it says so, or else where it spans two decades."""
        is_log = given.low > 0 and given.high / given.low >= WIDE if given.log is None else given.log
        return cls(option=option, low=given.low, high=given.high, is_log=is_log, is_whole=is_whole)

    @property
    def ends(self) -> tuple[Value, ...]:
        """Return the choices, or the two ends of the range: what a model has to take."""
        return self.choices or tuple(int(each) if self.is_whole else each for each in (self.low, self.high))

    def at(self, point: float) -> Value:
        """Return the value at a point of [0, 1): equal parts of it are equally likely values."""
        if self.choices:
            return self.choices[int(point * len(self.choices))]
        if self.is_whole and not self.is_log:
            return int(self.low) + int(point * (int(self.high) - int(self.low) + 1))
        half = 0.5 if self.is_whole else 0.0  # every whole number owns what rounds to it
        low, high = self.low - half, self.high + half
        if not self.is_log:
            return low + point * (high - low)
        value = math.exp(math.log(low) + point * (math.log(high) - math.log(low)))
        inside = min(max(value, self.low), self.high)
        return round(inside) if self.is_whole else inside

    def __str__(self) -> str:
        if self.choices:
            return f"{self.option} {'|'.join(map(str, self.choices))}"
        return f"{self.option} {self.low:g} to {self.high:g}{' (log)' if self.is_log else ''}"


class Space(Frozen):
    """What is searched of one model, and what is not although it is an option."""

    model: str  # as the study calls it
    dimensions: tuple[Dimension, ...]
    kept: tuple[str, ...] = ()  # options that stay as they are


class Search(Frozen):
    """An equal search, as it was begun."""

    trials: int  # configurations of each model on each data set
    seed: int  # of the draws
    sampler: str
    metric: str | None  # as it was asked for
    training_seed: int  # of every configuration's training; the chosen ones are trained with others
    seeds: int  # fresh ones, of each chosen configuration
    spaces: tuple[Space, ...]

    def space(self, model: str) -> Space:
        """Return what is searched of a model."""
        return next(each for each in self.spaces if each.model == model)

    def described(self) -> list[str]:
        """Return in words what is searched, line by line."""
        head = (
            f"{self.trials} configurations of every model on every data set ({self.sampler}, seed {self.seed}; the "
            f"first is what the study gives), each trained with seed {self.training_seed}"
        )
        return [head, *(_described(space) for space in self.spaces)]


def _described(space: Space) -> str:
    if not space.dimensions:
        return f"{space.model}: nothing to tune, 1 configuration"
    return f"{space.model}: {', '.join(map(str, space.dimensions))}"


def key_of(options: dict[str, Any]) -> str:
    """Return what is equal for equal options."""
    return repr(sorted(options.items()))
