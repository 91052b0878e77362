"""What a study's `[tune]` may say: how many configurations, of which options, and by which measure one is chosen."""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from genbench.escaping import plain, quoted_value
from genbench.metrics import catalogue
from genbench.names import OPTION, TITLE
from genbench.refs import Frozen

MOST_TRIALS = 10_000  # more are a slip of the keyboard
DEFAULT_TRIALS = 16
Value = bool | int | float | str


class Range(Frozen):
    """Numbers to draw from, both ends included; by their logarithm where `log` says so, or by the rule of the house."""

    low: int | float
    high: int | float
    log: bool | None = None  # None: where low > 0 and high is at least 100 times low


def named(value: Any) -> Any:
    """Read `{low=…, high=…, log=…}` as a range, and a list of values as choices.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(value, Range):
        return value
    if isinstance(value, list | tuple):
        kinds = {type(each) for each in value}
        if len(value) < 1 or kinds - {bool, int, float, str} or len({repr(each) for each in value}) < len(value):
            raise ValueError(f"got {quoted_value(value)}, expected distinct values, as [0.0, 0.5]")
        return tuple(value)
    known = isinstance(value, dict) and value.keys() <= {"low", "high", "log"} and {"low", "high"} <= value.keys()
    if not known:
        raise ValueError(f"got {quoted_value(value)}, expected {{low=1e-5, high=1e-2, log=true}} or [0.0, 0.5]")
    low, high, log = value["low"], value["high"], value.get("log")
    is_number = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (low, high))
    if not is_number or not low < high or not isinstance(log, bool | None):
        raise ValueError(f"got {quoted_value(value)}, expected numbers low < high, and log true or false")
    if log and low <= 0:
        raise ValueError(f"got low {plain(str(low))} with log, expected one above 0")
    return Range(low=low, high=high, log=log)


Named = Annotated[Range | tuple[Value, ...], BeforeValidator(named)]


class Tune(Frozen):
    """How to search; the same for every model."""

    trials: int = Field(DEFAULT_TRIALS, ge=1, le=MOST_TRIALS)  # configurations of each model on each data set
    seed: int = Field(0, ge=0, lt=2**32)  # of what is drawn
    sampler: Literal["random", "tpe"] = "random"
    metric: str | None = Field(None, max_length=200)  # METRIC or METRIC:FEATURES; None: what ranks in the tables
    only_named: bool = False  # search nothing but what `space` names
    space: dict[
        Annotated[str, Field(pattern=TITLE)], dict[Annotated[str, Field(pattern=OPTION)], Named]
    ] = {}  # by model and option, in the place of the model's own range

    @field_validator("metric")
    @classmethod
    def _is_measured(cls, name: str | None) -> str | None:
        known = catalogue.standard("marks")
        if name is not None and name.partition(":")[0] not in known:
            close = difflib.get_close_matches(name.partition(":")[0], known, n=1)
            listed = f"one of the {len(known)} that `genbench metrics` lists with marks"
            hint = f"did you mean '{close[0]}'?" if close else listed
            raise ValueError(f"got {quoted_value(name)}, expected METRIC or METRIC:FEATURES: {hint}")
        return name
