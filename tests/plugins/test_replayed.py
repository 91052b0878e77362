"""Could a CUDA graph replay every built-in model's steps? Asked without a device: of a recorder that keeps its rules.

The recorder records a step without doing it, as a capture does, refuses what would wait for the device, and does it
again for each replay. Then weights must be those of plain steps, to the last bit.
"""

from __future__ import annotations

import sys

import pytest
import torch
from torch.optim import rmsprop
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from genbench.captures import Tensors
from genbench.graphs import Graphed
from genbench_gan.ema import RunningAverage

WAITS = {  # operations whose result the host must know before it can go on
    torch.ops.aten._local_scalar_dense.default,
    torch.ops.aten.nonzero.default,
    torch.ops.aten.masked_select.default,
    torch.ops.aten.equal.default,
    torch.ops.aten._unique2.default,
}


FEW = 0.02  # weights; of a model whose steps are not those, all are others


class Unwaiting(TorchDispatchMode):
    """Refuses what would wait."""

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        assert function not in WAITS, f"{function} waits for the device"
        if function is torch.ops.aten.index.Tensor:
            assert all(each is None or each.dtype != torch.bool for each in arguments[1]), "a mask waits for its count"
        return function(*arguments, **(named or {}))


class Recorder:
    """Records on the host: what a capture would, without a stream."""

    def __init__(self, model, optimisers) -> None:
        self._everything = model, optimisers

    def aside(self, work) -> None:
        work()

    def record(self, work):
        before = Tensors(*self._everything)
        with Unwaiting():
            result = work()
        before.put_back()

        def replay() -> None:
            for place, new in zip(tree_leaves(result), tree_leaves(work()), strict=True):
                place.data.copy_(new.detach())

        return replay, result


def _graphed(step, model, *optimisers):
    return Graphed(step, model, optimisers, Recorder(model, optimisers))


@pytest.fixture
def replayed(monkeypatch):
    """Let every family's steps be replayed; the running average does what it does on a device."""

    def change() -> None:
        monkeypatch.setattr(RunningAverage, "is_on_host", False)
        monkeypatch.setattr(rmsprop, "_get_capturable_supported_devices", lambda **_: ["cpu"])
        for name, module in list(sys.modules.items()):
            if name.startswith("genbench_") and hasattr(module, "graphed"):
                monkeypatch.setattr(module, "graphed", _graphed)

    return change


@pytest.mark.every_model
def test_replayed_steps_are_the_plain_ones(plugin, task, rows_of, make_batches, replayed) -> None:
    """Kills: a step that reads a tensor's value, counts on the model, or keeps something of a warm-up."""
    found = []
    for change in (lambda: None, replayed):
        change()
        torch.manual_seed(0)
        model = plugin.build(task, plugin.Options()).train()
        torch.manual_seed(2)
        plugin.train(model, make_batches(rows_of(task), 8))
        found.append({name: value.clone() for name, value in model.state_dict().items()})
    plain, again = found
    # Rates are float32 tensors where steps are replayed; of weights without a gradient Adam makes steps of rounding.
    apart = [~torch.isclose(again[name], plain[name], rtol=1e-3, atol=2e-5).flatten() for name in plain]
    assert torch.cat(apart).float().mean() < FEW
