"""Spoken digits, half a second of speech at 8 kHz, 3,000 clips in 10 classes by 6 speakers, from the data root.

Z. Jackson, C. Souza, J. Flaks, Y. Pan, H. Nicolas, A. Thite, "Free Spoken Digit Dataset", 2018, CC BY-SA 4.0. Read from
the authors' WAV files or from `audio/fsdd.npz`. Clips last 1,148 to 18,262 samples and are brought to 4,096: a shorter
one stands in the middle of silence, of a longer one the stretch with the most energy is kept (99 % of a clip's energy
or more in 2,966 clips, 75 % or more in all).
"""

from __future__ import annotations

import hashlib
import wave
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from genbench.data.clips import RATE, as_waves, window
from genbench.data.dataset import Part, Raw
from genbench.data.reading import data_root, first_existing, read_npz, refusal, sniff
from genbench.data.splits import by_tail

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
TAKES = 50
HELD_OUT_TAKES = 5  # the authors test on takes 0 to 4
KNOWN = "29771d2ab815e91285d71180bd089c305697bc84e68cda200d87df3a8ea354f0"  # of the clips, in whatever files
CHECKOUT = "free-spoken-digit-dataset"
FOLDERS = (f"audio/{CHECKOUT}/recordings", f"{CHECKOUT}/recordings")
NUMBERS = ("audio", "lengths", "labels", "takes")
ADVICE = f"clone {CHECKOUT} (github.com/Jakobovski/{CHECKOUT}, version 1.0.10) there"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clips:
    """Every clip, ordered by digit, speaker and take."""

    audio: NDArray[np.int16]  # one clip after the other
    lengths: NDArray[np.int32]  # [n]
    labels: NDArray[np.uint8]  # [n]
    takes: NDArray[np.uint8]  # [n]

    @property
    def hash(self) -> str:
        """Return the sha256 of the four arrays, little-endian."""
        digest = hashlib.sha256()
        for array, dtype in ((self.labels, "|u1"), (self.takes, "|u1"), (self.lengths, "<i4"), (self.audio, "<i2")):
            digest.update(np.ascontiguousarray(array, dtype=dtype).data)
        return digest.hexdigest()

    def rows(self) -> NDArray[np.float32]:
        """Return the clips as waves [n, 1, t] in [-1, 1)."""
        starts = np.cumsum(self.lengths) - self.lengths
        pairs = zip(starts, self.lengths, strict=True)
        return as_waves([window(self.audio[start : start + length]) for start, length in pairs])


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the one .npz file, or the 3,000 WAV files.

    Raises:
        DataError: neither is there, or a WAV file is missing.
    """
    base = data_root(root, "spoken_digits")
    candidates = [base / "audio" / "fsdd.npz", *(base / folder for folder in FOLDERS)]
    found = first_existing(candidates, name="spoken_digits", advice=ADVICE)
    if found.suffix == ".npz":
        return (found,)
    names = (f"{digit}_{name}_{take}.wav" for digit in range(10) for name in SPEAKERS for take in range(TAKES))
    return tuple(first_existing([found / name], name="spoken_digits", advice=ADVICE) for name in names)


def load(root: Path | None) -> Raw:
    """Read, check and split by take: 0 to 4 are held out, 41 to 49, a fifth of the others, validate."""
    paths = files(root)
    clips = _from_npz(paths[0]) if paths[0].suffix == ".npz" else _from_wav(paths)
    _check_known(paths[0] if len(paths) == 1 else paths[0].parent, clips)
    by_take = np.argsort(clips.takes, kind="stable")  # every stretch of rows has all digits and speakers in equal parts
    every = Part(rows=clips.rows(), labels=clips.labels)[by_take]
    cut = int((clips.takes < HELD_OUT_TAKES).sum())
    train, validation, held_out = by_tail(every[cut:], every[:cut])
    return Raw(kind="wave", train=train, validation=validation, held_out=held_out, classes=10)


def _check_known(path: Path, clips: Clips) -> None:
    found = clips.hash
    if found != KNOWN:
        expected = f"3000 clips of 10498424 samples with sha256 {KNOWN}"
        what = f"{len(clips.labels)} clips of {len(clips.audio)} samples with sha256 {found}"
        raise refusal(path, expected=expected, found=what, advice=ADVICE)


def _from_npz(path: Path) -> Clips:
    arrays = read_npz(path, ADVICE)
    form = {name: arrays.get(name, np.zeros(0)) for name in NUMBERS}
    audio, *others = form.values()
    is_whole = all(a.dtype.kind in "iu" and a.shape == others[0].shape and a.ndim == 1 for a in others)
    if not is_whole or audio.dtype != np.int16 or audio.shape != (others[0].sum(),):
        found = ", ".join(f"{name} {array.dtype} {list(array.shape)}" for name, array in arrays.items()) or "nothing"
        expected = "audio int16 [t], and lengths, labels, takes [n] in whole numbers, t the sum of lengths"
        raise refusal(path, expected=expected, found=found, advice=ADVICE)
    return Clips(**form)


def _from_wav(paths: tuple[Path, ...]) -> Clips:
    clips = [read_wav(path) for path in paths]
    names = [path.stem.split("_") for path in paths]
    return Clips(
        audio=np.concatenate(clips),
        lengths=np.array([len(clip) for clip in clips], np.int32),
        labels=np.array([int(digit) for digit, _, _ in names], np.uint8),
        takes=np.array([int(take) for _, _, take in names], np.uint8),
    )


def read_wav(path: Path) -> NDArray[np.int16]:
    """Return the samples of a WAV file: int16 [t], one channel at 8 kHz.

    Raises:
        DataError: it is something else, or damaged.
    """
    expected = f"16-bit sound of one channel at {RATE} samples a second"
    try:
        with wave.open(str(path)) as sound:
            form = sound.getparams()
            content = sound.readframes(form.nframes)
    except (wave.Error, EOFError) as error:
        found = f"{sniff(path)}; reading it ends with: {error or 'the end of the file'}"
        raise refusal(path, expected=expected, found=found, advice=ADVICE) from error
    if (form.sampwidth, form.nchannels, form.framerate) != (2, 1, RATE):
        found = f"{8 * form.sampwidth}-bit sound of {form.nchannels} channels at {form.framerate} samples a second"
        raise refusal(path, expected=expected, found=found, advice=ADVICE)
    if len(content) != 2 * form.nframes:
        found = f"a truncated file: {len(content)} of {2 * form.nframes} bytes of sound"
        raise refusal(path, expected=expected, found=found, advice=ADVICE)
    return np.frombuffer(content, "<i2")
