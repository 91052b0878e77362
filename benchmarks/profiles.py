"""Where a training step's time goes, for each built-in model on the CPU: rewrites the table of docs/profiles.md.

    OMP_NUM_THREADS=1 python benchmarks/profiles.py        # two minutes; GENBENCH_DATA for fashion_mnist

Operations are timed by torch's profiler: of each, by its place in the step, the first quintile over steps, so that what
else the machine does counts little. What the fastest round of unprofiled steps takes beyond them is Python's; where it
takes less, the shares are of what was profiled.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile

from genbench.batches import Batches
from genbench.feed import Feed
from genbench.meter import Meter
from genbench.stream import Stream
from genbench.timed import TimedModel, timed_model

PAGE = Path(__file__).parents[1] / "docs" / "profiles.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
CELLS = [(model, data) for data in ("ring8", "digits", "fashion_mnist") for model in ("vae", "gan")]
BATCH, STEPS, ROUNDS = 128, 40, 7
ROWS = ("aten::index_select", "aten::index")  # part of a hand-out
KINDS = {  # by the beginning of an operation's name, or what is in it; the first that fits
    "matrix products": ("aten::mm", "aten::addmm", "aten::linear", "aten::bmm"),
    "convolutions": ("conv",),
    "batch normalisation": ("batch_norm",),
    "running average": ("lerp",),
    "noise": ("aten::randn", "aten::normal_"),
    "autograd's bookkeeping": ("autograd::", "Backward0", "AccumulateGrad"),
    "other operations": ("aten::",),
}


def kind_of(event: Any) -> str | None:
    """Return under what an operation is told; None for the hand-out's own."""
    above = event
    while above is not None:
        if above.name.startswith("Optimizer.step"):
            return "optimiser"
        if above.name in ROWS:
            return None
        above = above.cpu_parent
    return next((kind for kind, marks in KINDS.items() if any(mark in event.name for mark in marks)), "optimiser")


def operations(model: TimedModel) -> dict[str, float]:
    """Return microseconds of a step by kind."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        model.train(STEPS)
    taken: dict[tuple[str, str], list[float]] = defaultdict(list)
    for event in sorted(profiler.events(), key=lambda each: each.time_range.start):
        if (kind := kind_of(event)) is not None:
            taken[kind, event.name].append(event.self_cpu_time_total)
    found: dict[str, float] = defaultdict(float)
    for (kind, _), times in taken.items():
        places = len(times) // STEPS  # of what is done once a training there are fewer
        if places:
            found[kind] += float(np.quantile(np.reshape(times[-places * STEPS :], (STEPS, places)), 0.2, axis=0).sum())
    return found


def step(model: TimedModel) -> float:
    """Return the microseconds of processor time that a step takes, at its fastest."""
    return min(_microseconds(lambda: model.train(STEPS)) for _ in range(ROUNDS))


def harness(shape: tuple[int, ...], logged: int) -> float:
    """Return the microseconds of a hand-out and of what is logged, with nothing else in the step."""
    losses = {f"loss{number}": torch.zeros(()) for number in range(logged)}
    rows = torch.rand(1_000, *shape)

    def hand_out() -> None:
        meter = Meter(lambda: None)
        meter.start()
        feed = Feed(rows, None, size=BATCH, generator=torch.Generator().manual_seed(0), device=torch.device("cpu"))
        batches = Batches(Stream(feed, meter, hand_outs=STEPS, photograph=lambda fraction, seconds: None))
        for _ in batches:
            batches.log(**losses)

    return min(_microseconds(hand_out) for _ in range(ROUNDS))


def _microseconds(work: Any) -> float:
    begun = time.process_time()
    work()
    return (time.process_time() - begun) / STEPS * 1e6


def column(name: str, data: str, folder: Path) -> dict[str, float]:
    """Return microseconds of a step by kind, `a step` being all of it."""
    root = os.environ.get("GENBENCH_DATA")
    model = timed_model(name, data, folder, batch_size=BATCH, data_root=Path(root) if root else None)
    whole = step(model)
    found = {"harness": harness(model.trial.data.shape, 1 if name == "vae" else 2)} | operations(model)
    return found | {"Python": max(0.0, whole - sum(found.values())), "a step": max(whole, sum(found.values()))}


def table(columns: dict[str, dict[str, float]]) -> str:
    """Return the shares as a table in Markdown, the last two rows absolute."""
    kinds = [*KINDS, "optimiser", "harness", "Python"]
    lines = [["share of a step", *columns], ["---"] + ["--:"] * len(columns)]
    lines += [[kind, *(_share(each, kind) for each in columns.values())] for kind in kinds]
    lines.append(["**a step, ms of processor time**", *(f"{each['a step'] / 1000:.2f}" for each in columns.values())])
    lines.append(["examples/s", *(f"{BATCH / each['a step'] * 1e6:,.0f}" for each in columns.values())])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _share(times: dict[str, float], kind: str) -> str:
    return f"{100 * times[kind] / times['a step']:.0f} %" if times.get(kind) else "-"


def main() -> None:
    """Measure all cells and write the page."""
    torch.set_num_threads(1)
    columns = {}
    for name, data in CELLS:
        with tempfile.TemporaryDirectory() as folder:
            columns[f"{name} on {data}"] = column(name, data, Path(folder))
    known = PAGE.read_text()
    before, after = known.partition(BEGIN)[0], known.partition(END)[2]
    PAGE.write_text(before + BEGIN + table(columns) + END + after)
    print(table(columns))


if __name__ == "__main__":
    main()
