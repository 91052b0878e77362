"""Your own sounds: sounds:FOLDER or, for other windows than of 4096 samples at 8 kHz, sounds:FOLDER@8192.

All WAV, FLAC and OGG files below the folder, one window a file, without labels: mixed down to one channel, brought to
8 kHz by a polyphase filter and rounded to 16 bits, so that the last bits of a filter decide nothing. A short file
stands in the middle of silence, of a long one the stretch with the most energy is kept. Split 80/10/10 in the order of
the windows' hashes. WAV files of 16 bits are read as they are, all others by `soundfile`.
"""

from __future__ import annotations

import math
import wave
from typing import TYPE_CHECKING

import numpy as np

from genbench.data.clips import FULL_SCALE, RATE, SAMPLES, as_waves, window
from genbench.data.dataset import Part, Raw
from genbench.data.reading import refusal, sniff
from genbench.data.sources import below, sized_folder
from genbench.data.splits import by_content
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

USAGE = "sounds:FOLDER or sounds:FOLDER@8192"
SUFFIXES = frozenset({".wav", ".flac", ".ogg"})
FASTEST = 1_000_000  # samples a second of a file
LONGEST = 2**20  # samples of a window: two minutes
ADVICE = "remove or repair this file, or give another folder"


def files(source: str | None, root: Path | None) -> tuple[Path, ...]:
    """Return the sounds below the folder, sorted."""
    folder, _ = sized_folder(source, root, name="sounds", usage=USAGE)
    return below(folder, SUFFIXES, what="sounds", usage=USAGE)


def load(source: str | None, root: Path | None) -> Raw:
    """Decode, mix down, resample, cut and split."""
    _, samples = sized_folder(source, root, name="sounds", usage=USAGE)
    if samples is not None and samples > LONGEST:
        raise DataError(f"sounds:{source}: expected windows of at most {LONGEST} samples, found {samples}")
    rows = as_waves([window(at_rate(*decode(path)), samples or SAMPLES) for path in files(source, root)])
    train, validation, held_out = by_content(Part(rows=rows), f"sounds:{source}")
    return Raw(kind="wave", train=train, validation=validation, held_out=held_out)


def at_rate(sound: NDArray[np.float64], rate: int) -> NDArray[np.int16]:
    """Return sound [t, channels] in [-1, 1] as the mean of its channels at 8 kHz, of 16 bits [t]."""
    from scipy.signal import resample_poly

    mono, common = sound.mean(axis=1), math.gcd(rate, RATE)
    resampled = mono if rate == RATE else resample_poly(mono, RATE // common, rate // common)
    levels = np.clip(np.rint(resampled * FULL_SCALE), -FULL_SCALE, FULL_SCALE - 1)
    return np.asarray(levels, dtype=np.int16)


def decode(path: Path) -> tuple[NDArray[np.float64], int]:
    """Return a sound as floats [t, channels] in [-1, 1], and its rate in Hz.

    Raises:
        DataError: it is no sound, empty, damaged, or of a form for which `soundfile` is not installed.
    """
    sound = _plain(path) if path.suffix.lower() == ".wav" else None
    values, rate = _by_soundfile(path) if sound is None else sound
    if not len(values) or not np.isfinite(values).all() or not 1 <= rate <= FASTEST:
        finite = "" if np.isfinite(values).all() else ", not all of them finite"
        found = f"{len(values)} samples at {rate} a second{finite}"
        raise refusal(path, expected="a sound", found=found, advice=ADVICE)
    return values, rate


def _plain(path: Path) -> tuple[NDArray[np.float64], int] | None:
    """Read a WAV file of 16 bits; None where it is of another form, or damaged."""
    try:
        with wave.open(str(path)) as opened:
            form = opened.getparams()
            content = opened.readframes(form.nframes) if form.sampwidth == 2 else b""
    except (wave.Error, EOFError):
        return None
    if form.sampwidth != 2 or len(content) != 2 * form.nframes * form.nchannels:
        return None
    return np.frombuffer(content, "<i2").reshape(-1, form.nchannels) / FULL_SCALE, form.framerate


def _by_soundfile(path: Path) -> tuple[NDArray[np.float64], int]:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: it is there, its library is not
        found = f"{sniff(path)}; no `soundfile` to read it: {error}"
        advice = "pip install 'genbench[sound]', or convert it to WAV of 16 bits"
        raise refusal(path, expected="a WAV file of 16 bits", found=found, advice=advice) from error
    try:
        values, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except (RuntimeError, TypeError, ValueError) as error:  # libsndfile's own error is a RuntimeError
        found = f"{sniff(path)}; reading it ends with: {error}"
        raise refusal(path, expected="a sound", found=found, advice=ADVICE) from error
    return values, int(rate)
