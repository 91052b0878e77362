"""A ratio that neither drift nor load moves."""

from __future__ import annotations

import pytest

from genbench.ratios import ratio


class Machine:
    """A machine whose every call takes a little longer than the one before, and whose coin is watched."""

    def __init__(self, drift: float = 0.0) -> None:
        self.now, self.drift, self.calls = 0.0, drift, ""

    def work(self, name: str, seconds: float):
        def call() -> None:
            self.calls += name
            self.now += seconds * (1 + self.drift * len(self.calls))

        return call

    def clock(self) -> float:
        return self.now


def test_it_is_the_first_to_the_second() -> None:
    """Kills: the ratio turned round, the warm-up counted."""
    machine = Machine()
    found = ratio(machine.work("a", 3.0), machine.work("b", 2.0), rounds=9, warm_up=2, clock=machine.clock)
    assert (found.median, found.low, found.high, found.best) == (1.5, 1.5, 1.5, 1.5)
    assert found.rounds == 9
    assert len(machine.calls) == 2 * (9 + 2)
    assert str(found) == "1.5 [1.5, 1.5] over 9 rounds, at best 1.5"


def test_drift_favours_neither() -> None:
    """Kills: a fixed order, in which the second of two equals is always the slower one."""
    machine = Machine(drift=0.05)
    found = ratio(machine.work("a", 1.0), machine.work("b", 1.0), rounds=41, clock=machine.clock)
    assert found.low <= 1.0 <= found.high
    rounds = {machine.calls[place : place + 2] for place in range(2, len(machine.calls), 2)}
    assert rounds == {"ab", "ba"}


def test_one_disturbed_round_is_no_result() -> None:
    """Kills: a mean for the median."""
    machine = Machine()
    slow = iter([100.0] + [1.0] * 99)
    found = ratio(
        lambda: machine.work("a", next(slow))(), machine.work("b", 1.0), rounds=15, warm_up=0, clock=machine.clock
    )
    assert (found.median, found.best) == (1.0, 1.0)


def test_the_coin_is_seeded() -> None:
    machine, again = Machine(), Machine()
    for each in (machine, again):
        ratio(each.work("a", 1.0), each.work("b", 1.0), seed=3, clock=each.clock)
    assert machine.calls == again.calls


def test_too_few_rounds_are_refused() -> None:
    with pytest.raises(ValueError, match="expected 6"):
        ratio(lambda: None, lambda: None, rounds=5)
