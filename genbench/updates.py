"""Count optimiser steps per network, a network being a direct child of the model."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import torch
from torch.optim.optimizer import register_optimizer_step_post_hook

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from torch.nn import Parameter
    from torch.optim import Optimizer

WHOLE = "model"  # the one network of a model without children
_counters: list[UpdateCounter] = []  # those that are entered


class UpdateCounter:
    """While entered, see every step of every optimiser in this process.

    A step counts for a network when the optimiser holds a parameter of it that has a gradient.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._counts: Counter[str] = Counter()
        self._held: dict[Optimizer, dict[str, list[Parameter]]] = {}
        self.is_blind = False  # what is seen does not count

    def __enter__(self) -> UpdateCounter:
        self._handle = register_optimizer_step_post_hook(self.count)
        _counters.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._handle.remove()
        _counters.remove(self)

    @property
    def counts(self) -> dict[str, int | Literal["unobserved"]]:
        """Updates by network; `unobserved` where no optimiser was seen, which may mean that none was needed."""
        return {name: self._counts[name] or "unobserved" for name in networks(self._model)}

    @property
    def seen(self) -> dict[str, int]:
        """Updates by network, of those that had any."""
        return {name: count for name, count in self._counts.items() if count}

    def state_dict(self) -> dict[str, int]:
        """Return the counts, for a checkpoint."""
        return dict(self._counts)

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Count on from those of an earlier attempt."""
        self._counts = Counter(state)

    def count(self, optimizer: Optimizer, args: object = None, kwargs: object = None) -> None:
        """Count a step; an optimiser's hook."""
        if self.is_blind:
            return
        if optimizer not in self._held:
            self._held[optimizer] = self._owners(optimizer)
        for name, parameters in self._held[optimizer].items():
            if any(parameter.grad is not None for parameter in parameters):
                self._counts[name] += 1

    def _owners(self, optimizer: Optimizer) -> dict[str, list[Parameter]]:
        held = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
        owned = {
            name: [p for p in network.parameters() if id(p) in held] for name, network in networks(self._model).items()
        }
        return {name: parameters for name, parameters in owned.items() if parameters}


@contextmanager
def undone() -> Iterator[list[Optimizer]]:
    """Count no step inside; yields the optimisers that step all the same, in their order."""
    steps: list[Optimizer] = []
    handle = register_optimizer_step_post_hook(lambda optimizer, args, kwargs: steps.append(optimizer))
    counters = [each for each in _counters if not each.is_blind]
    for each in counters:
        each.is_blind = True
    try:
        yield steps
    finally:
        handle.remove()
        for each in counters:
            each.is_blind = False


def replayed(steps: Iterable[Optimizer]) -> None:
    """Count steps that no optimiser can tell of, since a graph was replayed."""
    for counter in _counters:
        for each in steps:
            counter.count(each)


def networks(model: Any) -> dict[str, torch.nn.Module]:
    """Return the networks of a model by name: its direct children that have parameters, or the model itself."""
    if not isinstance(model, torch.nn.Module):
        return {WHOLE: torch.nn.Module()}
    children = {name: child for name, child in model.named_children() if any(True for _ in child.parameters())}
    return children or {WHOLE: model}


def parameter_count(model: Any) -> int:
    """Count trainable parameters; of a model that is no module, the values of its state."""
    if isinstance(model, torch.nn.Module):
        return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    return sum(value.numel() for value in model.state_dict().values() if isinstance(value, torch.Tensor))
