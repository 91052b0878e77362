"""Calls of a model's hooks: seeded, guarded, timed, checked, and the culprit named."""

from __future__ import annotations

import random
import re
import types
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import BaseModel, Field
from torch import nn

from genbench import Likelihood, Task, hookimpl, plugins
from genbench.errors import ContractError, HookError, InvalidOutput, PluginExit, SpecError
from genbench.hooks import ModelHooks, parse_options
from genbench.meter import Meter
from genbench.observers import Observers
from genbench.plugins import LoadedPlugin, Plugin
from genbench.wrappers import seed_everything

TASK = Task(
    kind="points",
    shape=(2,),
    dtype=torch.float32,
    classes=None,
    labelled=False,
    examples=10,
    batch_size=4,
    schema=None,
    device=torch.device("cpu"),
    precision="fp32",
    compile=False,
    seed=0,
    budget="3steps",
)


def _observed(*holders):
    plugin = Plugin("journal", "journal", "genbench-extras 0.1")
    return Observers(LoadedPlugin(plugin, holder) for holder in holders)


def _hooks(meter=None, observers=None, **functions):
    module = types.ModuleType("toy")
    good = {
        "build": lambda task: nn.Linear(2, 2),
        "train": lambda model, batches: None,
        "sample": lambda model, count: torch.randn(count, 2),
    }
    for name, function in (good | functions).items():
        setattr(module, name, hookimpl(function))
    valid = plugins.validate(LoadedPlugin(Plugin("toy", "toy", "genbench-toy 0.2"), module))
    return ModelHooks(valid, seed=7, meter=meter or Meter(lambda: None), observers=observers)


def _sample(hooks, count=5, phase="a"):
    return hooks.sample(None, TASK, count=count, variant="default", labels=None, phase=phase)


def test_the_same_task_gives_the_same_weights() -> None:
    hooks = _hooks()
    first, second = hooks.build(TASK, None), hooks.build(TASK, None)
    assert torch.equal(first.weight, second.weight)


def test_draws_depend_on_seed_and_phase_alone() -> None:
    """Kills: draws that depend on what was drawn before, so that a chunk more changes all later samples."""
    hooks = _hooks()
    first = _sample(hooks)
    torch.randn(100)
    assert torch.equal(first, _sample(hooks))
    assert not torch.equal(first, _sample(hooks, phase="b"))


def test_all_generators_are_seeded() -> None:
    def state():
        return torch.rand(1).item(), np.random.rand(), random.random()

    seed_everything(1, "x")
    first = state()
    seed_everything(1, "x")
    assert state() == first
    seed_everything(2, "x")
    assert not set(state()) & set(first)


def test_modes_and_gradients() -> None:
    """Kills: sampling in train mode, or with autograd on; inference mode, in which a sampler cannot use gradients."""
    seen = {}

    def train(model, batches):
        seen["train"] = (model.training, torch.is_grad_enabled())

    def sample(model, count):
        seen["sample"] = (model.training, torch.is_grad_enabled(), torch.is_inference_mode_enabled())
        return torch.zeros(count, 2)

    hooks = _hooks(train=train, sample=sample)
    model = hooks.build(TASK, None)
    hooks.train(model, None)
    hooks.sample(model, TASK, count=1, variant="default", labels=None, phase="p")
    assert seen == {"train": (True, True), "sample": (False, False, False)}
    assert torch.is_grad_enabled()


def test_only_train_is_charged_and_observers_are_not() -> None:
    """Kills: timing outside of the observers."""
    clock = types.SimpleNamespace(now=0.0)

    def spend(seconds, value=None):
        clock.now += seconds
        return value

    class Observer:
        @hookimpl(wrapper=True)
        def train(self):
            spend(100.0)
            yield
            spend(100.0)

    meter = Meter(lambda: None, lambda: clock.now)
    hooks = _hooks(
        meter,
        _observed(Observer()),
        build=lambda task: spend(50.0, nn.Linear(2, 2)),
        train=lambda model, batches: spend(3.0),
        sample=lambda model, count: spend(7.0, torch.zeros(count, 2)),
    )
    model = hooks.build(TASK, None)
    hooks.train(model, None)
    hooks.sample(model, TASK, count=1, variant="default", labels=None, phase="p")
    assert meter.seconds == 3.0
    assert hooks.sampling_seconds == 7.0


