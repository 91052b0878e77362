"""Two half-circles with noise; the label says which. Fresh points, no download."""

import numpy as np

from genbench.data import streams
from genbench.data.dataset import Part, Raw

COUNTS = {"train": 20_000, "validation": 2_000, "held_out": 2_000}
NOISE = 0.05


def load():
    """Draw the three splits, each from a seed of its own."""
    return Raw(kind="points", classes=2, **{name: part(number, name) for number, name in enumerate(COUNTS)})


def part(number, name):
    """Return a split: rows float32 [n, 2], labels int64 [n]."""
    count = COUNTS[name]
    angle = streams.integers((1, number), count) * (np.pi / 2**64)  # the same on every machine
    labels = np.arange(count) % 2
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    rows = np.where(labels[:, None] == 0, circle, [1.0, 0.5] - circle)
    return Part(rows=(rows + NOISE * streams.normals((2, number), count)).astype(np.float32), labels=labels)
