"""The only caller of pluggy: one manager that knows one model, typed calls, checked results, culprits named."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pluggy
import torch
from pydantic import BaseModel, ValidationError

from genbench.errors import ContractError, HookError, Interrupted, InvalidOutput, PluginError, SpecError, UnknownName
from genbench.hookspecs import PROJECT, Likelihood, ModelSpec, Task, hookimpl

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from torch import Tensor

    from genbench.batches import Batches
    from genbench.meter import Meter
    from genbench.plugins import ValidPlugin


CPU = torch.device("cpu")


class ModelHooks:
    """Call one model's hooks.

    Args:
        valid: the plugin.
        seed: of the trial; every call is seeded by it and by the call's phase.
        meter: charges `train`, and nothing else.
        device: whose generators are seeded beside the CPU's.
        observers: plugins whose hooks are wrappers around the model's; their time is not charged.
    """

    def __init__(
        self,
        valid: ValidPlugin,
        *,
        seed: int,
        meter: Meter,
        device: torch.device = CPU,
        observers: Iterable[object] = (),
    ) -> None:
        self.plugin = valid.plugin
        self.implemented = valid.hooks
        self._guard = Guard(seed, device)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ModelSpec)
        self._manager.register(valid.module, valid.plugin.name)
        self._timing = Timing(meter)
        for plugin in (self._timing, *observers, self._guard):
            self._manager.register(plugin)

    def build(self, task: Task, options: BaseModel | None) -> Any:
        """Make the model; the same task gives the same weights."""
        model = self._call("build", "build", task=task, options=options)
        for method in ("state_dict", "load_state_dict"):
            if not callable(getattr(model, method, None)):
                raise self._fault(ContractError, "build", f"got {type(model).__name__}, which has no `{method}`")
        return model

    def train(self, model: Any, batches: Batches) -> None:
        """Train the model in place."""
        set_mode(model, training=True)
        self._call("train", "train", model=model, batches=batches)

    def sample(self, model: Any, task: Task, *, count: int, variant: str, labels: Tensor | None, phase: str) -> Tensor:
        """Draw `count` samples, [count, *task.shape] on the task's device, finite; `phase` seeds the draw."""
        set_mode(model, training=False)
        drawn = self._call("sample", phase, model=model, count=count, variant=variant, labels=labels)
        return self._tensor("sample", drawn, (count, *task.shape), task)

    @property
    def sampling_seconds(self) -> float:
        """How long the last `sample` took, the device idle at both edges."""
        return self._timing.sampling_seconds

    def reconstruct(self, model: Any, task: Task, x: Tensor) -> Tensor:
        """Reconstruct `x`."""
        set_mode(model, training=False)
        return self._tensor("reconstruct", self._call("reconstruct", "reconstruct", model=model, x=x), x.shape, task)

    def log_likelihood(self, model: Any, x: Tensor, *, phase: str) -> Likelihood:
        """Score `x`; the bound and the measure are the model's own word."""
        set_mode(model, training=False)
        scored = self._call("log_likelihood", phase, model=model, x=x)
        if not isinstance(scored, Likelihood) or scored.values.shape != (len(x),):
            raise self._fault(InvalidOutput, "log_likelihood", f"expected a Likelihood of {len(x)} values")
        return scored

    def declared(self, name: str, default: Any) -> Any:
        """Return what `kinds`, `card`, `variants` or `options` declares, or `default` where it is not implemented."""
        if name not in self.implemented:
            return default
        declared = self._call(name, name)
        if declared is None:
            raise self._fault(ContractError, name, "returned None")
        return declared

    def _call(self, name: str, phase: str, **arguments: Any) -> Any:
        self._guard.phase = phase
        try:
            return getattr(self._manager.hook, name)(**arguments)
        except (PluginError, StopIteration, MemoryError, torch.OutOfMemoryError, Interrupted):
            raise
        except BaseException as error:
            if _is_end_of_stream(error):
                raise StopIteration from error
            if "DefaultCPUAllocator" in str(error):
                raise MemoryError(str(error)) from error
            reason = f"{type(error).__name__}: {error}".strip(": ")
            raise self._fault(HookError, name, reason) from error

    def _tensor(self, name: str, value: Any, shape: tuple[int, ...], task: Task) -> Tensor:
        if not isinstance(value, torch.Tensor):
            raise self._fault(InvalidOutput, name, f"got {type(value).__name__}, expected a tensor")
        got = f"{value.dtype} {list(value.shape)} on {value.device}"
        expected = f"{task.dtype} {list(shape)} on {task.device}"
        if value.dtype != task.dtype or value.shape != shape or not _same_device(value.device, task.device):
            raise self._fault(InvalidOutput, name, f"got {got}, expected {expected}")
        bad = ~value.isfinite()
        if bool(bad.any()):
            first = bad.nonzero()[0].tolist()
            raise self._fault(InvalidOutput, name, f"{int(bad.sum())} values are not finite, the first at {first}")
        return value.detach()

    def _fault(self, kind: type[PluginError], hook: str, message: str) -> PluginError:
        return kind(message, culprit=self.plugin.culprit, hook=hook)