class Clumsy:
    """An observer that fails before or after the model's hook, or in place of what the model raised."""

    def __init__(self, place):
        self.place = place

    @hookimpl(wrapper=True)
    def train(self):
        self._fail("before")
        try:
            yield
        except RuntimeError:
            self._fail("in place")
            raise
        self._fail("after")

    def _fail(self, place):
        if place == self.place:
            raise OSError("the journal cannot be written")


def _fails(model, batches):
    raise RuntimeError("the model's own")


@pytest.mark.parametrize(
    ("place", "train", "culprit"),
    [
        ("before", _fails, "genbench-extras 0.1 [journal]"),
        ("after", lambda model, batches: None, "genbench-extras 0.1 [journal]"),
        ("in place", _fails, "genbench-extras 0.1 [journal]"),
        ("nowhere", _fails, "genbench-toy 0.2 [toy]"),
    ],
)
def test_an_error_is_laid_on_whoever_raised_it(place, train, culprit) -> None:
    """Kills: a model blamed for its observer, an observer for what only went through it."""
    hooks = _hooks(None, _observed(Clumsy(place)), train=train)
    with pytest.raises(HookError) as caught:
        hooks.train(hooks.build(TASK, None), None)
    assert caught.value.culprit == culprit
    assert caught.value.hook == "train"


def test_the_culprit_is_named() -> None:
    def train(model, batches):
        raise ValueError("no luck")

    hooks = _hooks(train=train)
    with pytest.raises(HookError, match=r"^genbench-toy 0.2 \[toy\] train: ValueError: no luck$"):
        hooks.train(nn.Linear(1, 1), None)


@pytest.mark.parametrize(("error", "named"), [(SystemExit(0), PluginExit), (KeyboardInterrupt(), HookError)])
def test_a_plugin_cannot_leave_by_the_back_door(error, named) -> None:
    """Kills: letting sys.exit(0) in a plugin end its process as if all were well."""

    def train(model, batches):
        raise error

    with pytest.raises(named):
        _hooks(train=train).train(nn.Linear(1, 1), None)


def test_memory_errors_keep_their_name() -> None:
    def train(model, batches):
        raise MemoryError

    with pytest.raises(MemoryError):
        _hooks(train=train).train(nn.Linear(1, 1), None)


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_naked_next_is_the_end(wrapped) -> None:
    """Kills: a failure for `next(batches)` at the end, which Python wraps in a RuntimeError within a generator."""

    def train(model, batches):
        if not wrapped:
            next(iter(()))
        list(next(iter(())) for _ in range(1))  # noqa: C400 - a generator is what wraps it

    with pytest.raises(StopIteration):
        _hooks(train=train).train(nn.Linear(1, 1), None)


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (None, "got NoneType, expected a tensor"),
        (torch.zeros(4, 2), r"\[4, 2\] on cpu, expected torch.float32 \[5, 2\]"),
        (torch.zeros(5, 3), r"\[5, 3\]"),
        (torch.zeros(5, 2, dtype=torch.float64), "torch.float64"),
        (torch.zeros(5, 2, device="meta"), "on meta"),
        (torch.tensor([[0.0, 0.0]] * 4 + [[1.0, torch.nan]]), r"1 values are not finite, the first at \[4, 1\]"),
        (torch.full((5, 2), torch.inf), "10 values are not finite"),
    ],
)
def test_samples_are_checked(returned, said) -> None:
    with pytest.raises(InvalidOutput, match=said):
        _sample(_hooks(sample=lambda model, count: returned))


