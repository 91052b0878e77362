"""The speeds that a probe and an arm of a check measure: training and sampling by the clock, in windows, once warm."""

from __future__ import annotations

import time
from itertools import count
from statistics import median
from typing import TYPE_CHECKING, Any

from genbench.batches import Batches
from genbench.device import fence, synchronizer
from genbench.stream import Stream
from genbench.windows import Windows

if TYPE_CHECKING:
    from collections.abc import Callable, MutableSequence
    from contextlib import AbstractContextManager

    from genbench.bench import Workbench
    from genbench.labour import Labour
    from genbench.meter import Meter
    from genbench.record import Gauge
    from genbench.windows import Timetable

SET_UP = 8  # hand-outs before the clock of the windows starts: compilation may come back at the second and third
SETTLING = 60.0  # seconds to wait for threads that go on after `train` has returned
COLD_DRAWS = 10  # of one sample, before any is timed
MOST_DRAWS = 20  # in a window: what surrounds a draw, and is not timed, must not take longer than all the draws


class Edges:
    """Stands at every request of a stream: times the set-up, sees the process become warm, notes the windows' edges.

    During set-up and warm-up the clock starts again and again, so that the budget begins to be spent, and its
    `fraction` to rise from 0 to 1, with the first window that counts.

    Args:
        meter: the charged clock.
        timetable: how long is measured.
        gauge: reads what the machine shows, at each edge; None reads nothing.
    """

    def __init__(self, meter: Meter, timetable: Timetable, gauge: Callable[[], Gauge] | None = None) -> None:
        self.windows = Windows(timetable.window / 2)
        self._gauge = gauge
        self._meter = meter
        self._timetable = timetable
        self._setup: list[float] = []  # seconds to the first and to the second request
        self._rates: list[float] = []  # hand-outs per second in the windows of the warm-up
        self._since = 0  # hand-outs at the beginning of such a window
        self._due = 0.0  # charged seconds at the next edge

    @property
    def setup_seconds(self) -> float | None:
        """Seconds to the second request; None where there was none."""
        return sum(self._setup) if len(self._setup) == 2 else None

    def see(self, handed: int) -> None:
        """Take in a request, `handed` hand-outs after the start."""
        if handed < SET_UP:
            self._set_up(handed)
        elif not self.windows.edges:
            if self._meter.seconds >= self._timetable.warming and handed > self._since:
                self._warm_up(handed)
        elif self._meter.seconds >= self._due:
            with self._meter.paused() as charged:
                self.note(handed, charged)

    def note(self, handed: int, charged: float) -> None:
        """Take in an edge of the windows, on an idle device, while nothing is charged."""
        if self._gauge is not None:
            self.windows.gauges.append(self._gauge())
        self.windows.note(handed, charged)
        self._due = self._timetable.window * (charged // self._timetable.window + 1)

    def _set_up(self, handed: int) -> None:
        if len(self._setup) < 2:
            with self._meter.paused() as charged:
                self._setup.append(charged)
        self._since = handed
        self._meter.start()

    def _warm_up(self, handed: int) -> None:
        with self._meter.paused() as charged:
            self._rates.append((handed - self._since) / charged)
        self._since = handed
        if self._timetable.is_warm(self._rates):
            self.note(handed, 0.0)
        self._meter.start()


def time_training(
    bench: Workbench,
    model: Any,
    timetable: Timetable,
    beat: MutableSequence[int],
    labour: Labour,
    gauge: Callable[[], Gauge] | None = None,
) -> tuple[float | None, Windows]:
    """Train by the clock, which starts once all is warm; return the set-up's seconds and the windows.

    `gauge` reads what the machine shows at the windows' edges; None reads nothing.
    """
    edges = Edges(bench.meter, timetable, gauge)
    wait = fence(bench.device)

    def at_request() -> None:
        wait()
        edges.see(stream.handed)

    stream = Stream(
        bench.feed(),
        bench.meter,
        seconds=timetable.seconds,
        photograph=lambda fraction, charged: edges.note(stream.handed, charged),
        fence=at_request,
        beat=beat,
    )
    train(bench, model, stream)
    rest = labour.settle(SETTLING)
    left = time.perf_counter()
    synchronizer(bench.device)()  # a thread may have given the device more to do
    edges.windows.end = (stream.handed, bench.meter.seconds + rest + time.perf_counter() - left)
    return edges.setup_seconds, edges.windows


def speed(windows: Windows, bench: Workbench, warnings: list[str]) -> tuple[float, ...]:
    """Return the examples/s of the windows, or the one rate of all that was worked where they do not show it."""
    rates = windows.rates(bench.task.batch_size)
    sustained = windows.sustained(bench.task.batch_size, is_host=bench.device.type == "cpu")
    if sustained is None:
        return rates
    shown = f"{median(rates):.3g} examples/s between hand-outs, {sustained:.3g} until all work was done"
    warnings.append(f"took in batches faster than it worked on them: {shown}, which counts")
    return (sustained,)


def time_sampling(bench: Workbench, model: Any, batch: int, timetable: Timetable) -> tuple[float, ...]:
    """Return samples/s in windows of draws of `batch` samples each; where one draw fills several, there are fewer.

    Every draw is seeded, watched and waited for apart, and timed without all that.
    """
    drawn = 0

    def rate(window: float) -> float:
        nonlocal drawn
        seconds, draws = 0.0, 0
        while not draws or (seconds < window and draws < MOST_DRAWS):
            seconds += draw(bench, model, batch, f"probe:{drawn}")
            draws, drawn = draws + 1, drawn + 1
        return draws * batch / seconds

    return _in_windows(rate, timetable)


def time_streak(bench: Workbench, model: Any, batch: int, timetable: Timetable) -> tuple[float, ...]:
    """Return samples/s as `time_sampling` does, in windows at whose edges alone the device is waited for.

    A window is seeded and watched as one draw is, and then draws on and on, at most `RUN_AHEAD` draws ahead of the
    device: as one who wants many samples would do it.
    """
    wait, synchronize = fence(bench.device), synchronizer(bench.device)
    number = count()

    def rate(window: float) -> float:
        draws = 0
        with _drawing(bench, model, batch, f"probe:{next(number)}") as once:
            synchronize()
            begun = time.perf_counter()
            while not draws or time.perf_counter() - begun < window:
                wait()
                once()
                draws += 1
            synchronize()
            return draws * batch / (time.perf_counter() - begun)

    return _in_windows(rate, timetable)


def time_single(bench: Workbench, model: Any, most: int, least: int, seconds: float) -> tuple[float, ...]:
    """Return the seconds of draws of one sample each, `most` of them or, after so many seconds, at least `least`."""
    synchronize = synchronizer(bench.device)
    found: list[float] = []
    with _drawing(bench, model, 1, "probe:one") as once:
        for _ in range(COLD_DRAWS):
            once()
        synchronize()
        until = time.perf_counter() + seconds
        while len(found) < most and (len(found) < least or time.perf_counter() < until):
            synchronize()
            begun = time.perf_counter()
            once()
            synchronize()
            found.append(time.perf_counter() - begun)
    return tuple(found)


def _in_windows(rate: Callable[[float], float], timetable: Timetable) -> tuple[float, ...]:
    """Return what `rate` gives for windows of some seconds, once it is warm; fewer where they take much longer."""
    rates: list[float] = []
    begun = time.perf_counter()
    while not (timetable.is_warm(rates) or (rates and time.perf_counter() - begun > 2 * timetable.seconds > 0)):
        rates.append(rate(timetable.warming))
    rates.clear()
    begun = time.perf_counter()
    while len(rates) < timetable.count and not (
        len(rates) >= 3 and time.perf_counter() - begun > 4 * timetable.seconds > 0
    ):
        rates.append(rate(timetable.window))
    return tuple(rates)


def draw(bench: Workbench, model: Any, batch: int, phase: str) -> float:
    """Draw `batch` samples of the headline variant; return the seconds that it took."""
    labels = bench.labels_like_train(batch)
    variant = bench.trial.model.variants[0]
    bench.hooks.sample(model, bench.task, count=batch, variant=variant, labels=labels, phase=phase)
    return bench.hooks.sampling_seconds


def _drawing(bench: Workbench, model: Any, batch: int, phase: str) -> AbstractContextManager[Callable[[], None]]:
    """Return a context in which the headline variant is drawn again and again."""
    labels, variant = bench.labels_like_train(batch), bench.trial.model.variants[0]
    return bench.hooks.drawing(model, bench.task, count=batch, variant=variant, labels=labels, phase=phase)


def train(bench: Workbench, model: Any, stream: Stream) -> None:
    """Train to the end of a stream; a naked `next` there is a normal end."""
    try:
        bench.hooks.train(model, Batches(stream))
    except StopIteration:
        if stream.ended_at is None:
            raise
