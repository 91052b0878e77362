"""A checkpoint is whole or it is not believed; whatever is wrong with it, the training starts anew or goes on."""

from __future__ import annotations

import errno
import importlib
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from genbench import checkpoint_file, checkpoints, hookimpl
from genbench.checkpoint_file import MAGIC, SEAL, read, write
from genbench.checkpoints import FILE
from genbench.errors import CheckpointError
from genbench.feed import Feed

STEPS = 6


class Killed(BaseException):
    """Stands for the end of a process."""


def _content(value: float = 1.0) -> dict:
    return {"weight": torch.full((3,), value), "step": 3, "name": "adam", "betas": (0.9, None)}


def test_reads_back_what_was_written(tmp_path) -> None:
    write(tmp_path / "a.pt", _content())
    found = read(tmp_path / "a.pt")
    assert torch.equal(found.pop("weight"), torch.ones(3))
    assert found == {"step": 3, "name": "adam", "betas": (0.9, None)}
    assert [path.name for path in tmp_path.iterdir()] == ["a.pt"]


def test_every_flip_is_noticed(tmp_path) -> None:
    """Kills: believing a container whose lengths and checks are those of its parts alone."""
    path = tmp_path / "a.pt"
    write(path, _content())
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << at % 8)]) + whole[at + 1 :])
        with pytest.raises(CheckpointError):
            read(path)


def test_every_truncation_is_noticed(tmp_path) -> None:
    path = tmp_path / "a.pt"
    write(path, _content())
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(CheckpointError):
            read(path)
    path.unlink()
    with pytest.raises(CheckpointError, match="no such file"):
        read(path)


def test_a_crash_while_it_is_written_leaves_the_former(tmp_path, monkeypatch) -> None:
    """Kills: writing over the former one; a partial one that is believed."""
    path = tmp_path / "a.pt"
    write(path, _content(1.0))
    size, left = path.stat().st_size, [0]
    original = checkpoint_file._Sealing.write

    def cut(self, data):
        left[0] -= len(data)
        if left[0] < 0:
            self._file.write(data[: left[0]])
            raise Killed
        return original(self, data)

    monkeypatch.setattr(checkpoint_file._Sealing, "write", cut)
    for at in range(0, size - len(MAGIC) - SEAL, 7):
        left[0] = at
        with pytest.raises((Killed, RuntimeError)):  # torch makes one of the other
            write(path, _content(2.0))
        assert read(path)["weight"][0] == 1.0
    left[0] = size
    write(path, _content(2.0))
    assert read(path)["weight"][0] == 2.0


@pytest.mark.parametrize("at", [0, 500])
def test_a_full_disk_leaves_the_former_and_says_why(tmp_path, monkeypatch, at) -> None:
    """Kills: torch's `unexpected pos` in place of the reason; a partial file that fills the disk further."""
    path = tmp_path / "a.pt"
    write(path, _content(1.0))

    class Disk:
        written = 0

        def __init__(self, file):
            self.file = file

        def write(self, data):
            Disk.written += len(data)
            if Disk.written > at:
                raise OSError(errno.ENOSPC, "No space left on device")
            return self.file.write(data)

    original = checkpoint_file._Sealing.__init__
    monkeypatch.setattr(checkpoint_file._Sealing, "__init__", lambda self, file: original(self, Disk(file)))
    with pytest.raises(OSError, match="No space left"):
        write(path, _content(2.0))
    assert read(path)["weight"][0] == 1.0
    assert [each.name for each in tmp_path.iterdir()] == ["a.pt"]


@pytest.mark.parametrize("name", ["fsync", "replace"])
def test_a_crash_before_it_is_published_leaves_the_former(tmp_path, monkeypatch, name) -> None:
    """Kills: a rename before the bytes are on the disk."""
    path = tmp_path / "a.pt"
    write(path, _content(1.0))

    def die(*arguments):
        raise Killed

    monkeypatch.setattr(*((os, "fsync", die) if name == "fsync" else (type(path), "replace", die)))
    with pytest.raises(Killed):
        write(path, _content(2.0))
    assert read(path)["weight"][0] == 1.0