@pytest.mark.parametrize(
    ("returned", "said"),
    [
        (torch.tensor([[0, 1], [4, 2], [0, -1]]), r"1 values are not in 0\.\.4, the first, -1, at \[2, 1\]"),
        (torch.tensor([[0, 1], [5, 2], [9, 1]]), r"2 values are not in 0\.\.4, the first, 5, at \[1, 0\]"),
        (torch.zeros(3, 2), r"got torch.float32 \[3, 2\] on cpu, expected torch.int64 \[3, 2\] on cpu"),
        (torch.tensor([[0, 1], [4, 2], [0, 3]]), None),
    ],
)
def test_tokens_are_of_the_vocabulary(returned, said) -> None:
    """Kills: a token beyond the alphabet, which no text can show; floats that are whole."""
    task = replace(TASK, kind="tokens", shape=(2,), dtype=torch.int64, classes=5)
    hooks = _hooks(sample=lambda model, count: returned)

    def drawn():
        return hooks.sample(None, task, count=3, variant="default", labels=None, phase="a")

    if said is None:
        assert torch.equal(drawn(), returned)
        return
    with pytest.raises(InvalidOutput, match=said):
        drawn()


def test_samples_need_not_be_contiguous_or_detached() -> None:
    drawn = _sample(_hooks(sample=lambda model, count: torch.randn(2, count, requires_grad=True).T))
    assert drawn.shape == (5, 2)
    assert not drawn.requires_grad


def test_an_error_without_a_text_has_a_culprit() -> None:
    """Kills: FAILED(harness) for an error of a plugin whose `__str__` raises too."""

    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    def draw(model, count):
        raise Mute

    with pytest.raises(HookError, match="sample: Mute: its text cannot be told"):
        _sample(_hooks(sample=draw))


def test_a_model_needs_a_state() -> None:
    with pytest.raises(ContractError, match="has no `state_dict`"):
        _hooks(build=lambda task: object()).build(TASK, None)


def test_likelihoods_are_one_a_row() -> None:
    def score(model, x):
        return Likelihood(values=torch.zeros(len(x) - 1), bound="exact", measure="density")

    with pytest.raises(InvalidOutput, match="3 values"):
        _hooks(log_likelihood=score).log_likelihood(None, torch.zeros(3, 2), phase="p")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"values": [0.0, 0.0, 0.0]}, "got list, expected a tensor"),
        ({"values": torch.zeros(3, dtype=torch.complex64)}, "got values of torch.complex64"),
        ({"values": torch.zeros(3, device="meta")}, "on meta, expected 3 values"),
        ({"bound": None}, "bound is None, expected a word"),
        ({"measure": "my,measure"}, "measure is 'my,measure', expected a word"),
        ({"bound": "very " * 50}, "of at most 64 characters"),
    ],
)
def test_a_likelihood_that_cannot_be_a_number_of_a_record(given, said) -> None:
    """Kills: a scoring that dies without a culprit; words that tear a number's name apart; complex nats cut to real."""
    good = {"values": torch.zeros(3), "bound": "exact", "measure": "density"}
    hooks = _hooks(log_likelihood=lambda model, x: Likelihood(**(good | given)))
    with pytest.raises(InvalidOutput, match=re.escape(said)):
        hooks.log_likelihood(torch.nn.Module(), torch.zeros(3, 2), phase="score")


def test_likelihoods_with_a_graph_are_values() -> None:
    """Kills: a refusal of numpy's where a model computes its likelihood with autograd."""
    hooks = _hooks(
        log_likelihood=lambda model, x: Likelihood(
            values=torch.zeros(len(x), requires_grad=True), bound="exact", measure="density"
        )
    )
    assert hooks.log_likelihood(torch.nn.Module(), torch.zeros(3, 2), phase="score").values.tolist() == [0, 0, 0]


