"""Steps that are replayed do what plain ones do; what no replay would repeat is refused. The device is a stand-in."""

from __future__ import annotations

import copy
import random
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from genbench.captures import HostState, Tensors
from genbench.errors import CaptureError
from genbench.graphs import MOST_SHAPES, WARM_UP, Graphed, graphed, ungraphed
from genbench.updates import UpdateCounter, undone

STEPS = 20


class Replays:
    """Stands in for a device: recording does nothing to any tensor; a replay does it all, and no Python hook."""

    def __init__(self, model, optimisers, fault=None) -> None:
        self.model, self.optimisers, self.fault = model, optimisers, fault
        self.aside_count = self.record_count = 0

    def aside(self, work) -> None:
        self.aside_count += 1
        work()

    def record(self, work):
        self.record_count += 1
        if self.fault is not None:
            raise self.fault
        before = Tensors(self.model, self.optimisers)
        result = work()
        before.put_back()
        groups = [group for each in self.optimisers for group in each.param_groups]
        frozen = [dict(group) for group in groups]

        def replay() -> None:
            now = [dict(group) for group in groups]
            _set(groups, frozen)  # numbers that Python holds are those of the capture
            with undone():
                found = work()
            _set(groups, now)
            for name in result:
                result[name].data.copy_(found[name])

        return replay, result


def _set(groups, values) -> None:
    for group, each in zip(groups, values, strict=True):
        group.update(each)


class Pair(nn.Module):
    """Two networks, one of them with running statistics."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.left = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 3))
        self.right = nn.Linear(3, 1)
        self.calls = 0
        self.register_buffer("mean", torch.zeros(()))


def adam(model):
    make = partial(torch.optim.Adam, lr=0.01, fused=True, weight_decay=0.1)
    return make(model.left.parameters()), make(model.right.parameters())


def sgd(model):
    make = partial(torch.optim.SGD, lr=0.01, momentum=0.9, dampening=0.5, foreach=False)
    return make(model.left.parameters()), make(model.right.parameters())


def _step(model, optimisers, x):
    """Both networks step, on fresh noise."""
    losses = {}
    for name, optimiser in zip(("left", "right"), optimisers, strict=True):
        out = model.left(x + torch.randn_like(x))
        loss = (out - x).square().mean() if name == "left" else model.right(out).square().mean()
        optimiser.zero_grad()
        torch.autograd.backward(loss, inputs=list(getattr(model, name).parameters()))
        optimiser.step()
        losses[name] = loss
    return losses


def _trained(make, *, is_graphed, schedule=lambda optimiser, number: None, restored=None):
    """Train; return losses, state, updates and the stand-in."""
    model = Pair()
    optimisers = make(model)
    recorder = Replays(model, optimisers)
    for optimiser, state in zip(optimisers, restored or (), strict=False):
        optimiser.load_state_dict(copy.deepcopy(state))
    step = partial(_step, model, optimisers)
    if is_graphed:
        step = Graphed(step, model, optimisers, recorder)
    torch.manual_seed(1)
    rows = torch.Generator().manual_seed(2)
    losses = []
    with UpdateCounter(model) as updates:
        for number in range(STEPS):
            for optimiser in optimisers:
                schedule(optimiser, number)
            found = step(torch.randn(8, 3, generator=rows))
            losses.append([found[name].item() for name in ("left", "right")])
    return losses, model.state_dict(), updates.counts, recorder, optimisers


def _by_hand(optimiser, number) -> None:
    for group in optimiser.param_groups:
        group["lr"] = 0.01 / (1 + number)


@pytest.mark.parametrize("make", [adam, sgd])
@pytest.mark.parametrize("schedule", [lambda optimiser, number: None, _by_hand], ids=["constant", "falling"])
def test_graphed_steps_are_plain_steps(make, schedule) -> None:
    """Kills: a warm-up that is not undone, in weights, statistics, states, gradients or noise; inputs, noise or
    learning rates that are frozen; momentum that begins at nothing once more.
    """
    losses, state, updates, *_ = _trained(make, is_graphed=False, schedule=schedule)
    graphed_losses, graphed_state, graphed_updates, recorder, _ = _trained(make, is_graphed=True, schedule=schedule)
    assert (recorder.aside_count, recorder.record_count) == (1, 1)
    np.testing.assert_allclose(graphed_losses, losses, rtol=1e-5)
    for name, value in state.items():
        torch.testing.assert_close(graphed_state[name], value, rtol=1e-4, atol=1e-6)
    assert graphed_updates == updates == {"left": STEPS, "right": STEPS}


def test_a_schedulers_rates_are_followed() -> None:
    """Kills: rates that torch's schedulers write where no graph reads."""

    def train(*, is_graphed):
        schedulers = {}

        def schedule(optimiser, number) -> None:
            if number == 0:
                schedulers[optimiser] = torch.optim.lr_scheduler.ExponentialLR(optimiser, 0.8)
            else:
                schedulers[optimiser].step()

        return _trained(adam, is_graphed=is_graphed, schedule=schedule)[0]

    np.testing.assert_allclose(train(is_graphed=True), train(is_graphed=False), rtol=1e-4)


def test_a_restored_optimiser_goes_on() -> None:
    """Kills: moments that the first call makes anew."""
    *_, optimisers = _trained(adam, is_graphed=False)
    states = [copy.deepcopy(each.state_dict()) for each in optimisers]
    plain = _trained(adam, is_graphed=False, restored=states)[0]
    np.testing.assert_allclose(_trained(adam, is_graphed=True, restored=states)[0], plain, rtol=1e-4)


