"""Photographs are read back without running code, and their digest is that of the weights."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn

from genbench import snapshots
from genbench.errors import CheckpointError
from genbench.record import Mark

CPU = torch.device("cpu")


def test_reads_back_bit_for_bit(tmp_path) -> None:
    model = nn.Linear(3, 2)
    assert snapshots.photograph(model, tmp_path / "a.pt")
    other = nn.Linear(3, 2)
    snapshots.restore(other, tmp_path / "a.pt", CPU)
    assert torch.equal(model.weight, other.weight)


def test_notices_what_is_not_finite(tmp_path) -> None:
    """Kills: looking at the first tensor alone."""
    model = nn.Linear(3, 2)
    model.bias.data[1] = torch.inf
    assert not snapshots.photograph(model, tmp_path / "a.pt")


def test_digest_is_of_the_values(tmp_path) -> None:
    """Kills: hashing the file, whose bytes change with the version of torch, and hashing names alone."""
    model = nn.Linear(3, 2)
    snapshots.photograph(model, tmp_path / "a.pt")
    snapshots.photograph(model, tmp_path / "b.pt")
    assert snapshots.digest(tmp_path / "a.pt") == snapshots.digest(tmp_path / "b.pt")
    model.weight.data[0, 0] += 1
    snapshots.photograph(model, tmp_path / "b.pt")
    assert snapshots.digest(tmp_path / "a.pt") != snapshots.digest(tmp_path / "b.pt")


def test_nested_states_are_walked_in_a_fixed_order() -> None:
    state = {"b": [torch.ones(1), {"z": torch.ones(2)}], "a": torch.ones(3), "n": 4}
    assert [name for name, _ in snapshots.tensors(state)] == ["/a", "/b/0", "/b/1/z"]


class Evil:
    def __reduce__(self):
        return print, ("ran",)


def test_code_in_a_photograph_is_not_run(tmp_path, capsys) -> None:
    torch.save({"weight": Evil()}, tmp_path / "a.pt")
    with pytest.raises(pickle.UnpicklingError):
        snapshots.restore(nn.Linear(1, 1), tmp_path / "a.pt", CPU)
    assert "ran" not in capsys.readouterr().out


def _mark(fraction: float) -> Mark:
    return Mark(fraction=fraction, steps=1, seconds=1.0, updates={"model": 1})


def test_an_album_takes_over_what_an_earlier_attempt_took(tmp_path) -> None:
    """Kills: writing into the file that both attempts share; a seal that is remembered of a file that was replaced."""
    first = snapshots.Album(tmp_path / "1")
    first.take(nn.Linear(3, 2), _mark(0.5), "half.pt")
    state, before = first.state_dict(), (tmp_path / "1" / "half.pt").read_bytes()
    second = snapshots.Album(tmp_path / "2", tmp_path / "1")
    second.load_state_dict(state)
    assert second.snapshots[0].path == tmp_path / "2" / "half.pt"
    assert second.state_dict() == state
    second.take(nn.Linear(3, 2), _mark(0.5), "half.pt")
    assert (tmp_path / "1" / "half.pt").read_bytes() == before
    assert second.state_dict() != state
    second.load_state_dict(state)
    assert second.snapshots[0].path.read_bytes() == before


def test_a_file_system_without_links(tmp_path, monkeypatch) -> None:
    def refuse(*arguments):
        raise PermissionError

    monkeypatch.setattr(snapshots.os, "link", refuse)
    first = snapshots.Album(tmp_path / "1")
    first.take(nn.Linear(3, 2), _mark(0.5), "half.pt")
    second = snapshots.Album(tmp_path / "2", tmp_path / "1")
    second.load_state_dict(first.state_dict())
    assert second.snapshots[0].is_finite


def test_a_photograph_that_was_changed_is_refused(tmp_path) -> None:
    first = snapshots.Album(tmp_path / "1")
    first.take(nn.Linear(3, 2), _mark(0.5), "half.pt")
    state = first.state_dict()
    (tmp_path / "1" / "half.pt").write_bytes(b"other")
    with pytest.raises(CheckpointError, match=r"half\.pt: missing or changed"):
        snapshots.Album(tmp_path / "2", tmp_path / "1").take_over(state)
