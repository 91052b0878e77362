"""Samples of a trained model: drawn from models rebuilt from its photographs, for each variant and split."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from genbench.record import SampleFile
from genbench.samples import draw, save_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from genbench.bench import Workbench
    from genbench.messages import Job
    from genbench.refs import Split
    from genbench.snapshots import Snapshot


class Portraits:
    """What was drawn so far.

    Args:
        job: names folder, counts and how many samples are drawn at a time.
        before_chunk: called before each draw; may raise to stop.
    """

    def __init__(self, job: Job, before_chunk: Callable[[], None]) -> None:
        self._job = job
        self._before_chunk = before_chunk
        self._chunk = job.sample_batch
        self.files: list[SampleFile] = []
        self.clamped: dict[str, float] = {}  # share of values out of range, by variant
        self.digests: dict[str, str] = {}
        self._is_changed = False  # a model, by being drawn from

    def draw(self, bench: Workbench, snapshot: Snapshot, splits: tuple[Split, ...]) -> None:
        """Draw from a model rebuilt from a photograph, for each variant and split."""
        model = bench.rebuild(snapshot.path)
        before = bench.state_digest(model)
        for variant in bench.trial.model.variants:
            for split in splits:
                drawn = draw(
                    bench.hooks,
                    model,
                    bench.task,
                    count=self._job.counts[split],
                    chunk=self._chunk,
                    variant=variant,
                    labels=bench.labels_like_train(self._job.counts[split]),
                    scale=bench.trial.data.scale,
                    table=bench.trial.data.table,
                    phase=f"sample:{variant}:{split}",
                    before_chunk=self._before_chunk,
                )
                self._chunk = drawn.chunk
                fraction = snapshot.mark.fraction
                path = self._job.folder / "samples" / f"{variant}-{split}-{fraction:.6f}.npy"
                save_rows(path, drawn.rows)
                self.files.append(SampleFile(variant=variant, mark=fraction, split=split, path=path))
                if split == "held_out":
                    self.clamped[variant] = drawn.clamped
                    self.digests[f"samples:{variant}"] = hashlib.sha256(
                        np.ascontiguousarray(drawn.rows).data
                    ).hexdigest()
        self._is_changed |= bench.state_digest(model) != before

    def remarks(self) -> list[str]:
        """Say how samples were drawn, where that was not as asked, and whether that changed what was drawn from."""
        found = []
        if self._is_changed:
            found.append("`sample` changed the model's state, off the clock: change it in `train` alone")
        if self._chunk != self._job.sample_batch:
            found.append(f"samples were drawn {self._chunk} at a time: {self._job.sample_batch} did not fit the memory")
        return found
