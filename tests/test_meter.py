"""The meter charges what it should and nothing else, on a clock of the test's own."""

from __future__ import annotations

from genbench.meter import Meter


class Clock:
    """A clock that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits = 0

    def __call__(self) -> float:
        return self.now

    def synchronize(self) -> None:
        self.waits += 1
        self.now += 0.25  # the device was busy


def _meter() -> tuple[Meter, Clock]:
    clock = Clock()
    return Meter(clock.synchronize, clock), clock


def test_pauses_are_free_and_waiting_for_the_device_is_not() -> None:
    """Kills: starting the pause before the device is idle, which makes queued work free."""
    meter, clock = _meter()
    meter.start()
    clock.now += 2.0
    with meter.paused() as seconds:
        assert seconds == 2.25  # what ran, and what the device still had to do
        clock.now += 10.0
    assert meter.seconds == 2.25
    clock.now += 1.0
    meter.stop()
    assert meter.seconds == 3.5
    clock.now += 5.0
    assert meter.seconds == 3.5


def test_start_forgets_what_was_before() -> None:
    """Kills: a probe's set-up, or its free time, that leaks into its windows."""
    meter, clock = _meter()
    meter.start()
    with meter.paused():
        clock.now += 3.0
    clock.now += 4.0
    meter.start()
    clock.now += 1.0
    assert meter.seconds == 1.0


def test_lap_leaves_the_meter_alone() -> None:
    meter, clock = _meter()
    with meter.lap() as lap:
        clock.now += 1.5
    assert lap.seconds == 1.75
    assert meter.seconds == 0.0


def test_before_the_start_nothing_is_charged() -> None:
    assert _meter()[0].seconds == 0.0


class Others:
    """Labour that is told what others work."""

    def look(self) -> None:
        return None

    def beside(self, before: None) -> float:
        return 3.0


def test_what_others_work_in_a_pause_is_charged() -> None:
    """Kills: a mark without a charge; work of many that is charged for no longer than the pause."""
    clock = Clock()
    meter = Meter(lambda: None, clock, Others())
    meter.start()
    clock.now += 1.0
    with meter.paused() as seconds:
        assert seconds == 1.0
        clock.now += 2.0
    assert meter.seconds == 1.0 + 3.0
    meter.stop()
    with meter.watched():
        clock.now += 2.0
    assert meter.seconds == 1.0 + 3.0 + 3.0
    assert meter.off_clock == 6.0
