"""Every generator that a plugin may draw from goes on where it was."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from genbench.errors import CheckpointError
from genbench.generators import generators, set_generators
from genbench.wrappers import seed_everything

CPU = torch.device("cpu")


def _drawn() -> list[float]:
    return [float(torch.randn(())), float(np.random.standard_normal()), random.gauss(), float(torch.rand(3).sum())]


@pytest.mark.parametrize("before", [0, 1, 2, 700])
def test_all_go_on(before: int) -> None:
    """Kills: numpy's state forgotten, the second of a pair of Gaussians forgotten, a state that is a view."""
    seed_everything(3, "train")
    for _ in range(before):
        _drawn()
    state = generators(CPU)
    expected = [_drawn() for _ in range(5)]
    seed_everything(4, "train")
    for _ in range(2):
        set_generators(state, CPU)
        assert [_drawn() for _ in range(5)] == expected


def test_a_generator_of_another_kind_is_refused() -> None:
    """Kills: a state of PCG64 that is taken for one of MT19937."""
    former = np.random.get_bit_generator()
    np.random.set_bit_generator(np.random.PCG64(1))
    try:
        with pytest.raises(CheckpointError, match="PCG64, expected MT19937"):
            generators(CPU)
    finally:
        np.random.set_bit_generator(former)