class Evil:
    def __reduce__(self):
        return print, ("ran",)


@pytest.mark.parametrize(
    "value",
    [np.float64(1), np.ones(2), Evil(), {"a": [1, (np.int64(2),)]}, len],
    ids=["scalar", "array", "Evil", "nested", "function"],
)
def test_what_could_not_be_read_back_is_not_written(tmp_path, value) -> None:
    """Kills: finding out that a checkpoint cannot be read when it is needed."""
    write(tmp_path / "a.pt", _content())
    with pytest.raises(CheckpointError, match=r"kept/opt.* expected tensors, numbers, text"):
        write(tmp_path / "a.pt", {"kept": {"opt": value}})
    assert read(tmp_path / "a.pt")["step"] == 3


def test_code_in_a_checkpoint_is_not_run(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(checkpoint_file, "_check_plain", lambda value, where: None)
    write(tmp_path / "a.pt", {"weight": Evil()})
    with pytest.raises(CheckpointError):
        read(tmp_path / "a.pt")
    assert "ran" not in capsys.readouterr().out


@pytest.fixture
def begun(attempt, importable, monkeypatch):
    """Lose a trial of `draws` after four hand-outs of six; return the folder, and the digests of a whole one."""
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints, "RARELY", 0.0)
    whole, _ = attempt("draws", steps=STEPS, marks=(0.5,))
    original, left = Feed.__call__, [4]

    def call(self):
        left[0] -= 1
        if left[0] < 0:
            raise Killed
        return original(self)

    with monkeypatch.context() as patch:
        patch.setattr(Feed, "__call__", call)
        _, folder = attempt("draws", steps=STEPS, marks=(0.5,))
    return folder, whole.digests


def _flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


