"""What makes steps fast: who gets gradients, in which precision and layout, and when nothing is wrapped."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
import torch
from torch import nn

from genbench import Task
from genbench.steps import adam, autocast, compiled, descend, laid_out


def _task(**changes) -> Task:
    fields = {
        "kind": "points", "shape": (2,), "dtype": torch.float32, "classes": None, "labelled": False, "examples": 64,
        "batch_size": 16, "schema": None, "device": torch.device("cpu"), "precision": "fp32", "compile": False,
        "seed": 0, "budget": "4steps",
    }  # fmt: skip
    return Task(**(fields | changes))


def test_only_its_own_network_gets_gradients() -> None:
    """Kills: gradients of another network that are computed, and left behind for its own step to add to."""
    own, other = nn.Linear(3, 3), nn.Linear(3, 1)
    before = own.weight.clone()
    descend(torch.optim.SGD(own.parameters(), lr=0.1), other(own(torch.ones(2, 3))).sum(), only_own=True)
    assert not torch.equal(own.weight, before)
    assert all(each.grad is None for each in other.parameters())
    descend(torch.optim.SGD(own.parameters(), lr=0.1), other(own(torch.ones(2, 3))).sum())
    assert all(each.grad is not None for each in other.parameters())


def test_each_step_is_by_its_own_gradient() -> None:
    """Kills: gradients that are not cleared; only those of the first group of parameters cleared."""
    first, second = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([{"params": [first], "lr": 1.0}, {"params": [second], "lr": 10.0}])
    for _ in range(3):
        descend(optimiser, (first + second).sum())
    assert (first.item(), second.item()) == (-3, -30)


def test_a_weight_without_a_part_in_the_loss_stays() -> None:
    """Kills: a step by what was left of an earlier gradient."""
    used, unused = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))
    unused.grad = torch.ones(1)
    descend(torch.optim.SGD([used, unused], lr=1.0), used.sum())
    assert (used.item(), unused.item()) == (-1, 0)


def test_precision_is_the_tasks() -> None:
    """Kills: bf16 where fp32 was asked for; a wrapper that costs where there is nothing to wrap."""
    assert isinstance(autocast(_task()), nullcontext)
    with autocast(_task(precision="bf16")):
        assert nn.Linear(2, 2)(torch.ones(1, 2)).dtype == torch.bfloat16


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
def test_convolutions_keep_channels_last_and_values(kind) -> None:
    """Kills: weights of transposed convolutions left as they are."""
    network = kind(4, 6, 3)
    before = network.weight.detach().clone()
    found = laid_out(network, _task())
    assert found.weight.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(found.weight, before)


def test_what_is_not_to_be_compiled_is_left_alone() -> None:
    assert compiled(len, _task()) is len


@pytest.mark.parametrize(("device", "fused"), [("cpu", True), ("cuda", True), ("mps", False)])
def test_adam_is_fused_where_torch_can(device, fused) -> None:
    """Kills: fused Adam on a device for which old versions of torch have none."""
    optimiser = adam([nn.Parameter(torch.zeros(1))], _task(device=torch.device(device)), lr=0.1, betas=(0.5, 0.9))
    assert (optimiser.defaults["fused"], optimiser.defaults["lr"], optimiser.defaults["betas"]) == (
        fused,
        0.1,
        (0.5, 0.9),
    )
