"""Our side: plugins under the harness's own stream, meter, hooks and counters, as in a trial."""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks import limits, networks
from genbench.batches import Batches
from genbench.bench import Workbench
from genbench.budget import Budget
from genbench.device import fence, synchronizer
from genbench.messages import Job
from genbench.meter import Meter
from genbench.record import Trial
from genbench.refs import DataRef, ModelRef
from genbench.stream import Stream
from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from benchmarks.pacing import Pacer
    from genbench.feed import Feed

MANY = 10**12  # hand-outs: whoever paces ends it


class Paced:
    """A feed that waits at the end of each burst."""

    def __init__(self, feed: Feed, pacer: Pacer) -> None:
        self._feed, self._pacer = feed, pacer

    def __call__(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return the next rows."""
        self._pacer()
        return self._feed()

    def go_to(self, hand_outs: int) -> None:
        """Stand there."""
        self._feed.go_to(hand_outs)


def train(
    pacer: Pacer, model: str, networks_: str, precision: str = "fp32", device: str = "cpu", batch: int = networks.BATCH
) -> None:
    """Train a plugin of this folder on a peer's networks."""
    if precision == "bf16":
        limits.require("bfloat16", device)
    pair = networks.make(networks_)
    with tempfile.TemporaryDirectory() as folder:
        asked = job(model, {"networks": networks_}, pair.shape, Path(folder), precision, device, batch)
        bench = Workbench(asked, Meter(synchronizer(torch.device(device))))
        network = bench.build()
        equal = [each.to(device) for each in networks.first_batch(pair)]
        losses = (
            importlib.import_module(f"benchmarks.models.{model}").losses(network, *equal)
            if precision == "fp32"
            else None
        )
        pacer.ready(losses=losses, matmul=torch.get_float32_matmul_precision())
        wait = fence(bench.device) if device != "cpu" else None
        stream = Stream(Paced(bench.feed(), pacer), bench.meter, hand_outs=MANY, photograph=_ignore, fence=wait)
        with UpdateCounter(network):
            bench.hooks.train(network, Batches(stream))


def job(
    model: str,
    options: dict[str, Any],
    shape: tuple[int, ...],
    folder: Path,
    precision: str = "fp32",
    device: str = "cpu",
    batch: int = networks.BATCH,
) -> Job:
    """Return a trial of a plugin of this folder on made rows, which it puts into the folder `train`."""
    (folder / "train").mkdir()
    rows = networks.rows(shape)
    np.save(folder / "train" / "rows.npy", rows)
    reference = ModelRef(
        name=model, distribution="benchmarks", module=f"benchmarks.models.{model}", code="0", options=options,
        batch_size=batch, variants=("default",), hooks=("build", "train", "sample"),
    )  # fmt: skip
    data = DataRef(
        name="made", kind="image", shape=shape, classes=None, labelled=False, counts={"train": len(rows)}, hash="0" * 64
    )  # fmt: skip
    trial = Trial(
        model=reference, data=data, budget=Budget(1, "steps"), seed=0, marks=(), device=device, precision=precision
    )  # fmt: skip
    (folder / "own").mkdir()
    return Job(trial=trial, train=folder / "train", folder=folder / "own", counts={}, sample_batch=1, hand_outs=1)


def _ignore(fraction: float, seconds: float) -> None:
    return None
