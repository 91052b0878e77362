"""Does a third party's measure keep its contract (`genbench/evaluate/foreign.py`)?"""

from __future__ import annotations

import inspect
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench import plugins
from genbench.evaluate.foreign import direction, foreign
from genbench.metrics.catalogue import GROUP
from genbench.testing.tally import seeded, tallied

if TYPE_CHECKING:
    from genbench.testing.tally import Tally

ARGUMENTS = ("real", "fake", "rng")
ROWS, FEATURES = 200, 8
PAGE = "see docs/extending/metrics.md"
CLOSE = 1e-3  # relative, of float32 and float64


def check_metric(name: str) -> None:
    """Check an installed measure: what it takes and returns, whose chance decides, what it does to its arguments.

    Raises:
        AssertionError: with every finding, what was expected, and how to fix it.
    """
    with tallied("measure", name) as tally:
        with tally.step("installed", expected="an importable module", fix=PAGE):
            module = plugins.load(plugins.find(name, GROUP)).module
        _check_signature(tally, module)
        real, near, far = _rows()
        with tally.step("returns a number", expected="a float or a Score", fix="return float(...)"):
            value = _value(name, real, near)
        tally.check(
            "returns a number",
            value is not None and math.isfinite(value),
            f"{value} for two samples of one Gaussian",
            expected="a finite number",
            fix="raise ValueError for rows that cannot be compared",
        )
        _check_chance(tally, name, real, near)
        _check_arguments(tally, name, real, near)
        _check_direction(tally, name, real, near, far)
        _check_few(tally, name, real)


def _rows() -> tuple[Any, Any, Any]:
    """Return real rows [200, 8], fewer of the same Gaussian [150, 8], and as many of one that lies far away."""
    rng = np.random.default_rng(0)
    near, far = (rng.normal(at, size=(ROWS - 50, FEATURES)) for at in (0.0, 5.0))
    return rng.normal(size=(ROWS, FEATURES)), near, far


def _value(name: str, real: Any, fake: Any, seed: int = 0) -> float | None:
    with seeded(seed):
        return foreign(name, real, fake, np.random.default_rng(0)).value


def _told(value: float | None) -> str:
    return "no value" if value is None else f"{value:g}"


def _check_signature(tally: Tally, module: Any) -> None:
    function = getattr(module, "score", None)
    with tally.step("contract", expected="a function `score`", fix=PAGE):
        unknown = [each for each in inspect.signature(function).parameters if each not in ARGUMENTS]  # type: ignore[arg-type]
    tally.check(
        "contract",
        not unknown,
        f"`score` takes {', '.join(unknown)}",
        expected=f"any of {', '.join(ARGUMENTS)}",
        fix="a setting is a constant of the module",
    )
    better = getattr(module, "BETTER", "lower")
    tally.check(
        "contract", better in ("lower", "higher"), f"BETTER is {better!r}", expected="'lower' or 'higher'", fix=PAGE
    )


def _check_chance(tally: Tally, name: str, real: Any, near: Any) -> None:
    """Compare under other global seeds, and see that the global generators were left alone."""
    values = [_value(name, real, near, seed) for seed in (1, 2)]
    with seeded(3):
        before = _state()
        foreign(name, real, near, np.random.default_rng(0))
        is_left = _state() == before
    tally.check(
        "chance",
        values[0] == values[1] and is_left,
        f"{_told(values[0])} and {_told(values[1])} of the same rows and rng, numpy's own generator "
        + ("left alone" if is_left else "drawn from"),
        expected="all chance from `rng`",
        fix="draw from the argument rng, and never from np.random",
    )


def _state() -> tuple[bytes, int]:
    """Return where numpy's own generator stands."""
    state: Any = np.random.get_state(legacy=False)
    return state["state"]["key"].tobytes(), state["state"]["pos"]


def _check_arguments(tally: Tally, name: str, real: Any, near: Any) -> None:
    copies = real.copy(), near.copy()
    double = _value(name, real, near)
    is_left = np.array_equal(copies[0], real) and np.array_equal(copies[1], near)
    tally.check("arguments", is_left, "rows were changed", expected="rows as they were", fix="work on a copy")
    with tally.step("dtypes", expected="float32 rows to be taken too", fix="compute in float64", needed=False):
        single = _value(name, real.astype(np.float32), near.astype(np.float32))
        is_close = single is None or double is None or math.isclose(single, double, rel_tol=CLOSE, abs_tol=CLOSE)
        found = f"{_told(single)} in float32, {_told(double)} in float64"
        tally.check("dtypes", is_close, found, expected="one value", fix="compute in float64")


def _check_direction(tally: Tally, name: str, real: Any, near: Any, far: Any) -> None:
    close, distant = _value(name, real, near), _value(name, real, far)
    if close is None or distant is None:
        return
    way = direction(name)
    tally.check(
        "direction",
        distant > close if way == "lower" else distant < close,
        f"{close:g} of samples of the same Gaussian, {distant:g} five deviations away, and {way} is better",
        expected="the first to be better",
        fix='say BETTER = "higher" or "lower"; a measure that is blind to a shift had better say so on its page',
    )


def _check_few(tally: Tally, name: str, real: Any) -> None:
    expected = "a value, or ValueError with the reason"
    with tally.step("few rows", expected=expected, fix="check len(real) and len(fake) first", needed=False):
        try:
            _value(name, real[:2], real[2:3])
        except ValueError:
            return