class Timing:
    """The innermost wrapper: charges `train` from entry to return, and times `sample` apart."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self.sampling_seconds = 0.0

    @hookimpl(wrapper=True, trylast=True)
    def train(self) -> Generator[None, Any, Any]:
        """Start the meter, let the model train, stop it."""
        self._meter.start()
        try:
            return (yield)
        finally:
            self._meter.stop()

    @hookimpl(wrapper=True, trylast=True)
    def sample(self) -> Generator[None, Any, Any]:
        """Time a draw."""
        with self._meter.lap() as lap:
            drawn = yield
        self.sampling_seconds = lap.seconds
        return drawn


class Guard:
    """The outermost wrapper: seeds each phase, and keeps autograd out of all but `train`."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self._seed = seed
        self._device = device
        self.phase = ""

    @hookimpl(wrapper=True, tryfirst=True)
    def build(self) -> Generator[None, Any, Any]:
        """Seed the initial weights."""
        seed_everything(self._seed, self.phase, self._device)
        return (yield)

    @hookimpl(wrapper=True, tryfirst=True)
    def train(self) -> Generator[None, Any, Any]:
        """Seed the training."""
        seed_everything(self._seed, self.phase, self._device)
        return (yield)

    @hookimpl(wrapper=True, tryfirst=True)
    def sample(self) -> Generator[None, Any, Any]:
        """Seed a draw."""
        return (yield from self._quietly())

    @hookimpl(wrapper=True, tryfirst=True)
    def log_likelihood(self) -> Generator[None, Any, Any]:
        """Seed a scoring."""
        return (yield from self._quietly())

    @hookimpl(wrapper=True, tryfirst=True)
    def reconstruct(self) -> Generator[None, Any, Any]:
        """Seed a reconstruction."""
        return (yield from self._quietly())

    def _quietly(self) -> Generator[None, Any, Any]:
        seed_everything(self._seed, self.phase, self._device)
        with torch.no_grad():
            return (yield)


def seed_everything(seed: int, phase: str, device: torch.device = CPU) -> None:
    """Seed torch (on the CPU and on `device`), numpy and random from a trial's seed and the name of a phase."""
    drawn = int.from_bytes(hashlib.sha256(f"{seed}:{phase}".encode()).digest()[:8], "big")
    torch.default_generator.manual_seed(drawn >> 1)
    if device.type == "cuda":
        torch.cuda.manual_seed_all(drawn >> 1)
    elif device.type == "mps":
        torch.mps.manual_seed(drawn >> 1)
    np.random.seed(drawn & 0xFFFFFFFF)
    random.seed(drawn)


def set_mode(model: Any, *, training: bool) -> None:
    """Enter train or eval mode where the model has modes."""
    if isinstance(model, torch.nn.Module):
        model.train(training)


def parse_options(model: str, declared: type[BaseModel] | None, given: dict[str, Any]) -> BaseModel | None:
    """Make a model's options from what the user gave.

    Raises:
        SpecError: an unknown option or a value out of range, with every problem at once.
    """
    fields = {} if declared is None else declared.model_fields
    problems = [f"{model}.{UnknownName('option', name, fields)}" for name in given if name not in fields]
    if declared is None:
        if problems:
            raise SpecError([f"model '{model}' has no options, got: {', '.join(given)}"], "the options")
        return None
    try:
        options = declared.model_validate({name: value for name, value in given.items() if name in fields})
    except ValidationError as error:
        problems += [f"{model}.{'.'.join(map(str, e['loc']))}: {e['msg']}, got {e['input']!r}" for e in error.errors()]
    if problems:
        raise SpecError(problems, "the options")
    return options


def _is_end_of_stream(error: BaseException) -> bool:
    """Tell whether a naked `next` at the end of the stream is behind an error: Python wraps it in a RuntimeError."""
    return isinstance(error, RuntimeError) and isinstance(error.__cause__ or error.__context__, StopIteration)


def _same_device(got: torch.device, expected: torch.device) -> bool:
    return got.type == expected.type and (got.index or 0) == (expected.index or 0)
