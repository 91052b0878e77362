"""Folders of sounds."""

from __future__ import annotations

import sys
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from genbench.data import prepare, sounds
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def tone(hertz: float, seconds: float = 0.25, rate: int = 8000, loud: float = 0.5) -> np.ndarray:
    """Return a sine of 16 bits [t]."""
    return np.round(loud * 32767 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)).astype(np.int16)


def write_wav(path: Path, samples: np.ndarray, *, rate: int = 8000, width: int = 2) -> Path:
    """Write samples [t] or [t, channels]."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for at in range(20):
        write_wav(tmp_path / "sounds" / f"{at}.wav", tone(200 + 50 * at))
    return tmp_path / "sounds"


def test_plain_files_come_back_sample_by_sample(folder: Path, tmp_path: Path, monkeypatch):
    """Kills: a filter on what has the rate already, soundfile asked for what needs none, channels left out."""
    monkeypatch.setitem(sys.modules, "soundfile", None)
    prepared = prepare(f"sounds:{folder}@2000", data_root=None, cache=tmp_path / "cache")
    ref = prepared.ref
    assert (ref.kind, ref.shape, ref.labelled) == ("wave", (1, 2000), False)
    assert ref.counts == {"train": 16, "validation": 2, "held_out": 2}
    rows = np.concatenate([prepared.rows(split) for split in ref.counts])[:, 0]
    expected = [tone(200 + 50 * at).astype(np.float32) / 32768 for at in range(20)]
    assert sorted(row.tobytes() for row in rows) == sorted(row.tobytes() for row in expected)


def test_windows_are_of_4096_samples_unless_asked_otherwise(folder: Path):
    assert sounds.load(str(folder), None).train.rows.shape == (16, 1, 4096)
    assert sounds.load(f"{folder}@100", None).train.rows.shape == (16, 1, 100)


@pytest.mark.parametrize("rate", [16_000, 44_100, 11_025, 6_000])
def test_other_rates_are_brought_to_8_khz(rate: int, tmp_path: Path):
    """Kills: samples picked out without a filter, a rate taken for its inverse: a tone stays what it is."""
    values, read = sounds.decode(write_wav(tmp_path / "a.wav", tone(440, rate=rate), rate=rate))
    assert read == rate
    found = sounds.at_rate(values, rate)
    assert abs(len(found) - 2000) <= 1
    middle = slice(200, 1800)
    assert np.abs(found[middle].astype(int) - tone(440)[: len(found)][middle]).max() < 0.02 * 32768


def test_what_8_khz_cannot_hold_is_filtered_out(tmp_path: Path):
    """Kills: aliases: a tone of 5 kHz would be heard at 3 kHz."""
    found = sounds.at_rate(*sounds.decode(write_wav(tmp_path / "a.wav", tone(5000, rate=16_000), rate=16_000)))
    assert np.abs(found[100:-100]).max() < 0.02 * 32768


def test_channels_are_mixed(tmp_path: Path):
    """Kills: the first channel alone, a sum that clips, channels read as samples."""
    left, right = tone(440), np.zeros_like(tone(440))
    values, rate = sounds.decode(write_wav(tmp_path / "a.wav", np.stack([left, right], axis=1)))
    assert np.abs(sounds.at_rate(values, rate) * 2 - left.astype(int)).max() <= 1


def test_full_scale_does_not_wrap(tmp_path: Path):
    """Kills: 32768 in 16 bits, which is -32768; filters overshoot."""
    square = np.where(np.arange(4000) // 50 % 2, 32767, -32768).astype(np.int16)
    values, rate = sounds.decode(write_wav(tmp_path / "a.wav", square, rate=16_000))
    found = sounds.at_rate(values, rate).astype(int)
    assert found.max() == 32767 and found.min() == -32768
    assert np.abs(np.diff(found)).max() < 65535 and (np.sign(found[5::50][:30]) == np.sign(square[10::100][:30])).all()


@pytest.mark.parametrize("name", ["a.flac", "a.ogg", "deep.wav"])
def test_without_soundfile_other_forms_say_what_to_install(name: str, tmp_path: Path, monkeypatch):
    """Kills: an ImportError's traceback, or 24 bits read as 16."""
    monkeypatch.setitem(sys.modules, "soundfile", None)
    write_wav(tmp_path / name, np.zeros(300, np.uint8), width=3)
    with pytest.raises(DataError, match=r"a WAV file of 16 bits\n(.|\n)*what to do: pip install 'genbench\[sound\]'"):
        sounds.decode(tmp_path / name)


@pytest.mark.parametrize("suffix", ["flac", "ogg", "wav"])
def test_soundfile_reads_the_others(suffix: str, tmp_path: Path):
    soundfile = pytest.importorskip("soundfile")
    subtype = {"flac": "PCM_16", "ogg": "VORBIS", "wav": "PCM_24"}[suffix]
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, tone(440), 8000, subtype=subtype)
    found = sounds.at_rate(*sounds.decode(path))[:2000].astype(int)
    assert np.abs(found - tone(440))[200:1800].max() <= (1000 if suffix == "ogg" else 0)


def test_soundfile_names_what_it_cannot_read(tmp_path: Path):
    pytest.importorskip("soundfile")
    (tmp_path / "a.flac").write_bytes(b"fLaC, they say")
    with pytest.raises(DataError, match=r"14 bytes that begin with .*reading it ends with"):
        sounds.decode(tmp_path / "a.flac")


def test_an_empty_sound_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="found:    0 samples at 8000 a second"):
        sounds.decode(write_wav(tmp_path / "a.wav", np.zeros(0, np.int16)))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "needs to be told what to read, as sounds:FOLDER"),
        ("empty", "no sounds in .*expected files .flac, .ogg, .wav; give another folder, as sounds:FOLDER"),
        ("sounds@0", "a size of at least 1, found 0; write sounds:FOLDER"),
        ("sounds@9999999", "windows of at most 1048576 samples, found 9999999"),
        ("sounds/1.wav", "expected a folder, found a file"),
    ],
)
def test_a_source_that_will_not_do_is_refused(source: str, message: str, folder: Path):
    (folder.parent / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        sounds.load(source or None, folder.parent)
