"""The order in which trials begin: seed by seed, and so packed at the end that no worker waits long for another."""

from __future__ import annotations

import heapq
from collections import deque
from itertools import pairwise
from math import inf
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.packing import packed

if TYPE_CHECKING:
    from collections.abc import Sequence

JUDGED = 0.3  # seconds that follow each trial, before any other begins


def _grid(lengths: Sequence[float], seeds: int) -> list[SimpleNamespace]:
    return [SimpleNamespace(seed=seed, seconds=each) for seed in range(seeds) for each in lengths]


def _order(trials: list[SimpleNamespace], workers: int) -> list[SimpleNamespace]:
    return packed(trials, lambda trial: trial.seconds, workers)


def _span(order: Sequence[SimpleNamespace], workers: int) -> float:
    """Seconds until all are trained and judged, when each worker takes what is next."""
    trials, judges, running, now = deque(order), deque[float](), list[tuple[float, bool]](), 0.0
    while trials or judges or running:
        while len(running) < workers and (judges or trials):
            is_trial = not judges
            heapq.heappush(running, (now + (trials.popleft().seconds if is_trial else judges.popleft()), is_trial))
        now, is_trial = heapq.heappop(running)
        if is_trial:
            judges.append(JUDGED)
    return now


@given(
    st.lists(st.floats(0.1, 9.0), min_size=1, max_size=5),
    st.integers(1, 8),
    st.integers(1, 6),
)
def test_every_trial_once_seeds_together_and_the_longest_of_each_first(lengths, seeds, workers) -> None:
    """Kills: a trial lost between the stretches; seeds mixed from the start."""
    trials = _grid(lengths, seeds)
    order = _order(trials, workers)
    assert sorted(map(id, order)) == sorted(map(id, trials))
    last = {trial.seed for trial in order[-3 * workers :]} if workers > 1 else set()
    early = [trial for trial in order if trial.seed < min(last, default=seeds)]
    assert [trial.seed for trial in early] == sorted(trial.seed for trial in early)
    for one, other in pairwise(early):
        assert one.seed < other.seed or one.seconds >= other.seconds


@pytest.mark.parametrize("workers", [2, 3, 4])
@given(lengths=st.lists(st.floats(0.3, 6.0), min_size=2, max_size=4))
def test_twenty_four_trials_keep_their_workers_busy(workers, lengths) -> None:
    """Kills: the shortest first; a last seed that begins with its shortest trial."""
    trials = _grid(lengths, 24 // len(lengths))
    ideal = sum(trial.seconds + JUDGED for trial in trials) / workers
    longest = max(lengths) + JUDGED
    span = _span(_order(trials, workers), workers)
    assert span <= max(ideal / 0.9, ideal + longest / 2)


def test_the_last_stretch_wins() -> None:
    """Kills: no last stretch. Two models of which one is four times as long, four workers, six seeds."""
    trials = _grid((4.0, 1.0), 6)
    by_seed = sorted(trials, key=lambda trial: (trial.seed, -trial.seconds))
    assert _span(_order(trials, 4), 4) < 0.9 * _span(by_seed, 4)
    assert _order(trials, 1) == by_seed


def test_what_nobody_knows_comes_first() -> None:
    """Kills: a model without a probe that begins last, and turns out to be the longest."""
    trials = _grid((1.0, inf), 1)
    assert [trial.seconds for trial in _order(trials, 2)] == [inf, 1.0]
    assert packed([], lambda trial: 0.0, 2) == []
