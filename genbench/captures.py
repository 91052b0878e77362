"""What a capture of a step must leave as it was, and what on the host no replay would repeat."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from genbench.errors import CaptureError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch import nn
    from torch.nn import Parameter
    from torch.optim import Optimizer

NUMBERS = (bool, int, float)


class Rates:
    """Learning rates on the device, where a graph reads them; they are written anew wherever they have changed.

    Args:
        optimisers: made capturable, where they know what that is.
        device: of their parameters.
    """

    def __init__(self, optimisers: Sequence[Optimizer], device: torch.device) -> None:
        self._groups = [group for each in optimisers for group in each.param_groups]
        self._rates = [torch.empty((), device=device) for _ in self._groups]
        for group in self._groups:
            if "capturable" in group:
                group["capturable"] = True
        for each in optimisers:
            _move_counts(each, device)
        self._fixed = [_hyperparameters(group) for group in self._groups]
        self.refresh()

    def refresh(self) -> None:
        """Take over the rates that were set since.

        Raises:
            CaptureError: another hyperparameter has changed.
        """
        for group, rate, fixed in zip(self._groups, self._rates, self._fixed, strict=True):
            now = group["lr"]
            if now is not rate:
                rate.copy_(now) if isinstance(now, Tensor) else rate.fill_(now)
                group["lr"] = rate
            if (found := _hyperparameters(group)) != fixed:
                changed = sorted(name for name in found if found[name] != fixed.get(name))
                raise CaptureError(
                    f"{', '.join(changed)} of an optimiser has changed, but is frozen in the graph: only the learning "
                    "rate may change; call the step ungraphed"
                )


class Tensors:
    """Every tensor that a step may change, and the generators, as they were.

    Args:
        model: its parameters, buffers and gradients.
        optimisers: their states.
    """

    def __init__(self, model: nn.Module, optimisers: Sequence[Optimizer]) -> None:
        self._parameters = list(_parameters(model, optimisers))
        self._gradients = [each.grad for each in self._parameters]
        states = [value for each in optimisers for state in each.state.values() for value in state.values()]
        changing = [*self._parameters, *model.buffers(), *self._gradients, *states]
        self._copies = [(each, each.detach().clone()) for each in changing if isinstance(each, Tensor)]
        self._devices = sorted({each.device.index for each in self._parameters if each.device.type == "cuda"})
        self._generator = torch.get_rng_state()
        self._generators = [torch.cuda.get_rng_state(each) for each in self._devices]

    @torch.no_grad()
    def put_back(self) -> None:
        """Undo what was done since, in place: a graph will hold these very tensors."""
        for each, gradient in zip(self._parameters, self._gradients, strict=True):
            each.grad = gradient
        for tensor, before in self._copies:
            tensor.copy_(before)
        torch.set_rng_state(self._generator)
        for device, generator in zip(self._devices, self._generators, strict=True):
            torch.cuda.set_rng_state(generator, device)


class HostState:
    """What a step may change on the host, where no replay would change it again: better refused than frozen.

    Args:
        model: numbers and tensors that are attributes of its modules.
        optimisers: the same in their states.
        device: of the model; what else is a tensor lies on the host.
    """

    def __init__(self, model: nn.Module, optimisers: Sequence[Optimizer], device: torch.device) -> None:
        self._model = model
        self._optimisers = optimisers
        self._device = device
        self._alive: list[Tensor] = []
        self._numbers = dict(self._found())

    def check(self) -> None:
        """See that nothing has changed since.

        Raises:
            CaptureError: naming what has.
        """
        now = dict(self._found())
        changed = [name for name in now if now[name] != self._numbers.get(name)]
        if changed:
            raise CaptureError(
                f"the step changes {', '.join(changed[:3])} on the host, which a graph would freeze: keep numbers in "
                "tensors on the device and draw noise there, or do that outside of the step"
            )

    def _found(self) -> Iterator[tuple[str, Any]]:
        yield "the generator of random", random.getstate()
        of_numpy: Any = np.random.get_state()
        yield "the generator of numpy", (of_numpy[1].tobytes(), of_numpy[2:])
        if self._device.type != "cpu":
            yield "torch's generator of the CPU", torch.get_rng_state().tolist()
        for name, module in self._model.named_modules():
            values = vars(module) | module._parameters | module._buffers
            yield from self._told(f"{name}." if name else "", values)
        for each in self._optimisers:
            for place, state in enumerate(each.state.values()):
                yield from self._told(f"{type(each).__name__}, parameter {place}: ", state)

    def _told(self, prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield numbers, tensors that are not on the device, and which tensor stands under a name."""
        for name, value in values.items():
            if isinstance(value, NUMBERS):
                yield prefix + name, value
            elif isinstance(value, Tensor):
                self._alive.append(value)  # so that no other gets its place in memory
                yield f"{prefix}{name} (another tensor)", id(value)
                if value.device != self._device:
                    yield prefix + name, value.tolist()


def _parameters(model: nn.Module, optimisers: Sequence[Optimizer]) -> Iterator[Parameter]:
    """Yield the parameters of both, each once."""
    held = [each for optimiser in optimisers for group in optimiser.param_groups for each in group["params"]]
    yield from {id(each): each for each in [*model.parameters(), *held]}.values()


def _hyperparameters(group: dict[str, Any]) -> dict[str, Any]:
    """Return what a graph freezes of a parameter group."""
    return {
        name: value
        for name, value in group.items()
        if name not in ("params", "lr", "initial_lr") and not isinstance(value, Tensor)
    }


def _move_counts(optimiser: Optimizer, device: torch.device) -> None:
    """Put counts of steps that were restored from a plain training where a capturable optimiser keeps them."""
    for group in optimiser.param_groups:
        for each in group["params"] if "capturable" in group else ():
            state = optimiser.state.get(each, {})
            if isinstance(state.get("step"), Tensor):
                state["step"] = state["step"].to(device)
