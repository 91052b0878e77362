"""A pair's own process: both arms load side by side; then one measures while the other sleeps, and then the other.

Loading is not timed, so that nothing is lost by doing it at once and half of the time is won; asleep on its pipe, a
process takes no core, and of a GPU no more than the memory of its context. The first has ended before the second
begins: threads that it left would work against the other arm.
"""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.check.arm_process import ArmProcess, Launch
from genbench.check.timings import Timing, TimingRequest
from genbench.engines.call import HAND_OUTS
from genbench.refs import Frozen

if TYPE_CHECKING:
    from collections.abc import MutableSequence


class PairRequest(Frozen):
    """Arms to be run one after the other, in this order."""

    request: TimingRequest
    launches: tuple[Launch, ...]
    folder: Path
    loading: float  # seconds for all to load
    measuring: float  # seconds for each to measure


class Timings(Frozen):
    """What the arms of a `PairRequest` told, in its order."""

    timings: tuple[Timing, ...]


def pair(payload: str, beat: MutableSequence[int]) -> str:
    """Run arms, in a process that is supervised; a `PairRequest` in, `Timings` out.

    The hand-outs of `beat` count the arms that have begun to measure.
    """
    asked = PairRequest.model_validate_json(payload)
    timings = []
    with ExitStack() as ends:
        arms = []
        for number, launch in enumerate(asked.launches):
            folder = asked.folder / str(number)
            folder.mkdir()
            arms.append(ArmProcess(launch, asked.request, folder))
            ends.callback(arms[-1].close)
        until = time.monotonic() + asked.loading
        for arm in arms:
            arm.wait_until_ready(until)
        for arm in arms:
            beat[HAND_OUTS] += 1
            timings.append(arm.measure(asked.measuring))
    return Timings(timings=tuple(timings)).model_dump_json()
