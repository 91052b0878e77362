"""Photographs are read back without running code, and their digest is that of the weights."""

from __future__ import annotations

import pickle

import pytest
import torch
from torch import nn

from genbench import snapshots

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
