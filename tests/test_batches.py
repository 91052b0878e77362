"""The stream is the budget: exact ends, stages, marks that do not touch, one iterator."""

from __future__ import annotations

import math
from itertools import islice

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.batches import Batches
from genbench.engines.call import BEAT, HAND_OUTS
from genbench.meter import Meter
from genbench.stream import Stream


class Clock:
    """Every reading of it moves it by `tick` seconds."""

    def __init__(self, tick: float = 0.0) -> None:
        self.now = 0.0
        self.tick = tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now


def _stream(labels: bool = False, clock: Clock | None = None, **budget: object) -> tuple[Stream, list[float]]:
    """Return a running stream and the list of photographs that it took."""
    meter = Meter(lambda: None, clock or Clock())
    meter.start()
    photographs: list[float] = []
    counter = iter(range(10**9))
    handed = lambda: (torch.tensor([next(counter)]), torch.tensor([1]) if labels else None)  # noqa: E731
    return Stream(handed, meter, photograph=lambda mark, seconds: photographs.append(mark), **budget), photographs


@given(st.integers(1, 200))
def test_a_budget_in_hand_outs_is_exact(count: int) -> None:
    """Kills: handing out one more, or one fewer, than the budget holds."""
    stream, photographs = _stream(hand_outs=count)
    assert len(list(Batches(stream))) == count == stream.handed
    assert photographs == [1.0]


def test_after_the_end_it_stays_ended() -> None:
    stream, photographs = _stream(hand_outs=2)
    batches = Batches(stream)
    assert len(list(batches)) == 2
    for _ in range(3):
        with pytest.raises(StopIteration):
            next(batches)
    assert photographs == [1.0]
    assert batches.spent
    assert batches.fraction == 1.0


def test_it_is_its_own_iterator() -> None:
    """Kills: starting again when a loop that was broken off is taken up."""
    stream, _ = _stream(hand_outs=6)
    batches = Batches(stream)
    first = [int(x) for x in islice(batches, 2)]
    rest = [int(x) for x in batches]
    assert first + rest == list(range(6))


@settings(deadline=None)
@given(st.integers(1, 60), st.floats(0, 1))
def test_a_stage_ends_at_its_fraction_and_loses_nothing(count: int, fraction: float) -> None:
    """Kills: a stage that swallows the hand-out at which it ends."""
    stream, _ = _stream(hand_outs=count)
    batches = Batches(stream)
    stage = [int(x) for x in batches.until(fraction)]
    assert len(stage) == min(n for n in range(count + 1) if n / count >= fraction)
    assert stage + [int(x) for x in batches] == list(range(count))


def test_a_stage_within_a_stage_ends_with_the_outer() -> None:
    stream, _ = _stream(hand_outs=10)
    assert len(list(Batches(stream).until(0.5).until(0.9))) == 5


@pytest.mark.parametrize("fraction", [-0.1, 1.1, math.nan])
def test_a_stage_needs_a_fraction(fraction: float) -> None:
    stream, _ = _stream(hand_outs=1)
    with pytest.raises(ValueError, match="between 0 and 1"):
        Batches(stream).until(fraction)


def test_fraction_sweeps_from_zero_to_one() -> None:
    """Kills: a fraction that counts the hand-out which is still being worked on."""
    stream, _ = _stream(hand_outs=4)
    batches = Batches(stream)
    assert [batches.fraction for _ in batches] == [0.25, 0.5, 0.75, 1.0]


def test_marks_are_taken_once_each_and_in_order() -> None:
    """Kills: taking a mark again at a second request, or skipping one that falls between two hand-outs."""
    stream, photographs = _stream(hand_outs=4, marks=(0.1, 0.2, 0.5))
    seen = []
    for _ in Batches(stream):
        seen.append(list(photographs))
    assert seen == [[], [0.1, 0.2], [0.1, 0.2, 0.5], [0.1, 0.2, 0.5]]
    assert photographs == [0.1, 0.2, 0.5, 1.0]


def test_a_mark_contains_the_hand_outs_before_it() -> None:
    """Kills: photographing before the last hand-out was worked on."""
    meter = Meter(lambda: None, Clock())
    meter.start()
    work, at = [0], []
    stream = Stream(
        lambda: (torch.zeros(1), None), meter, hand_outs=10, marks=(0.5,), photograph=lambda mark, s: at.append(work[0])
    )
    for _ in Batches(stream):
        work[0] += 1
    assert at == [5, 10]


