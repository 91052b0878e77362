"""Windows of a steady speed: rates of whole ones alone, after a warm-up that ends when they no longer rise."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench import speeds
from genbench.meter import Meter
from genbench.speeds import SET_UP, Edges
from genbench.windows import TREND, Timetable, Windows, is_rising

if TYPE_CHECKING:
    from collections.abc import Callable

WINDOW = 0.5
TABLE = Timetable(window=WINDOW, count=10)


def _windows(*edges: tuple[int, float]) -> Windows:
    windows = Windows(WINDOW / 2)
    windows.edges = list(edges)
    return windows


def test_rates_are_examples_over_charged_seconds() -> None:
    """Kills: hand-outs instead of examples, seconds over hand-outs."""
    assert _windows((10, 1.0), (30, 2.0), (40, 3.0)).rates(128) == pytest.approx((20 * 128, 10 * 128))


def test_a_sliver_is_no_window() -> None:
    """Kills: a rate over the moment between two edges that one slow step (a late compilation) pushed together."""
    assert _windows((10, 8.0), (11, 8.0 + WINDOW / 100)).rates(128) == ()


@given(st.floats(1e-3, 1e9), st.integers(TREND, 12))
def test_only_a_rise_is_a_warm_up(rate: float, count: int) -> None:
    """Kills: rates in place of their logarithms, a fall that is waited for (a leak would never be measured)."""
    assert not is_rising([rate] * count)
    assert is_rising([rate * 1.05**k for k in range(count)])
    assert not is_rising([rate * 0.9**k for k in range(count)])
    assert not is_rising([rate * 1.2**k for k in range(TREND - 1)])


def test_a_warm_up_is_bounded() -> None:
    """Kills: waiting for ever for a rate that never settles; measuring before the least is over."""
    rising = [1.1**k for k in range(50)]
    assert next(n for n in range(50) if TABLE.is_warm(rising[:n])) == TABLE.most
    assert next(n for n in range(50) if TABLE.is_warm([1.0] * n)) == TABLE.least


def _ran(step: Callable[[int], float], seconds: float) -> Edges:
    """Let a model that takes `step(k)` seconds for its k-th hand-out train by a clock of its own."""
    now = SimpleNamespace(seconds=0.0)
    meter = Meter(lambda: None, clock=lambda: now.seconds)
    edges = Edges(meter, TABLE)
    meter.start()
    handed = 0
    while now.seconds < seconds:
        edges.see(handed)
        now.seconds += step(handed)
        handed += 1
    return edges


def test_set_up_and_warm_up_are_in_no_window() -> None:
    """Kills: a clock that starts with the first hand-out, a second hand-out that the set-up leaves out."""
    edges = _ran(lambda k: {0: 3.0, 2: 5.0}.get(k, 0.04 / min(k + 1, 40) + 0.009), 30.0)
    assert edges.setup_seconds == pytest.approx(3.0)
    rates = edges.windows.rates(1)
    assert min(rates) == pytest.approx(100, rel=0.02)
    assert len(rates) >= TABLE.count


def test_a_fall_is_measured_from_the_beginning() -> None:
    """Kills: a warm-up without end where every step takes longer than the one before."""
    edges = _ran(lambda k: 0.01 * (1 + k / 400), 20.0)
    first, begun = edges.windows.edges[0]
    assert begun == 0.0
    assert first * 0.012 < WINDOW * (TABLE.least + 2)


def test_steps_longer_than_windows_are_windows_of_their_own() -> None:
    """Kills: edges that are due at one request and make slivers, from which nothing is told."""
    assert _ran(lambda k: 2.0, 60.0).windows.rates(8) == pytest.approx((4.0,) * (30 - SET_UP - TABLE.least), rel=0.01)


def _sampled(seconds: float, table: Timetable, monkeypatch: pytest.MonkeyPatch) -> tuple[tuple[float, ...], int]:
    now = SimpleNamespace(seconds=0.0, draws=0)

    def draw(bench: object, model: object, count: int, phase: str) -> float:
        now.seconds += seconds
        now.draws += 1
        return seconds

    monkeypatch.setattr(speeds, "draw", draw)
    monkeypatch.setattr(speeds.time, "perf_counter", lambda: now.seconds)
    return speeds.time_sampling(None, None, 100, table), now.draws


def test_sampling_is_timed_in_windows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: seconds a sample, one draw a window where many fit, hours for a sampler whose draw takes minutes."""
    rates, draws = _sampled(0.1, TABLE, monkeypatch)
    assert rates == pytest.approx((1000,) * 10)
    assert draws == 5 * (TABLE.least + 10)
    rates, draws = _sampled(60.0, TABLE, monkeypatch)
    assert (len(rates), draws) == (3, 4)
    assert _sampled(60.0, Timetable(window=0.0, count=7, least=1, most=1), monkeypatch)[1] == 8
