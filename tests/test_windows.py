"""Windows of a steady speed: rates of whole ones alone, after a warm-up that ends when they no longer rise."""

from __future__ import annotations

from contextlib import contextmanager
from itertools import pairwise
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench import speeds
from genbench.meter import Meter
from genbench.record import Gauge
from genbench.speeds import SET_UP, Edges
from genbench.windows import TREND, Timetable, Windows, is_rising

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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


def _ran(step: Callable[[int], float], seconds: float, table: Timetable = TABLE, reading: float = 0.0) -> Edges:
    """Let a model that takes `step(k)` seconds for its k-th hand-out train by a clock of its own.

    The gauge tells that clock's seconds as joules, and takes `reading` seconds.
    """
    now = SimpleNamespace(seconds=0.0)
    meter = Meter(lambda: None, clock=lambda: now.seconds)

    def gauge() -> Gauge:
        now.seconds += reading
        return Gauge(joules=now.seconds)

    edges = Edges(meter, table, gauge)
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


def test_the_windows_of_a_warm_up_may_be_shorter() -> None:
    """Kills: a warm-up as long as the measurement; windows that are measured as short as those of the warm-up."""
    short = Timetable(window=WINDOW, count=10, warm_up=0.2)
    edges = _ran(lambda k: 0.01, 3.0, short)
    assert edges.windows.edges[0][0] == pytest.approx(SET_UP + short.least * 20, abs=short.least + 1)
    assert [after[1] - before[1] for before, after in pairwise(edges.windows.edges)] == pytest.approx(
        [WINDOW] * (len(edges.windows.edges) - 1), abs=0.02
    )
    assert (short.warming, TABLE.warming) == (0.2, WINDOW)


def test_reading_gauges_is_not_charged() -> None:
    """Kills: a slow driver in the windows; gauges at some edges alone."""
    windows = _ran(lambda k: 0.01, 30.0, reading=0.3).windows
    assert windows.rates(1) == pytest.approx((100,) * (len(windows.edges) - 1), rel=0.03)
    assert len(windows.gauges) == len(windows.edges) > 10


@given(st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 1e6)), min_size=1), st.integers(1, 512))
def test_joules_are_those_between_the_first_edge_and_the_last(steps: list[tuple[int, float]], batch: int) -> None:
    """Kills: joules since the device was started, of one window, a hand-out's for an example's."""
    windows = _windows((3, 0.0))
    windows.gauges = [Gauge(joules=70.0)]
    for handed, joules in steps:
        windows.edges.append((windows.edges[-1][0] + handed, windows.edges[-1][1] + 1))
        windows.gauges.append(Gauge(joules=windows.gauges[-1].joules + joules))
    drawn = windows.gauges[-1].joules - 70.0
    examples = batch * sum(handed for handed, _ in steps)
    assert windows.joules_per_example(batch) == pytest.approx(drawn / examples)
    windows.gauges[0] = Gauge()
    assert windows.joules_per_example(batch) is None


def test_joules_need_two_edges_that_were_looked_at() -> None:
    """Kills: a division by nothing; a difference of edges that were not looked at."""
    assert _windows().joules_per_example(8) is None
    assert _windows((0, 0.0), (9, 1.0)).joules_per_example(8) is None


@pytest.fixture
def streak(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A device that takes 0.04 s for a draw, and a host that takes 0.001 s to ask for it."""
    state = SimpleNamespace(now=0.0, queue=0, waits=0, batches=[], draws=0)

    def synchronize() -> None:
        state.now += 0.04 * state.queue
        state.queue, state.waits = 0, state.waits + 1

    def once() -> None:
        state.now += 0.001
        state.queue, state.draws = state.queue + 1, state.draws + 1

    def behind() -> None:
        while state.queue > 2:
            state.now, state.queue = state.now + 0.04, state.queue - 1

    @contextmanager
    def drawing(bench: object, model: object, batch: int, phase: str) -> Iterator[Callable[[], None]]:
        state.batches.append((batch, phase))
        yield once

    monkeypatch.setattr(speeds, "_drawing", drawing)
    monkeypatch.setattr(speeds, "synchronizer", lambda device: synchronize)
    monkeypatch.setattr(speeds, "fence", lambda device: behind)
    monkeypatch.setattr(speeds.time, "perf_counter", lambda: state.now)
    return state


def test_a_streak_waits_at_its_edges_alone(streak: SimpleNamespace) -> None:
    """Kills: a wait for every draw; work that is still queued when the clock is read; every window the same draws."""
    rates = speeds.time_streak(SimpleNamespace(device=None), None, 100, TABLE)
    assert rates == pytest.approx((100 / 0.04,) * 10, rel=0.06)
    assert streak.waits == 2 * len(streak.batches) == 2 * (TABLE.least + 10)
    assert len(set(streak.batches)) == len(streak.batches)


def test_single_draws_are_waited_for_one_by_one(streak: SimpleNamespace) -> None:
    """Kills: a latency without the device's part; cold draws among them; more or fewer than were asked for."""
    bench = SimpleNamespace(device=None)
    assert speeds.time_single(bench, None, 30, 5, 100.0) == pytest.approx((0.041,) * 30)
    assert len(speeds.time_single(bench, None, 30, 5, 0.041 * 7.5)) == 8
    assert len(speeds.time_single(bench, None, 30, 5, 0.0)) == 5
    assert streak.draws == 30 + 8 + 5 + 3 * speeds.COLD_DRAWS
    assert {batch for batch, _ in streak.batches} == {1}