def test_a_budget_in_seconds_overshoots_by_less_than_two_hand_outs() -> None:
    """Kills: checking the clock only now and then."""
    clock = Clock()
    stream, _ = _stream(seconds=10.0, clock=clock)
    for _ in Batches(stream):
        clock.now += 0.7
    assert stream.ended_at is not None
    assert 10.0 <= stream.ended_at < 10.0 + 2 * 0.7


def test_photographs_are_free() -> None:
    """Kills: charging the time in which a photograph is taken."""
    clock = Clock()
    meter = Meter(lambda: None, clock)
    meter.start()

    def photograph(mark: float, seconds: float) -> None:
        clock.now += 100.0

    stream = Stream(lambda: (torch.zeros(1), None), meter, seconds=10.0, marks=(0.2, 0.4), photograph=photograph)
    count = 0
    for _ in Batches(stream):
        clock.now += 1.0
        count += 1
    assert count == 10


def test_labels_are_opt_in() -> None:
    stream, _ = _stream(labels=True, hand_outs=2)
    assert not stream.asked_labels
    rows, labels = next(Batches(stream).labelled())
    assert stream.asked_labels
    assert (int(rows), int(labels)) == (0, 1)


def test_labels_that_are_not_there_are_an_error() -> None:
    stream, _ = _stream(hand_outs=2)
    with pytest.raises(ValueError, match="no labels"):
        next(Batches(stream).labelled())


def test_a_loss_that_is_not_finite_ends_the_stream() -> None:
    """Kills: spending the rest of the budget on a model that is lost."""
    stream, _ = _stream(hand_outs=100)
    batches = Batches(stream)
    for count, _ in enumerate(batches):
        batches.log(loss=math.nan if count == 4 else 1.0)
    assert stream.handed == 5
    assert stream.curves.diverged_at == 5


def test_keep_wants_a_state() -> None:
    stream, _ = _stream(hand_outs=1)
    batches = Batches(stream)
    batches.keep(layer=torch.nn.Linear(1, 1))
    assert list(stream.kept) == ["layer"]
    with pytest.raises(TypeError, match="ema"):
        batches.keep(ema=3)


def test_set_up_lasts_to_the_second_request() -> None:
    clock = Clock()
    stream, _ = _stream(hand_outs=3, clock=clock)
    for _ in Batches(stream):
        clock.now += 5.0
    assert stream.setup_seconds == 5.0
    assert stream.median_seconds == 5.0


def test_one_end_and_one_only() -> None:
    for budget in ({}, {"hand_outs": 1, "seconds": 1.0}):
        with pytest.raises(ValueError, match="by one of them"):
            _stream(**budget)


def test_the_beat_is_seen_from_outside() -> None:
    beat = [0] * BEAT
    stream, _ = _stream(hand_outs=3, beat=beat)
    assert [beat[0] for _ in Batches(stream)] == [1, 2, 3]


def test_the_charge_goes_on_where_it_was() -> None:
    """Kills: set-up that is charged once for each attempt; a charge that starts again at nothing."""
    clock = Clock()
    meter = Meter(lambda: None, clock)
    meter.start()

    class Keeper:
        def holds(self, asked: object) -> bool:
            return True

        def restore(self, kept: object, asked: object) -> float:
            clock.now += 100.0
            return 3.0

    stream = Stream(lambda: (torch.zeros(1), None), meter, seconds=10.0, photograph=lambda *_: None, keeper=Keeper())
    clock.now += 5.0
    Batches(stream).keep()
    assert meter.seconds == 3.0
    clock.now += 1.0
    assert stream.fraction == 0.4


def test_a_stream_stands_where_another_stood() -> None:
    """Kills: set-up, labels or the usual time of a hand-out forgotten; requests of two attempts taken for one."""
    clock = Clock()
    first, _ = _stream(labels=True, hand_outs=4, marks=(0.5,), clock=clock)
    for _ in islice(Batches(first).labelled(), 3):
        clock.now += 5.0
    state = first.state_dict()
    beat = [0] * BEAT
    second, photographs = _stream(labels=True, hand_outs=4, marks=(0.5,), clock=clock, beat=beat)
    second._feed = Places()
    next(Batches(second))
    clock.now += 100.0
    second.load_state_dict(state)
    assert second.state_dict() == state
    assert (beat[HAND_OUTS], second.asked_labels, second.setup_seconds, second.median_seconds) == (3, True, 5.0, 5.0)
    assert [int(x) for x in Batches(second)] == [3]
    assert photographs == [1.0]


class Places:
    """Hands out the number of the hand-out."""

    def __init__(self) -> None:
        self.place = 0

    def __call__(self) -> tuple[torch.Tensor, None]:
        self.place += 1
        return torch.tensor([self.place - 1]), None

    def go_to(self, hand_outs: int) -> None:
        self.place = hand_outs
