"""A call that outlives its limits is noticed, and only then."""

from __future__ import annotations

from genbench.engines.call import Limits, Progress, overdue

LIMITS = Limits(hook=60, first=30, stall=5, deadline=100, finish=10, finish_share=0.05)


def _progress(*looks: tuple[float, str, int]) -> Progress:
    progress = Progress("start", 0, 0.0, 0.0)
    for now, phase, hand_outs in looks:
        progress.see(phase, hand_outs, now)
    return progress


def test_each_phase_has_its_limit() -> None:
    progress = _progress((1.0, "build", 0))
    assert overdue(progress, LIMITS, 61.0) is None
    assert overdue(progress, LIMITS, 61.1) == ("TIMEOUT", "build took over 60 s")


def test_before_the_second_hand_out_compilation_has_time() -> None:
    """Kills: the stall limit applied to a first step that compiles."""
    progress = _progress((0.0, "train", 0), (1.0, "train", 1))
    assert overdue(progress, LIMITS, 30.0) is None
    assert overdue(progress, LIMITS, 31.5)[0] == "TIMEOUT"


def test_progress_resets_the_stall() -> None:
    """Kills: measuring the stall from the start of training."""
    progress = _progress((0.0, "train", 0), *((float(k), "train", k) for k in range(1, 50)))
    assert overdue(progress, LIMITS, 53.9) is None
    status, reason = overdue(progress, LIMITS, 54.5)
    assert status == "TIMEOUT"
    assert "after 49 of them" in reason


def test_a_deadline_holds_even_with_progress() -> None:
    progress = _progress((0.0, "train", 0), (99.0, "train", 500), (101.0, "train", 600))
    assert "deadline" in overdue(progress, LIMITS, 101.0)[1]


def test_more_hand_outs_than_the_budget_end_a_call() -> None:
    """Kills: a stream without end, after a plugin has changed how it counts, that holds up the whole run."""
    progress = _progress((0.0, "train", 0), (1.0, "train", 60))
    limits = Limits(hand_outs=60)
    assert overdue(progress, limits, 1.0) is None
    progress.see("train", 61, 2.0)
    assert overdue(progress, limits, 2.0) == ("OVER_BUDGET", "took 61 hand-outs, the budget is 60")


def test_returning_has_a_share_of_what_was_trained() -> None:
    """Kills: ten seconds for a training of an hour to swap its averages."""
    progress = _progress((0.0, "train", 0), (400.0, "return", 9))
    assert overdue(progress, LIMITS, 419.0) is None
    assert overdue(progress, LIMITS, 421.0)[0] == "OVER_BUDGET"
    short = _progress((0.0, "train", 0), (10.0, "return", 9))
    assert overdue(short, LIMITS, 19.0) is None
    assert overdue(short, LIMITS, 21.0)[0] == "OVER_BUDGET"
