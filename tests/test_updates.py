"""Optimiser steps are counted for the networks that they update."""

from __future__ import annotations

import torch
from torch import nn

from genbench.updates import UpdateCounter, networks, parameter_count


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.left = nn.Linear(2, 2)
        self.right = nn.Linear(2, 2)
        self.ema = nn.Linear(2, 2).requires_grad_(False)
        self.activation = nn.ReLU()


def test_counts_by_network() -> None:
    """Kills: counting every optimiser's step for the whole model."""
    model = Pair()
    left, right = (torch.optim.SGD(net.parameters(), lr=0.1) for net in (model.left, model.right))
    with UpdateCounter(model) as updates:
        for k in range(5):
            model.left(torch.ones(1, 2)).sum().backward()
            left.step()
            if k % 2 == 0:
                model.right(torch.ones(1, 2)).sum().backward()
                right.step()
    assert updates.counts == {"left": 5, "right": 3, "ema": "unobserved"}


def test_a_network_without_a_gradient_is_not_updated() -> None:
    """Kills: counting every network that one optimiser holds."""
    model = Pair()
    both = torch.optim.SGD([*model.left.parameters(), *model.right.parameters()], lr=0.1)
    with UpdateCounter(model) as updates:
        model.left(torch.ones(1, 2)).sum().backward()
        both.step()
    assert updates.counts["left"] == 1
    assert updates.counts["right"] == "unobserved"


def test_outside_nothing_is_counted() -> None:
    """Kills: a hook that outlives the trial."""
    model = Pair()
    optimizer = torch.optim.SGD(model.left.parameters(), lr=0.1)
    with UpdateCounter(model) as updates:
        pass
    model.left(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    assert updates.counts["left"] == "unobserved"


def test_a_model_that_is_one_network_or_no_module() -> None:
    assert list(networks(nn.Linear(2, 2))) == ["model"]

    class Table:
        def state_dict(self) -> dict[str, torch.Tensor]:
            return {"means": torch.zeros(3, 2)}

    with UpdateCounter(Table()) as updates:
        pass
    assert updates.counts == {"model": "unobserved"}
    assert parameter_count(Table()) == 6
    assert parameter_count(Pair()) == 12


def test_counts_on_from_a_state() -> None:
    """Kills: counts that start again, or that share memory with the state."""
    model = Pair()
    left = torch.optim.SGD(model.left.parameters(), lr=0.1)
    with UpdateCounter(model) as updates:
        updates.load_state_dict(state := {"left": 7, "right": 2})
        model.left(torch.ones(1, 2)).sum().backward()
        left.step()
    assert updates.counts == {"left": 8, "right": 2, "ema": "unobserved"}
    assert updates.state_dict() == {"left": 8, "right": 2}
    assert state["left"] == 7
