"""Name a data set by its content: the reference that trials and numbers carry."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.dataset import FORMS, Part, Raw
from genbench.refs import DataRef, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from genbench.table import Table

LABELS = "<i8"


def stored(raw: Raw) -> Raw:
    """Return the data set as it is written: contiguous and little-endian."""

    def store(part: Part) -> Part:
        labels = None if part.labels is None else np.ascontiguousarray(part.labels, dtype=LABELS)
        return Part(rows=np.ascontiguousarray(part.rows, dtype=FORMS[raw.kind].dtype), labels=labels)

    return raw.each(store)


def refer(name: str, raw: Raw) -> DataRef:
    """Return the reference of a stored data set."""
    return DataRef(
        name=name,
        kind=raw.kind,
        shape=raw.train.rows.shape[1:],
        classes=raw.classes,
        labelled=raw.train.labels is not None,
        counts={split: len(part) for split, part in raw.parts()},
        hash=content_hash(raw),
        scale=scale(raw.train.rows, raw.table) if raw.kind == "points" else None,
        mixture=raw.mixture,
        table=raw.table,
        alphabet=raw.alphabet,
    )


def content_hash(raw: Raw) -> str:
    """Return the sha256 of every split's rows and labels in their order, each with name, dtype and shape before it.

    What codes stand for, in tables and texts, comes first.
    """
    digest = hashlib.sha256()
    if raw.table is not None:
        columns = [[column.name, column.kind, column.categories] for column in raw.table.columns]
        digest.update(f"table {json.dumps([raw.table.target, columns])}\n".encode())
    if raw.alphabet is not None:
        digest.update(f"alphabet {json.dumps(raw.alphabet)}\n".encode())
    for name, array in arrays(raw):
        digest.update(f"{name} {array.dtype.str} {list(array.shape)}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()


def arrays(raw: Raw) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield every array with its path in the prepared folder."""
    for split, part in raw.parts():
        yield f"{split}/rows.npy", part.rows
        if part.labels is not None:
            yield f"{split}/labels.npy", part.labels


def scale(rows: NDArray[np.float32], table: Table | None = None) -> Scale:
    """Return mean and deviation of every coordinate, summed exactly; 0 and 1 of a table's categories.

    The scale enters a trial's id, and numpy's sums depend in their last bits on the width of the machine's vectors.
    """
    kinds = [column.kind for column in table.columns] if table else ["number"] * rows.shape[1]
    pairs = [(0.0, 1.0) if kind == "category" else _moments(column) for kind, column in zip(kinds, rows.T, strict=True)]
    return Scale(mean=tuple(mean for mean, _ in pairs), deviation=tuple(deviation for _, deviation in pairs))


def _moments(values: NDArray[np.float32]) -> tuple[float, float]:
    mean = math.fsum(values) / len(values)
    return mean, math.sqrt(math.fsum(np.square(values.astype(np.float64) - mean)) / len(values))
