"""Spoken digits: the window that every clip is brought to, the two forms of the files, and the real ones."""

from __future__ import annotations

import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.data import overlap, prepare, spoken_digits
from genbench.data.clips import SAMPLES, window
from genbench.data.spoken_digits import SPEAKERS, TAKES, Clips, read_wav
from genbench.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

HASH = "6ad46e79a42f2982cfcd13124cda8e8884205fd7ed2f735f84e09b286c64b2d7"
FILE = "audio/fsdd.npz"


def clip(length: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-32768, 32768, length).astype(np.int16)


def small() -> dict[str, np.ndarray]:
    """Three clips in the form of the .npz file."""
    lengths = np.array([5, 7, 2], np.int32)
    return {"audio": clip(14), "lengths": lengths, "labels": np.arange(3, dtype=np.uint8), "takes": np.zeros(3, "u1")}


def write_wav(path: Path, samples: np.ndarray, *, channels: int = 1, width: int = 2, rate: int = 8000) -> Path:
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(width)
        sound.setframerate(rate)
        sound.writeframes(samples.tobytes())
    return path


@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, SAMPLES), seed=st.integers(0, 99))
def test_a_short_clip_stands_in_the_middle_of_silence(length: int, seed: int):
    """Kills: padding at one end only, a clip that loses its last sample."""
    short = clip(length, seed)
    got = window(short)
    before = (SAMPLES - length) // 2
    assert got.shape == (SAMPLES,)
    np.testing.assert_array_equal(got[before : before + length], short)
    assert not got[:before].any()
    assert not got[before + length :].any()


@settings(max_examples=30, deadline=None)
@given(spare=st.integers(1, 60), seed=st.integers(0, 99))
def test_of_a_long_clip_the_loudest_stretch_stays(spare: int, seed: int):
    """Kills: the middle in its place, energy that overflows 16 or 32 bits, the last of equal stretches."""
    long = clip(SAMPLES + spare, seed)
    long[: seed % 40] = long[-1 - seed % 30 :] = 0
    energies = [int((long[start : start + SAMPLES].astype(object) ** 2).sum()) for start in range(spare + 1)]
    start = energies.index(max(energies))
    np.testing.assert_array_equal(window(long), long[start : start + SAMPLES])


def test_a_stretch_of_full_scale_does_not_overflow():
    long = np.concatenate([np.full(2000, 300, np.int16), np.full(SAMPLES, -32768, np.int16), np.zeros(50, np.int16)])
    assert (window(long) == -32768).all()


def test_waves_run_from_minus_one_to_below_one():
    """Kills: division by 32767, which sends the lowest value out of range; an axis for channels left out."""
    audio = np.array([-32768, 32767, 16384], np.int16)
    clips = Clips(audio=audio, lengths=np.array([1, 2], "i4"), labels=np.zeros(2, "u1"), takes=np.zeros(2, "u1"))
    rows = clips.rows()
    assert (rows.dtype, rows.shape) == (np.float32, (2, 1, SAMPLES))
    assert rows[0, 0].min() == -1
    np.testing.assert_array_equal(rows[1, 0][rows[1, 0] != 0], np.float32([32767 / 32768, 0.5]))


def test_the_hash_names_every_sample_and_every_label():
    """Kills: a hash that leaves out where a clip ends."""
    plain = Clips(**small())
    changed = [small() for _ in range(4)]
    changed[0]["audio"][3] ^= 1
    changed[1]["lengths"][:2] = (6, 6)
    changed[2]["labels"][0] = 9
    changed[3]["takes"][2] = 1
    assert len({plain.hash, *(Clips(**each).hash for each in changed)}) == 5
    assert Clips(**(small() | {"lengths": small()["lengths"].astype(">i8")})).hash == plain.hash


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, "3 clips of 14 samples with sha256"),
        ({"takes": None}, "audio int16 \\[14\\], lengths int32 \\[3\\], labels uint8 \\[3\\]\n"),
        ({"audio": clip(13)}, "audio int16 \\[13\\]"),
        ({"audio": clip(14).astype(np.float32)}, "audio float32 \\[14\\]"),
        ({"labels": np.zeros(2, "u1")}, "labels uint8 \\[2\\]"),
    ],
)
def test_another_archive_is_refused(tmp_path: Path, change: dict, found: str):
    (tmp_path / "audio").mkdir()
    arrays = {name: array for name, array in (small() | change).items() if array is not None}
    np.savez(tmp_path / FILE, **arrays)
    with pytest.raises(
        DataError, match=rf"(?s)cannot use .*fsdd\.npz\n  expected: .*found:    .*{found}.*what to do: clone"
    ):
        spoken_digits.load(tmp_path)


def test_objects_in_an_archive_are_refused_unopened(tmp_path: Path):
    (tmp_path / "audio").mkdir()
    np.savez(tmp_path / FILE, **(small() | {"labels": np.array([print] * 3, object)}))
    with pytest.raises(DataError, match="allow_pickle"):
        spoken_digits.load(tmp_path)


