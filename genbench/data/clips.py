"""Clips of sound as rows: one rate, one channel, one length."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = 4096  # 0.512 s
RATE = 8000  # samples a second
FULL_SCALE = 32768  # of 16-bit sound


def window(clip: NDArray[np.int16], samples: int = SAMPLES) -> NDArray[np.int16]:
    """Return `samples` samples: the clip in the middle of zeros, or the first of its stretches with the most energy."""
    spare = samples - len(clip)
    if spare >= 0:
        return np.pad(clip, (spare // 2, spare - spare // 2))
    energy = np.concatenate([[0], np.cumsum(clip.astype(np.int64) ** 2)])
    start = int(np.argmax(energy[samples:] - energy[:-samples]))
    return clip[start : start + samples]


def as_waves(windows: list[NDArray[np.int16]]) -> NDArray[np.float32]:
    """Return windows [t] of 16 bits as waves [n, 1, t] in [-1, 1)."""
    return np.stack(windows)[:, None].astype(np.float32) / np.float32(FULL_SCALE)