def test_accumulated_gradients_survive() -> None:
    """Kills: gradients that the warm-up leaves behind, or sets to nothing."""
    model = nn.Linear(2, 1, bias=False)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.0)

    def step(x):
        loss = model(x).sum()
        loss.backward()
        return {"loss": loss}

    replayed = Graphed(step, model, (optimiser,), Replays(model, (optimiser,)))
    for _ in range(5):
        replayed(torch.ones(1, 2))
    torch.testing.assert_close(model.weight.grad, torch.full((1, 2), 5.0))


def _refused(step, *inputs, model=None, fault=None) -> str:
    model = model or Pair()
    optimisers = adam(model)
    replayed = Graphed(partial(step, model, optimisers), model, optimisers, Replays(model, optimisers, fault))
    with pytest.raises(CaptureError) as caught:
        for each in inputs or [torch.randn(8, 3)] * 2:
            replayed(each)
    return str(caught.value)


def test_numbers_that_python_keeps_are_refused() -> None:
    """Kills: a counter, noise of the host, or a tensor that replaces another, none of which a replay repeats."""

    def counts(model, optimisers, x):
        model.calls += 1
        return _step(model, optimisers, x)

    def draws(model, optimisers, x):
        return _step(model, optimisers, x * random.random())

    def draws_by_numpy(model, optimisers, x):
        return _step(model, optimisers, x * np.random.random())

    def replaces(model, optimisers, x):
        model.mean = 0.9 * model.mean + x.mean()
        return _step(model, optimisers, x)

    assert "changes calls on the host" in _refused(counts)
    assert "changes mean (another tensor) on the host" in _refused(replaces)
    assert "generator of random" in _refused(draws)
    assert "generator of numpy" in _refused(draws_by_numpy)


def test_what_lies_on_the_host_is_seen_from_a_device() -> None:
    """Kills: counts of steps on the host, of an optimiser that is not capturable; noise that is drawn there."""
    model = Pair()
    optimisers = [torch.optim.Adam(each.parameters(), lr=0.01) for each in (model.left, model.right)]
    _step(model, optimisers, torch.randn(8, 3))
    host = HostState(nn.Module(), optimisers, torch.device("meta"))
    host.check()
    _step(model, optimisers, torch.randn(8, 3))
    with pytest.raises(CaptureError, match=r"torch's generator of the CPU, .*Adam, parameter 0: step"):
        host.check()


def test_what_cannot_be_captured_is_told_with_torchs_words() -> None:
    """Kills: a traceback of CUDA that names no cause; a lack of memory taken for a fault of the step."""
    said = _refused(_step, fault=RuntimeError("operation not permitted when stream is capturing"))
    assert "cannot be captured as a CUDA graph: operation not permitted" in said and ".item()" in said
    with pytest.raises(torch.OutOfMemoryError):
        _refused(_step, fault=torch.OutOfMemoryError("much"))


def test_other_hyperparameters_are_frozen_and_say_so() -> None:
    model = Pair()
    optimisers = adam(model)
    replayed = Graphed(partial(_step, model, optimisers), model, optimisers, Replays(model, optimisers))
    for _ in range(3):
        replayed(torch.randn(8, 3))
    optimisers[1].param_groups[0]["weight_decay"] = 0.2
    with pytest.raises(CaptureError, match="weight_decay of an optimiser has changed"):
        replayed(torch.randn(8, 3))


def test_inputs_are_tensors_and_each_shape_is_a_graph() -> None:
    """Kills: a number that is frozen; rows of another shape broadcast into the first one's place."""
    assert "got float, expected tensors" in _refused(_step, 0.5)
    shapes = [torch.randn(2 + number, 3) for number in range(MOST_SHAPES + 1)]
    assert f"in a {MOST_SHAPES + 1}th shape" in _refused(_step, torch.randn(9, 3), *shapes)


def test_the_first_call_is_plain_and_the_warm_up_is_before_the_capture() -> None:
    calls = []
    model = Pair()
    optimisers = adam(model)

    def step(x):
        calls.append(x)
        return _step(model, optimisers, x)

    recorder = Replays(model, optimisers)
    replayed = Graphed(step, model, optimisers, recorder)
    replayed(torch.randn(8, 3))
    assert (len(calls), recorder.aside_count) == (1, 0)
    replayed(torch.randn(8, 3))
    assert len(calls) == 1 + WARM_UP + 1 + 1  # of the stand-in, the last


def test_on_the_cpu_the_step_stays_as_it_is() -> None:
    """Kills: a wrapper that costs where it is of no use."""
    model = Pair()
    step = partial(_step, model, adam(model))
    assert graphed(step, model) is step


def test_steps_can_be_left_as_they_are(monkeypatch) -> None:
    """Kills: FLOPs counted of replays, which call no operation; a capture that fails with no way around it."""
    monkeypatch.setattr("genbench.graphs.CudaRecorder", lambda device: None)
    step, model = object(), nn.Linear(1, 1, device="meta")
    monkeypatch.setattr(type(model.weight), "device", torch.device("cuda:0"))
    assert isinstance(graphed(step, model), Graphed)
    with ungraphed():
        assert graphed(step, model) is step
    monkeypatch.setenv("GENBENCH_GRAPHS", "off")
    assert graphed(step, model) is step