def test_files_that_are_not_there_are_told(tmp_path: Path):
    with pytest.raises(DataError, match=r"(?s)fsdd\.npz\n.*recordings\n  what to do: clone free-spoken-digit-dataset"):
        spoken_digits.files(tmp_path)
    folder = tmp_path / spoken_digits.FOLDERS[1]
    folder.mkdir(parents=True)
    write_wav(folder / "0_george_0.wav", clip(5))
    with pytest.raises(DataError, match=r"0_george_1\.wav"):
        spoken_digits.files(tmp_path)


def test_a_wav_file_is_read(tmp_path: Path):
    np.testing.assert_array_equal(read_wav(write_wav(tmp_path / "a.wav", clip(9))), clip(9))


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ({"rate": 16000}, "16-bit sound of 1 channels at 16000 samples"),
        ({"channels": 2}, "of 2 channels"),
        ({"width": 1}, "8-bit sound"),
    ],
)
def test_a_wav_file_of_another_form_is_refused(tmp_path: Path, form: dict, found: str):
    with pytest.raises(DataError, match=found):
        read_wav(write_wav(tmp_path / "a.wav", clip(8), **form))


def test_a_damaged_wav_file_is_told(tmp_path: Path):
    """Kills: a short clip in silence's place where a download broke off."""
    content = write_wav(tmp_path / "a.wav", clip(8)).read_bytes()
    (tmp_path / "a.wav").write_bytes(content[:-4])
    with pytest.raises(DataError, match="truncated file: 12 of 16 bytes"):
        read_wav(tmp_path / "a.wav")
    (tmp_path / "a.wav").write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    with pytest.raises(DataError, match="a pointer of Git LFS"):
        read_wav(tmp_path / "a.wav")
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises(DataError, match="an empty file"):
        read_wav(tmp_path / "a.wav")


@pytest.mark.data
def test_hash_and_splits_are_pinned(data_root: Path, tmp_path: Path):
    """Kills: a split by rows, which are sorted by digit, in place of takes."""
    prepared = prepare("spoken_digits", data_root=data_root, cache=tmp_path)
    assert prepared.ref.hash == HASH
    assert (prepared.ref.kind, prepared.ref.shape, prepared.ref.classes) == ("wave", (1, SAMPLES), 10)
    assert prepared.ref.counts == {"train": 2160, "validation": 540, "held_out": 300}
    assert overlap(prepared) == 0
    for split, count in prepared.ref.counts.items():
        assert np.bincount(prepared.labels(split)).tolist() == [count // 10] * 10
        assert np.abs(prepared.rows(split)).max() <= 1


@pytest.mark.data
def test_takes_0_to_4_are_held_out_in_order_of_take(data_root: Path):
    """Kills: takes compared with the wrong end; rows whose first 60 are one digit."""
    raw = spoken_digits.load(data_root)
    with np.load(data_root / FILE) as arrays:
        audio, starts, labels, takes = (arrays[name] for name in ("audio", "offsets", "labels", "takes"))
    chosen = [index for take in range(5) for index in np.flatnonzero(takes == take)]
    expected = [window(audio[starts[index] : starts[index + 1]]) for index in chosen]
    np.testing.assert_array_equal(raw.held_out.rows[:, 0] * 32768, expected)
    np.testing.assert_array_equal(raw.held_out.labels, labels[chosen])
    assert np.bincount(raw.held_out.labels[:60]).tolist() == [6] * 10
    last = np.flatnonzero(takes == 49)[-1]
    np.testing.assert_array_equal(raw.validation.rows[-1, 0] * 32768, window(audio[starts[last] :]))


@pytest.mark.data
def test_the_authors_own_files_give_the_same_rows(data_root: Path, tmp_path: Path):
    """Kills: files in the order of their names, where take 10 comes before take 2."""
    folder = tmp_path / spoken_digits.FOLDERS[1]
    folder.mkdir(parents=True)
    with np.load(data_root / FILE) as arrays:
        audio, starts = arrays["audio"], arrays["offsets"]
    names = [f"{digit}_{name}_{take}.wav" for digit in range(10) for name in SPEAKERS for take in range(TAKES)]
    for index, name in enumerate(names):
        write_wav(folder / name, audio[starts[index] : starts[index + 1]])
    first, second = spoken_digits.load(data_root), spoken_digits.load(tmp_path)
    for (_, one), (_, other) in zip(first.parts(), second.parts(), strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
        np.testing.assert_array_equal(one.labels, other.labels)


@pytest.mark.data
def test_a_changed_sample_is_refused(data_root: Path, tmp_path: Path):
    (tmp_path / "audio").mkdir()
    with np.load(data_root / FILE) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    held["audio"][12345] ^= 1
    np.savez(tmp_path / FILE, **held)
    with pytest.raises(DataError, match="found:    3000 clips of 10498424 samples with sha256"):
        spoken_digits.load(tmp_path)
