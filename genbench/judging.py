"""Judge samples in a process that ran no model plugin: files in, measures and a picture out."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genbench import evaluate, metrics, plugins
from genbench.errors import ResultsError
from genbench.features import ensure_classifier
from genbench.messages import Controls, Judge, Judged
from genbench.metrics import catalogue
from genbench.record import Reference
from genbench.report.drawing import draw
from genbench.store import file_name, load, publish

if TYPE_CHECKING:
    from collections.abc import MutableSequence


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Judge a trial's samples; `Judge` in, `Judged` out."""
    asked = Judge.model_validate_json(payload)
    final = [each for each in asked.samples if each.split == "held_out"]
    if final:
        rows = np.load(final[0].path, mmap_mode="r", allow_pickle=False)
        draw(rows, asked.data, asked.picture)
    measures = evaluate.judge(asked.places, asked.data, asked.features, asked.samples, asked.metrics)
    return Judged(measures=measures).model_dump_json()


def extract_main(payload: str, beat: MutableSequence[int]) -> str:
    """Train the extractors that a data set needs and that did not come with genbench; `Controls` in, nothing out."""
    asked = Controls.model_validate_json(payload)
    if "classifier" in asked.features and asked.places.run is not None:
        ensure_classifier(asked.data, asked.places.run)
    return ""


def reference_main(payload: str, beat: MutableSequence[int]) -> str:
    """Measure a data set's floor and controls, or recall them from the cache; `Controls` in, a `Reference` out."""
    asked = Controls.model_validate_json(payload)
    kept = asked.places.cache / "references" / f"{file_name(asked.data.ref.name)}-{_key(asked)}.json"
    try:
        return load(kept, Reference).model_dump_json()
    except ResultsError:  # never made, or damaged: both are mended by making it
        made = evaluate.reference(asked.places, asked.data, asked.features, asked.counts, asked.metrics)
        kept.parent.mkdir(parents=True, exist_ok=True)
        publish(kept, made)
        return made.model_dump_json()


def _key(asked: Controls) -> str:
    """Return what floor and controls depend on: rows and how many, extractors, measures and their code."""
    total = hashlib.sha256(f"{asked.data.ref.hash} {asked.counts} {asked.metrics}".encode())
    for space in evaluate.open_spaces(asked.places, asked.data, asked.features):
        total.update(f"{space.extractor.name}:{space.extractor.hash} {space.doubt}".encode())
    for name in set(asked.metrics) - evaluate.BUILT_IN:
        total.update(plugins.find(name, catalogue.GROUP).culprit.encode())
    for package in (metrics, evaluate):
        for path in sorted(Path(package.__path__[0]).glob("*.py")):
            total.update(path.read_bytes())
    return total.hexdigest()[:16]
