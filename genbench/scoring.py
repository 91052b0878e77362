"""Ask a trained model about held-out rows, in a process that starts after its training has ended."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.bench import Workbench
from genbench.device import synchronizer
from genbench.errors import PluginError
from genbench.messages import RECONSTRUCTIONS, Job, Judged, Score
from genbench.meter import Meter
from genbench.metrics.likelihood import bits_per_dimension
from genbench.record import Identity, Measure
from genbench.report import pictures
from genbench.samples import to_rows, to_task

if TYPE_CHECKING:
    from collections.abc import MutableSequence

    from torch import Tensor

CHUNK = 250  # rows scored at a time
COLUMNS = 8
PICTURED = 4 * COLUMNS


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Score the held-out rows; a `Score` in, a `Judged` out."""
    asked = Score.model_validate_json(payload)
    meter = Meter(synchronizer(torch.device(asked.trial.device)))
    bench = Workbench(_job(asked), meter)
    model = bench.rebuild(asked.snapshot)
    rows = _held_out(asked, bench.device)
    measures, warnings = [], []
    try:
        if "log_likelihood" in bench.hooks.implemented:
            measures = _likelihoods(asked, bench, model, rows)
        if "reconstruct" in bench.hooks.implemented and bench.task.kind == "image":
            _draw_reconstructions(asked, bench, model, rows[:PICTURED])
    except PluginError as error:  # the training stands: what fails here is a remark on it
        warnings.append(str(error))
    return Judged(measures=tuple(measures), warnings=(*warnings, *bench.hooks.remarks)).model_dump_json()


def _likelihoods(asked: Score, bench: Workbench, model: Any, rows: Tensor) -> list[Measure]:
    values, names = [], set[tuple[str, str]]()
    for start in range(0, len(rows), CHUNK):
        scored = bench.hooks.log_likelihood(model, rows[start : start + CHUNK], phase=f"log_likelihood:{start}")
        values.append(scored.values.numpy())
        names.add((scored.bound, scored.measure))
    measures = _measures(asked, np.concatenate(values), names)
    is_binary = bool(((rows == 0) | (rows == 1)).all())
    return measures + [bits for each in measures for bits in _in_bits(each, math.prod(rows.shape[1:]), is_binary)]


def _in_bits(measure: Measure, dimensions: int, is_binary: bool) -> list[Measure]:
    """Return a log-likelihood in bits per dimension, where that means something."""
    stated = measure.identity.features.rpartition(",")[2]
    if measure.value is None:
        return []
    try:
        value = bits_per_dimension(measure.value, dimensions, measure=stated, binary=is_binary)
    except ValueError:  # grey values under Bernoulli, densities without a scale
        return []
    identity = measure.identity.model_copy(update={"metric": "bits_per_dim"})
    error = None if measure.se is None else measure.se / (dimensions * math.log(2))
    return [measure.model_copy(update={"identity": identity, "value": value, "se": error})]


def _draw_reconstructions(asked: Score, bench: Workbench, model: Any, rows: Tensor) -> None:
    """Draw held-out rows and, beneath each line of them, what the model makes of them."""
    pairs = (rows, bench.hooks.reconstruct(model, bench.task, rows))
    drawn, made = (to_rows(each, bench.task, None)[0] for each in pairs)
    lines = range(0, len(rows), COLUMNS)
    sheet = [part for at in lines for part in (drawn[at : at + COLUMNS], made[at : at + COLUMNS])]
    pictures.grid(np.concatenate(sheet), asked.folder / RECONSTRUCTIONS)


def _held_out(asked: Score, device: torch.device) -> Tensor:
    ref = asked.data.ref
    rows = to_task(np.array(asked.data.rows("held_out")), ref.scale, ref.table).to(device)
    return rows.to(torch.float32).div_(255) if rows.dtype == torch.uint8 else rows


def _measures(
    asked: Score, values: np.ndarray[tuple[int], np.dtype[np.float64]], names: set[tuple[str, str]]
) -> list[Measure]:
    """Return the mean in nats per example, named by bound and measure; chunks that disagree on either are no number."""
    (bound, measure), *others = sorted(names)
    identity = Identity(
        metric="log_likelihood",
        n=len(values),
        split="held_out",
        data=asked.data.ref.hash,
        features=f"{bound},{measure}",
        features_hash="self-reported",
    )
    if others or not np.isfinite(values).all():
        reason = (
            "chunks name different bounds" if others else f"{int((~np.isfinite(values)).sum())} values are not finite"
        )
        return [Measure(identity=identity, value=None, variant=asked.trial.model.variants[0], warnings=(reason,))]
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    return [Measure(identity=identity, value=float(values.mean()), se=error, variant=asked.trial.model.variants[0])]


def _job(asked: Score) -> Job:
    return Job(
        trial=asked.trial,
        train=asked.data.folder / "train",
        folder=asked.folder,
        counts={},
        sample_batch=CHUNK,
        hand_outs=None,
    )
