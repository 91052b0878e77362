"""The only caller of pluggy: one manager that knows one model, typed calls, checked results, culprits named."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pluggy
import torch
from pydantic import BaseModel, ValidationError

from genbench import outputs, tampering
from genbench.deaths import exit_call
from genbench.errors import (
    ContractError,
    HookError,
    Interrupted,
    InvalidOutput,
    PluginError,
    PluginExit,
    SpecError,
    UnknownName,
)
from genbench.escaping import told
from genbench.forks import end_if_forked
from genbench.hookspecs import PROJECT, Likelihood, ModelSpec, Task
from genbench.observers import Observers
from genbench.updates import networks
from genbench.wrappers import CPU, Guard, Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    from genbench.audit import Audit
    from genbench.batches import Batches
    from genbench.meter import Meter
    from genbench.plugins import ValidPlugin

NO_MEMORY = {  # what libraries say instead of raising the error that says so
    "DefaultCPUAllocator": MemoryError,
    "CUDA error: out of memory": torch.OutOfMemoryError,
    "CUBLAS_STATUS_ALLOC_FAILED": torch.OutOfMemoryError,
}


class ModelHooks:
    """Call one model's hooks.

    Args:
        valid: the plugin.
        seed: of the trial; every call is seeded by it and by the call's phase.
        meter: charges `train`, and nothing else.
        device: whose generators are seeded beside the CPU's.
        observers: whose hooks are wrappers around the model's; their time is not charged, their errors are their own.
        audit: notes the protected files that the model opens.
    """

    def __init__(
        self,
        valid: ValidPlugin,
        *,
        seed: int,
        meter: Meter,
        device: torch.device = CPU,
        observers: Observers | None = None,
        audit: Audit | None = None,
    ) -> None:
        self.plugin = valid.plugin
        self.implemented = valid.hooks
        self._guard = Guard(seed, device, audit)
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(ModelSpec)
        self._manager.register(valid.module, valid.plugin.name)
        self._timing = Timing(meter)
        self._observers = observers or Observers()
        for plugin in (self._timing, *self._observers.holders, self._guard):
            self._manager.register(plugin)

    def build(self, task: Task, options: BaseModel | None) -> Any:
        """Make the model; the same task gives the same weights."""
        model = self._call("build", "build", task=task, options=options)
        for method in ("state_dict", "load_state_dict"):
            if not callable(getattr(model, method, None)):
                raise self._fault(ContractError, "build", f"got {type(model).__name__}, which has no `{method}`")
        try:
            for network in (model, *networks(model).values()):
                list(network.parameters() if isinstance(network, torch.nn.Module) else ())
        except Exception as error:
            reason = f"the model's parameters cannot be listed: {told(error)}"
            raise self._fault(ContractError, "build", reason) from error
        return model

    @contextmanager
    def rebuilding(self) -> Iterator[None]:
        """Name the model where its state cannot be read back, or not be taken back, inside."""
        try:
            yield
        except (PluginError, MemoryError, torch.OutOfMemoryError, OSError):
            raise
        except Exception as error:
            if type(error).__name__ == "UnpicklingError":  # torch's word for code that it does not load, by name
                reason = "holds code; expected tensors, numbers, text and containers of them: no code is ever loaded"
                raise self._fault(ContractError, "state_dict", reason) from error
            raise HookError(told(error), culprit=self.plugin.culprit, hook="load_state_dict") from error

    def train(self, model: Any, batches: Batches) -> None:
        """Train the model in place."""
        self._set_mode(model, training=True)
        self._call("train", "train", model=model, batches=batches)

    def sample(self, model: Any, task: Task, *, count: int, variant: str, labels: Tensor | None, phase: str) -> Tensor:
        """Draw `count` samples, [count, *task.shape] on the task's device, finite; `phase` seeds the draw."""
        self._set_mode(model, training=False)
        drawn = self._call("sample", phase, model=model, count=count, variant=variant, labels=labels)
        return self._tensor("sample", drawn, (count, *task.shape), task)

    @contextmanager
    def drawing(
        self, model: Any, task: Task, *, count: int, variant: str, labels: Tensor | None, phase: str
    ) -> Iterator[Callable[[], None]]:
        """Give a function that draws `count` samples, for speeds: all its draws are seeded, watched and checked as one.

        What is drawn is not kept; the last one has to be as `sample` demands. Draws are not waited for.
        """
        self._set_mode(model, training=False)
        last: list[Any] = []

        def once() -> None:
            last[:] = [self._call("sample", phase, model=model, count=count, variant=variant, labels=labels)]

        self._guard.phase = phase
        with self._guard.held(), self._timing.held():
            yield once
        self._check("sample")
        for drawn in last:
            self._tensor("sample", drawn, (count, *task.shape), task)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the model's hooks changed around them, which was put back, and what else is worth a warning."""
        return self._guard.remarks

    @property
    def sampling_seconds(self) -> float:
        """How long the last `sample` took, the device idle at both edges."""
        return self._timing.sampling_seconds

    def reconstruct(self, model: Any, task: Task, x: Tensor) -> Tensor:
        """Reconstruct `x`."""
        self._set_mode(model, training=False)
        return self._tensor("reconstruct", self._call("reconstruct", "reconstruct", model=model, x=x), x.shape, task)

    def log_likelihood(self, model: Any, x: Tensor, *, phase: str) -> Likelihood:
        """Score `x`; the bound and the measure are the model's own word."""
        self._set_mode(model, training=False)
        scored = self._call("log_likelihood", phase, model=model, x=x)
        if not isinstance(scored, Likelihood):
            raise self._fault(InvalidOutput, "log_likelihood", f"got {type(scored).__name__}, expected a Likelihood")
        try:
            values = outputs.likelihoods(scored, len(x))
        except outputs.Unfit as flaw:
            raise self._fault(InvalidOutput, "log_likelihood", str(flaw)) from flaw
        return Likelihood(values=values, bound=scored.bound, measure=scored.measure)

    def declared(self, name: str, default: Any) -> Any:
        """Return what `kinds`, `card`, `variants` or `options` declares, or `default` where it is not implemented."""
        if name not in self.implemented:
            return default
        declared = self._call(name, name)
        if declared is None:
            raise self._fault(ContractError, name, "returned None")
        return declared

    def _set_mode(self, model: Any, *, training: bool) -> None:
        """Enter train or eval mode where the model has modes."""
        if not isinstance(model, torch.nn.Module):
            return
        try:
            model.train(training)
        except Exception as error:  # often a `train` of the model's own, in the place of PyTorch's
            reason = f"model.train({training}) raised {told(error)}; expected it to set the mode: rename your method"
            raise self._fault(ContractError, "build", reason) from error

    def _call(self, name: str, phase: str, **arguments: Any) -> Any:
        self._guard.phase = phase
        own = os.getpid()
        try:
            result = getattr(self._manager.hook, name)(**arguments)
        except (PluginError, MemoryError, torch.OutOfMemoryError, Interrupted):
            raise
        except BaseException as error:
            if not _is_end_of_stream(error):
                raise self._named(name, error) from error
            self._check(name)
            raise StopIteration from error
        finally:
            end_if_forked(own)
        self._check(name)
        return result

    def _named(self, name: str, error: BaseException) -> Exception:
        """Return what to raise for what a hook raised."""
        if isinstance(error, SystemExit):
            return self._fault(PluginExit, name, f"`{name}` called {exit_call(error)}")
        text = told(error)
        for said, kind in NO_MEMORY.items():
            if said in text:
                return kind(str(error))
        culprit = self._observers.culprit_of(error) or self.plugin.culprit
        return HookError(text, culprit=culprit, hook=name)

    def _check(self, name: str) -> None:
        """Refuse what a hook left: a plugin that leaves from a thread has not done its work, whatever else it says."""
        if self._guard.deaths.exits:
            raise self._fault(PluginExit, name, f"a thread called {self._guard.deaths.exits[0]}")
        if self._guard.replaced:
            raise self._fault(ContractError, name, tampering.told(self._guard.replaced))

    def _tensor(self, name: str, value: Any, shape: tuple[int, ...], task: Task) -> Tensor:
        try:
            return outputs.tensor(value, shape, task)
        except outputs.Unfit as flaw:
            raise self._fault(InvalidOutput, name, str(flaw)) from flaw

    def _fault(self, kind: type[PluginError], hook: str, message: str) -> PluginError:
        return kind(message, culprit=self.plugin.culprit, hook=hook)


def parse_options(model: str, declared: type[BaseModel] | None, given: dict[str, Any]) -> BaseModel | None:
    """Make a model's options from what the user gave.

    Raises:
        SpecError: an unknown option or a value out of range, with every problem at once.
    """
    fields = {} if declared is None else declared.model_fields
    problems = [f"{model}: {UnknownName('option', name, fields)}" for name in given if name not in fields]
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
    behind = (error.__cause__ or error.__context__) if isinstance(error, RuntimeError) else error
    return isinstance(behind, StopIteration)
