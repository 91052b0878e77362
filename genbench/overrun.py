"""How far a training went past its budget, and whether that is more than ending takes."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from genbench.record import Overrun

if TYPE_CHECKING:
    from genbench.stream import Stream

LATE_SHARE = 0.01  # of the charged seconds: time for a last update or a swap of averages after the stream's end
LATE_HAND_OUTS = 2
LATE_LEAST = 0.001  # seconds that the return itself may take where hand-outs take microseconds
HELD_UP = 0.05  # seconds for which a busy machine may not run a process
SLOW_STEP = 0.1  # seconds by which one step may exceed a budget in seconds, whatever the others took


def overrun(stream: Stream, seconds: float, budget: float | None, *, is_host: bool) -> Overrun:
    """Judge a training by its end.

    Args:
        stream: that has ended, or that `train` left before its end.
        seconds: charged when `train` returned.
        budget: in seconds; None where it is counted in hand-outs.
        is_host: it ran on the CPU, where a delay can be the machine's.
    """
    ended = seconds if stream.ended_at is None else stream.ended_at
    due = ended if budget is None else min(ended, budget)
    past = seconds - ended
    grace = max(LATE_HAND_OUTS * stream.median_seconds, LATE_SHARE * ended, LATE_LEAST)
    is_late = past > grace and not (is_host and _was_held_up(stream, past, grace))
    is_slow = ended - due > max(LATE_HAND_OUTS * stream.median_seconds, LATE_SHARE * due, SLOW_STEP)
    return Overrun(seconds=seconds - due, is_late=is_late or is_slow)


def _was_held_up(stream: Stream, past: float, grace: float) -> bool:
    """Whether a short delay was the machine's: the process hardly worked in it."""
    return past <= HELD_UP and time.process_time() - stream.worked_at_end <= grace
