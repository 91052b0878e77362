"""Sound as a picture: the level of each mel band in each frame of time.

A frame has 256 samples under a Hann window, the next begins 128 later; 128 zeros precede the wave and at least as many
follow, so that every sample counts with a total weight of 1. Levels are decibels of the power in 40 triangles even in
mel, m = 2595 log10(1 + f / 700 Hz), from 0 to 4 kHz, against a sine of full scale; 0 dB and above is 1, -80 dB and
below is 0. Waves of another rate than 8 kHz are read as if they had it.

References:
    D. O'Shaughnessy, Speech Communication: Human and Machine, 1987, p. 150: the mel scale.
    S. Davis, P. Mermelstein, Comparison of Parametric Representations for Monosyllabic Word Recognition in Continuously
    Spoken Sentences, IEEE Trans. ASSP 28, 1980: triangular filters even in mel.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RATE = 8000  # samples a second
FRAME, HOP = 256, 128  # 32 and 16 ms
BANDS = 40
RANGE = 80  # decibels
BATCH = 256  # rows at a time
RECIPE = (
    f"log-mel levels of waves: Hann frames of {FRAME}, hop {HOP}, {BANDS} triangles of peak 1 even in "
    f"2595 log10(1 + f/700) from 0 to {RATE // 2} Hz, power against a sine of full scale, {RANGE} dB onto 0..1"
)


def frames(samples: int) -> int:
    """Return how many frames a wave of `samples` has."""
    return -(-samples // HOP) + 1


def levels(rows: NDArray[Any]) -> NDArray[np.float64]:
    """Return levels [n, c, 40, frames] in [0, 1] of waves [n, c, t]."""
    result = np.empty((*rows.shape[:2], BANDS, frames(rows.shape[2])))
    for part in _batches(len(rows)):
        result[part] = _levels(np.asarray(rows[part], dtype=np.float64))
    return result


def images(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Return levels as grey values, low bands first, uint8 [n, c, 40, frames]; a step is 0.3 dB.

    Rounding swallows the last bits, in which libraries for Fourier transforms differ.
    """
    result = np.empty((*rows.shape[:2], BANDS, frames(rows.shape[2])), np.uint8)
    for part in _batches(len(rows)):
        result[part] = np.round(levels(rows[part]) * 255)
    return result


@cache
def filters() -> NDArray[np.float64]:
    """Return the weight of each frequency [129] in each band [40], 1 at the band's centre."""
    frequencies = np.arange(FRAME // 2 + 1) * RATE / FRAME
    edges = hertz(np.linspace(0, mel(np.array(RATE / 2)), BANDS + 2))
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (frequencies - low) / (centre - low), (high - frequencies) / (high - centre)
    return np.maximum(np.minimum(rising, falling), 0)


def mel(frequency: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mel of a frequency in Hz."""
    return 2595 * np.log10(1 + frequency / 700)


def hertz(pitch: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the frequency in Hz of a mel."""
    return 700 * (10 ** (pitch / 2595) - 1)


def _batches(count: int) -> Iterator[slice]:
    return (slice(start, start + BATCH) for start in range(0, count, BATCH))


def _levels(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    samples = rows.shape[2]
    behind = frames(samples) * HOP - samples
    padded = np.pad(rows, ((0, 0), (0, 0), (HOP, behind)))
    framed = np.lib.stride_tricks.sliding_window_view(padded, FRAME, axis=2)[:, :, ::HOP]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
    amplitude = np.abs(np.fft.rfft(framed * window, axis=3)) * 2 / window.sum()  # [n, c, frames, 129]; full scale is 1
    power = np.maximum(amplitude**2 @ filters().T, 10 ** (-RANGE / 10))
    return np.swapaxes(np.clip(1 + 10 * np.log10(power) / RANGE, 0, 1), 2, 3)
