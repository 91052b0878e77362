"""What pytest times: a model's hooks, called in this process as a trial calls them, with its data, stream and meter."""

from __future__ import annotations

import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.arithmetic import settle
from genbench.batches import Batches
from genbench.bench import Workbench
from genbench.budget import Budget
from genbench.data import prepare
from genbench.device import fence, synchronizer
from genbench.engines.call import BEAT
from genbench.errors import UsageError
from genbench.inspection import inspect_model
from genbench.machine import cache_folder
from genbench.messages import Inspect, Inspected, Job
from genbench.meter import Meter
from genbench.record import Trial
from genbench.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor

    from genbench.record import Prepared
    from genbench.refs import ModelRef


class TimedModel:
    """One model on one prepared data set; every call leaves threads and random generators as it found them.

    Args:
        trial: the model, its options, the data, seed, device and threads.
        data: the trial's data, prepared.
        folder: an empty folder, the trial's own.
    """

    def __init__(self, trial: Trial, data: Prepared, folder: Path) -> None:
        job = Job(
            trial=trial, train=data.folder / "train", folder=folder, counts={}, sample_batch=1, hand_outs=None
        )  # fmt: skip
        self.trial = trial
        self._device = torch.device(trial.device)
        self._model: Any = None
        self._draws = 0
        with self._undisturbed():
            self._bench = Workbench(job, Meter(synchronizer(self._device)))

    def build(self) -> Any:
        """Build the model anew, the same weights each time, and keep it for the other two."""
        with self._undisturbed():
            self._model = self._bench.build()
        return self._model

    def train(self, steps: int = 100) -> float:
        """Train the model for so many hand-outs, on from where it stands; return the seconds charged."""
        bench = self._bench
        model = self.build() if self._model is None else self._model
        with self._undisturbed():
            wait = fence(self._device) if self._device.type != "cpu" else None
            stream = Stream(bench.feed(), bench.meter, hand_outs=steps, photograph=_ignore, fence=wait)
            try:
                bench.hooks.train(model, Batches(stream))
            except StopIteration:
                if stream.ended_at is None:
                    raise
        return bench.meter.seconds

    def sample(self, count: int = 1000) -> Tensor:
        """Draw so many samples by the model's headline variant; return them, [count, *shape]."""
        bench, variant = self._bench, self.trial.model.variants[0]
        model = self.build() if self._model is None else self._model
        self._draws += 1
        with self._undisturbed():
            labels, phase = bench.labels_like_train(count), f"timed:{self._draws}"
            return bench.hooks.sample(model, bench.task, count=count, variant=variant, labels=labels, phase=phase)

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Put back what a trial's process would have to itself."""
        threads, numpy_state, python_state = torch.get_num_threads(), np.random.get_state(), random.getstate()
        products, tf32 = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
        devices = [self._device] if self._device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.set_num_threads(self.trial.threads)
            settle(self._device, self.trial.matmul)
            try:
                yield
            finally:
                torch.set_num_threads(threads)
                torch.set_float32_matmul_precision(products)
                torch.backends.cudnn.allow_tf32 = tf32
                np.random.set_state(numpy_state)
                random.setstate(python_state)


def timed_model(
    name: str,
    dataset: str,
    folder: Path,
    *,
    options: dict[str, Any] | None = None,
    batch_size: int | None = None,
    seed: int = 0,
    device: str = "cpu",
    threads: int = 1,
    data_root: Path | None = None,
) -> TimedModel:
    """Return an installed model, yours as well as ours, ready to be timed.

    Raises:
        UsageError: no such model, data set or option; the model breaks the contract or does not support such data.
        DataError: the data set cannot be prepared.
    """
    found, kinds = _inspected(Inspect(name=name, options=options or {}, batch_size=batch_size))
    data = prepare(dataset, data_root=data_root, cache=cache_folder())
    if data.ref.kind not in kinds:
        raise UsageError(f"model '{name}' supports {', '.join(kinds)} data; {dataset} is {data.ref.kind}")
    trial = Trial(
        model=found, data=data.ref, budget=Budget(1, "steps"), seed=seed, marks=(), device=device, threads=threads
    )  # fmt: skip
    return TimedModel(trial, data, folder)


def _inspected(request: Inspect) -> tuple[ModelRef, tuple[str, ...]]:
    inspected = Inspected.model_validate_json(inspect_model(request.model_dump_json(), [0] * BEAT))
    if inspected.model is None:
        raise UsageError(inspected.broken.message if inspected.broken else f"model '{request.name}' cannot be used")
    return inspected.model, inspected.kinds


def _ignore(fraction: float, seconds: float) -> None:
    return None