class Options(BaseModel):
    latent: int = Field(8, ge=1, le=64)
    rate: float = 0.1


def test_options_are_validated_with_all_problems_at_once() -> None:
    assert parse_options("toy", Options, {"latent": 16}) == Options(latent=16)
    with pytest.raises(SpecError) as error:
        parse_options("toy", Options, {"latent": -3, "rate": "fast", "latnt": 2})
    told = str(error.value)
    assert "3 problems" in told
    assert "toy.latent" in told and "got -3" in told
    assert "did you mean 'latent'?" in told


def test_a_model_without_options_takes_none() -> None:
    assert parse_options("toy", None, {}) is None
    with pytest.raises(SpecError, match="has no options, got: x"):
        parse_options("toy", None, {"x": 1})


def _drawing(hooks, model=None, count=5, phase="a"):
    return hooks.drawing(model, TASK, count=count, variant="default", labels=None, phase=phase)


def test_a_row_of_draws_is_seeded_once() -> None:
    """Kills: every draw the same; a row that depends on what was drawn before it."""
    found = []

    def sample(count):
        found.append(torch.randn(count, 2))
        return found[-1]

    hooks = _hooks(sample=sample)
    for _ in range(2):
        with _drawing(hooks) as once:
            once()
            once()
    assert torch.equal(found[0], found[2])
    assert torch.equal(found[1], found[3])
    assert not torch.equal(found[0], found[1])


def test_a_row_of_draws_leaves_nothing_behind() -> None:
    """Kills: draws after it that are neither seeded, timed nor guarded; autograd on; train mode; dirt that stays."""
    seen = []

    def sample(model, count):
        seen.append((model.training, torch.is_grad_enabled()))
        torch.set_default_dtype(torch.float64)
        return torch.zeros(count, 2, dtype=torch.float32)

    clock = types.SimpleNamespace(now=0.0)
    hooks = _hooks(Meter(lambda: None, clock=lambda: clock.now), sample=sample)
    model = hooks.build(TASK, None)
    with pytest.raises(RuntimeError, match="in the middle"), _drawing(hooks, model) as once:
        once()
        raise RuntimeError("in the middle")
    assert torch.get_default_dtype() is torch.float32
    assert torch.is_grad_enabled()
    hooks.sample(model, TASK, count=1, variant="default", labels=None, phase="p")
    assert torch.get_default_dtype() is torch.float32
    assert seen == [(False, False)] * 2
    assert len(hooks.remarks) == 1


def test_the_clock_of_draws_is_back_after_a_row_of_them() -> None:
    """Kills: a row that is waited for at every draw; draws after it that are not timed any more."""
    clock, waits = types.SimpleNamespace(now=0.0), []

    def sample(count):
        clock.now += 2.0
        return torch.zeros(count, 2)

    hooks = _hooks(Meter(lambda: waits.append(None), clock=lambda: clock.now), sample=sample)
    with _drawing(hooks) as once:
        once()
        once()
    assert (waits, hooks.sampling_seconds) == ([], 0.0)
    _sample(hooks)
    assert hooks.sampling_seconds == 2.0
    assert waits


@pytest.mark.parametrize(
    ("drawn", "said"),
    [
        (lambda count: torch.zeros(count, 3), r"\[5, 3\]"),
        (lambda count: torch.full((count, 2), float("nan")), "not finite"),
    ],
)
def test_a_row_of_draws_is_checked(drawn, said) -> None:
    """Kills: the speed of a sampler that draws something else."""
    with pytest.raises(InvalidOutput, match=said), _drawing(_hooks(sample=drawn)) as once:
        once()


def test_a_draw_that_raises_in_a_row_is_named() -> None:
    def sample(count):
        raise ValueError("no")

    with pytest.raises(HookError, match=r"genbench-toy 0.2 \[toy\] sample: ValueError: no"):  # noqa: SIM117
        with _drawing(_hooks(sample=sample)) as once:
            once()
