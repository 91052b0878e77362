"""What a trial, a probe and a scoring work on: a model's hooks with its task, its options and the train split."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench import plugins, snapshots
from genbench.arithmetic import settle
from genbench.audit import Audit
from genbench.errors import PluginImportError
from genbench.feed import Feed
from genbench.hooks import ModelHooks, parse_options
from genbench.hookspecs import Task
from genbench.samples import to_task

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from genbench.messages import Job
    from genbench.meter import Meter
    from genbench.observers import Observers
    from genbench.plugins import ValidPlugin
    from genbench.record import Trial


class Workbench:
    """A model's hooks with the task, options and train split that a trial or a probe runs on."""

    def __init__(self, job: Job, meter: Meter, observers: Observers | None = None) -> None:
        trial = job.trial
        torch.set_num_threads(trial.threads)
        self.job = job
        self.trial = trial
        self.device = torch.device(trial.device)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)  # what a plugin calls "cuda" is the device of the trial
        settle(self.device, trial.matmul)
        self.meter = meter
        plugin = plugins.Plugin(trial.model.name, trial.model.module, trial.model.distribution)
        own = (job.folder,) if job.earlier is None else (job.folder, job.earlier)
        audit = Audit(job.protected, own)
        with audit.armed():
            valid = plugins.validate(plugins.load(plugin))
            _check_unchanged(valid, trial)
        self.hooks = ModelHooks(
            valid, seed=trial.seed, meter=meter, device=self.device, observers=observers, audit=audit
        )
        declared = self.hooks.declared("options", None)
        self.options = parse_options(trial.model.name, declared, trial.model.options)
        self.task = make_task(trial, self.device)
        stored = np.load(job.train / "rows.npy", mmap_mode="c", allow_pickle=False)
        self.rows = to_task(stored, trial.data.scale, trial.data.table)
        self.labels = self._labels()

    def build(self) -> Any:
        """Make the model; the same weights each time."""
        return self.hooks.build(self.task, self.options)

    def rebuild(self, photograph: Path) -> Any:
        """Make the model anew, in the state of a photograph."""
        model = self.build()
        with self.hooks.rebuilding():
            snapshots.restore(model, photograph, self.device)
        return model

    def digest(self, photograph: Path) -> str:
        """Return the sha256 over the values of a photograph."""
        with self.hooks.rebuilding():
            return snapshots.digest(photograph)

    def state_digest(self, model: Any) -> str:
        """Return the sha256 over the values of a model's state."""
        with self.hooks.rebuilding():
            return snapshots.digest_of(model.state_dict())

    def feed(self) -> Feed:
        """Return the rows in the trial's own order, from the start."""
        generator = torch.Generator().manual_seed(
            int(hashlib.sha256(f"{self.trial.seed}:order".encode()).hexdigest()[:15], 16)
        )
        return Feed(self.rows, self.labels, size=self.task.batch_size, generator=generator, device=self.device)

    def labels_like_train(self, count: int) -> Tensor | None:
        """Draw `count` labels with the frequencies of the train split, the same for every call."""
        if self.labels is None:
            return None
        chosen = torch.randint(len(self.labels), (count,), generator=torch.Generator().manual_seed(self.trial.seed))
        return self.labels[chosen].to(self.device)

    def _labels(self) -> Tensor | None:
        path = self.job.train / "labels.npy"
        return torch.from_numpy(np.load(path, allow_pickle=False)) if path.exists() else None


def _check_unchanged(valid: ValidPlugin, trial: Trial) -> None:
    """Refuse a file that is being edited while its trials run: some would be of one code, some of another."""
    if valid.plugin.is_file and plugins.code_hash(valid.module) != trial.model.code:
        reason = f"{valid.plugin.module} has changed since the run was planned; begin anew with --fresh"
        raise PluginImportError(reason, culprit=valid.plugin.culprit)


def make_task(trial: Trial, device: torch.device) -> Task:
    """Tell a model what it is asked to learn."""
    data = trial.data
    return Task(
        kind=data.kind,
        shape=data.task_shape,
        dtype=torch.int64 if data.kind == "tokens" else torch.float32,
        classes=data.classes,
        labelled=data.labelled,
        examples=data.counts["train"],
        batch_size=trial.model.batch_size,
        schema=None if data.table is None else data.table.described(),
        device=device,
        precision=trial.precision,
        compile=trial.compile,
        seed=trial.seed,
        budget=str(trial.budget),
    )
