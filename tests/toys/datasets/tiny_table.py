"""A table of a category, a number and a whole number, of which the category decides the number."""

from __future__ import annotations

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw
from genbench.table import Column, Table

COUNTS = {"train": 256, "validation": 64, "held_out": 64}
TABLE = Table(
    columns=(
        Column(name="shape", kind="category", categories=("disc", "ring", "star")),
        Column(name="width", kind="number"),
        Column(name="holes", kind="integer"),
    ),
    target="shape",
)


def load() -> Raw:
    return Raw(
        kind="points", table=TABLE, **{name: _part(at, count) for at, (name, count) in enumerate(COUNTS.items())}
    )


def _part(place: int, count: int) -> Part:
    codes = streams.integers((31, place, 0), count) % np.uint64(3)
    normal = streams.normals((31, place, 1), count)
    rows = np.stack([codes, 100 + 10 * codes + normal[:, 0], np.rint(5 + 2 * normal[:, 1])], axis=1)
    return Part(rows=rows.astype(np.float32))
