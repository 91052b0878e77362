"""Does memory grow with the budget, and do samples come in batches?"""

from __future__ import annotations

import gc
import itertools
import os
import statistics
import time
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.device import synchronizer
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Inapplicable, Note
from genbench.testing.places import make_rows

if TYPE_CHECKING:
    from genbench.testing.stand import Stand

LOOKS, WIDE = range(40, 251, 30), 256  # hand-outs after which memory is read; rows of each
RISES = 6  # of the seven between two looks: an allocator goes up and down, or up once
TOLERATED = 4 * 2**20  # bytes that an allocator may keep
STORING = 2.0  # times what was handed out: who grows by no more may be storing rows, as density models do
BATCH, TIMES = 256, 9
SLOW = 0.25  # of the time of as many single draws


@check(
    "memory",
    "memory does not grow from hand-out to hand-out",
    "add up losses as numbers, loss.detach(), not as tensors with their graph; keep no hand-out in a list",
    slow=True,
)
def memory(stand: Stand) -> None:
    """What the process holds after many hand-outs, beside what it held after few."""
    if not Path("/proc/self/statm").exists():
        raise Inapplicable("this system does not tell what a process holds")
    task = stand.task(batch_size=WIDE, examples=2 * WIDE)
    held: list[int] = []

    def look() -> None:
        if next(count) in LOOKS:
            gc.collect()
            held.append(_resident())

    rows, count = make_rows(task, 2 * WIDE), itertools.count()
    stand.train(task, rows=rows, steps=LOOKS[-1] + 1, fence=look)
    if len(held) < len(LOOKS):
        raise Inapplicable("it left its training before memory could be compared")
    hand_outs = LOOKS[-1] - LOOKS[0]
    grown, handed = held[-1] - held[0], hand_outs * WIDE * rows[0][0].numel() * rows[0].element_size()
    rises = sum(before < after for before, after in itertools.pairwise(held))
    if grown <= TOLERATED or rises < RISES:
        return
    told = f"{grown / 2**20:.1f} MiB more after {hand_outs} hand-outs, which were {handed / 2**20:.1f} MiB"
    if grown > STORING * handed + TOLERATED:
        raise Flaw(told)
    raise Note(f"{told}: it seems to store what it is handed")


@check(
    "speed",
    f"{BATCH} samples in one call take less time than {BATCH} calls for one",
    "draw all samples of a call at once, as one batch",
    slow=True,
)
def speed(stand: Stand) -> None:
    """A loop over samples shows; nothing is said of how fast is fast enough."""
    together, alone = _seconds(stand, BATCH), _seconds(stand, 1)
    if together > SLOW * BATCH * alone:
        raise Note(f"{BATCH} at once take {together / alone:.0f} times as long as one: are they drawn one by one?")


def _seconds(stand: Stand, count: int) -> float:
    """Return the median time of a draw, in processor seconds of this thread on the CPU."""
    trained, clock = stand.trained, time.thread_time if stand.device.type == "cpu" else time.perf_counter
    wait, found = synchronizer(stand.device), []
    with trained.hooks.drawing(
        trained.model, trained.task, count=count, variant=stand.variants[0], labels=None, phase="speed"
    ) as draw:
        for _ in range(TIMES):
            wait()
            start = clock()
            draw()
            wait()
            found.append(clock() - start)
    return statistics.median(found)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