DAMAGES = {
    "truncated": lambda folder: os.truncate(folder / FILE, 1000),
    "empty": lambda folder: os.truncate(folder / FILE, 0),
    "flipped": lambda folder: _flip(folder / FILE, 2000),
    "photograph missing": lambda folder: (folder / "snapshots" / "0.500000.pt").unlink(),
    "photograph flipped": lambda folder: _flip(folder / "snapshots" / "0.500000.pt", 700),
    "other torch": lambda folder: write(folder / FILE, read(folder / FILE) | {"torch": "1.0"}),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_starts_anew_and_is_told(attempt, begun, damage) -> None:
    """Kills: a partial checkpoint that is believed; a mark whose photograph is gone."""
    folder, digests = begun
    DAMAGES[damage](folder)
    outcome, _ = attempt("draws", steps=STEPS, marks=(0.5,), earlier=folder)
    assert (outcome.status, outcome.continued, outcome.digests) == ("OK", 0, digests)
    (warning,) = outcome.warnings
    assert warning.startswith("attempt 1 was lost and its checkpoint cannot be used, started anew: ")
    assert str(folder) in warning


def test_another_trial_is_not_gone_on_with(attempt, begun) -> None:
    folder, _ = begun
    outcome, _ = attempt("draws", steps=STEPS, marks=(0.5,), seed=1, earlier=folder)
    assert (outcome.status, outcome.continued) == ("OK", 0)
    assert "of trial" in outcome.warnings[0]
    assert outcome.digests == attempt("draws", steps=STEPS, marks=(0.5,), seed=1)[0].digests


def _train_by(monkeypatch, train):
    monkeypatch.setattr(importlib.import_module("genbench_toys.draws"), "train", hookimpl(train))


def test_other_names_start_anew(attempt, begun, monkeypatch) -> None:
    """Kills: half of a checkpoint restored."""
    folder, _ = begun

    def train(model, batches):
        batches.keep(first=torch.optim.SGD([model.mean], lr=0.1), another=model)
        list(batches)

    _train_by(monkeypatch, train)
    outcome, _ = attempt("draws", steps=STEPS, marks=(0.5,), earlier=folder)
    assert (outcome.status, outcome.continued, outcome.spend.steps) == ("OK", 0, STEPS)
    assert "it keeps first, second, batches.keep was called with another, first" in outcome.warnings[0]


def test_a_part_that_nobody_asks_for_ends_it(attempt, begun, monkeypatch) -> None:
    """Kills: judging a model whose second optimiser was forgotten on the way."""
    folder, digests = begun

    def train(model, batches):
        batches.keep(first=torch.optim.SGD([model.mean], lr=0.1, momentum=0.9))
        list(batches)

    with monkeypatch.context() as patch:
        _train_by(patch, train)
        outcome, after = attempt("draws", steps=STEPS, marks=(0.5,), earlier=folder)
    assert outcome.status == "INTERRUPTED"
    assert "batches.keep was not called with second again" in outcome.message
    assert not (after / FILE).exists()
    outcome, _ = attempt("draws", steps=STEPS, marks=(0.5,), earlier=after)
    assert (outcome.status, outcome.continued, outcome.digests) == ("OK", 0, digests)


def test_a_state_that_does_not_fit_ends_it(attempt, begun, monkeypatch) -> None:
    """Kills: judging a model that is half restored where `train` swallows that; failing at a checkpoint for ever."""
    folder, digests = begun

    def train(model, batches):
        try:
            batches.keep(first=torch.nn.Linear(1, 1), second=torch.nn.Linear(1, 1))
        except BaseException:
            return

    with monkeypatch.context() as patch:
        _train_by(patch, train)
        outcome, after = attempt("draws", steps=STEPS, marks=(0.5,), earlier=folder)
    assert outcome.status == "INTERRUPTED"
    assert outcome.message.startswith("the checkpoint could not be restored (RuntimeError: ")
    assert outcome.warnings == ()
    assert not (after / FILE).exists()
    assert not (folder / FILE).exists()
    outcome, _ = attempt("draws", steps=STEPS, marks=(0.5,), earlier=after)
    assert (outcome.status, outcome.digests) == ("OK", digests)
    assert outcome.warnings == ("attempt 2 was lost before its first checkpoint: started anew",)


def test_a_full_disk_does_not_end_the_training(attempt, begun, monkeypatch) -> None:
    """Kills: a trial that fails for the sake of a checkpoint that nobody needed."""
    _, digests = begun

    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "write", full)
    outcome, _ = attempt("draws", steps=STEPS, marks=(0.5,))
    assert (outcome.status, outcome.digests) == ("OK", digests)
    assert outcome.warnings == ("a checkpoint could not be written: [Errno 28] No space left on device",)


def test_a_failed_sample_keeps_the_training(attempt, begun, monkeypatch) -> None:
    """Kills: a checkpoint that is deleted although there is something left to go on with."""

    def sample(model, count):
        raise ValueError("no")

    monkeypatch.setattr(importlib.import_module("genbench_toys.draws"), "sample", hookimpl(sample))
    outcome, folder = attempt("draws", steps=STEPS, marks=(0.5,))
    assert outcome.status == "FAILED(sample)"
    assert read(folder / FILE)["parts"]["stream"]["handed"] == STEPS


def test_a_large_checkpoint_is_written_rarely(monkeypatch) -> None:
    """Kills: a trial that does nothing but save."""
    now = [0.0]
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: now[0])

    class Slow:
        def state_dict(self):
            now[0] += 10.0
            return {}

        handed = 1

    job = SimpleNamespace(folder=Path("nowhere"), earlier=None, trial=SimpleNamespace(id="a"))
    keeper = checkpoints.Checkpoints(job, Slow(), torch.device("cpu"))
    assert not keeper.is_due()
    now[0] = 121.0
    assert keeper.is_due()
    monkeypatch.setattr(checkpoints, "write", lambda path, content: None)
    keeper.follow(Slow(), stream=Slow())
    keeper.save({}, 0.0)  # takes 30 s
    now[0] += 30 * checkpoints.RARELY - 1
    assert not keeper.is_due()
    now[0] += 1
    assert keeper.is_due()
