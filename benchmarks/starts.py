"""How long a trial takes to begin: from the warmed server, and from a fresh interpreter, in turns."""

from __future__ import annotations

import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import ours
from benchmarks.models.first_batch import PLACE
from genbench.engines import Call, LocalEngine
from genbench.messages import Job, Outcome

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from benchmarks.pacing import Pacer


def measure(pacer: Pacer, rounds: int) -> None:
    """Tell milliseconds of both ways, and the megabytes that a process has to itself at its first batch."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ[PLACE] = str(folder / "told.json")
        job = ours.job("first_batch", {}, (1, 8, 8), folder).model_copy(
            update={"counts": {"validation": 1, "held_out": 1}}
        )
        with LocalEngine(1) as engine:
            _warmed(engine, job, folder / "first")  # the server has its own start
            pairs = [(_warmed(engine, job, folder / str(number)), _spawned()) for number in range(rounds)]
    warmed, spawned = zip(*pairs, strict=True)
    pacer.ready(
        warmed=[1000 * seconds for seconds, _ in warmed],
        unique=[megabytes for _, megabytes in warmed],
        spawned=[1000 * seconds for seconds in spawned],
    )


def _warmed(engine: LocalEngine, job: Job, folder: Path) -> tuple[float, float]:
    """Run one trial; return the seconds to its first batch, and its unique megabytes."""
    folder.mkdir()
    payload = job.model_copy(update={"folder": folder}).model_dump_json()
    asked = time.monotonic()
    ended = engine.call(Call(name="first batch", function="trial", payload=payload))
    outcome = Outcome.model_validate_json(ended.result) if ended.result else None
    if outcome is None or outcome.status != "OK":
        raise SystemExit(f"a trial failed: {outcome.message if outcome else ended.message}")
    told = json.loads(Path(os.environ[PLACE]).read_text(encoding="utf-8"))
    return told["seen"] - asked, told["unique"]


def _spawned() -> float:
    """Return the seconds until a process of multiprocessing's own has taken one step."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    asked = time.monotonic()
    process = context.Process(target=_step, args=(there,))
    process.start()
    seen = here.recv()
    process.join()
    return seen - asked


def _step(told: Connection) -> None:
    import torch
    from torch import nn

    model = nn.Linear(8, 1)
    optimiser = torch.optim.Adam(model.parameters())
    model(torch.zeros(8, 8)).sum().backward()
    optimiser.step()
    told.send(time.monotonic())
