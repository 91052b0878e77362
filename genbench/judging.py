"""Judge samples in a process that ran no model plugin: files in, measures and a picture out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from genbench import evaluate
from genbench.messages import Controls, Judge, Judged
from genbench.report import pictures

if TYPE_CHECKING:
    from collections.abc import MutableSequence
    from pathlib import Path

    from genbench.record import Prepared, SampleFile

PICTURED = 64  # samples on a grid
SCATTERED = 2_500


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Judge a trial's samples; `Judge` in, `Judged` out."""
    asked = Judge.model_validate_json(payload)
    final = [each for each in asked.samples if each.split == "held_out"]
    if final:
        _draw(final[0], asked.data, asked.picture)
    return Judged(
        measures=evaluate.judge(asked.data, asked.features, asked.samples, asked.cache, asked.run)
    ).model_dump_json()


def reference_main(payload: str, beat: MutableSequence[int]) -> str:
    """Measure a data set's floor and controls; `Controls` in, a `Reference` out."""
    asked = Controls.model_validate_json(payload)
    return evaluate.reference(asked.data, asked.features, asked.cache, asked.run).model_dump_json()


def _draw(samples: SampleFile, data: Prepared, path: Path) -> None:
    rows = np.load(samples.path, mmap_mode="r", allow_pickle=False)
    if data.ref.kind == "image":
        pictures.grid(rows[:PICTURED], path)
    elif data.ref.kind == "points" and rows.shape[1] == 2:
        centres = None if data.ref.mixture is None else np.array(data.ref.mixture.centres)
        pictures.scatter(rows[:SCATTERED], path, reference=data.rows("held_out")[:SCATTERED], centres=centres)
