"""What makes a training step fast and changes no number of it, for any plugin.

    model = laid_out(Mine(task), task)                     # in `build`
    optimiser = adam(model.parameters(), task, lr=1e-3)    # in `train`
    objective = compiled(loss_of, task)
    for x in batches:
        with autocast(task):
            loss = objective(model, x)
        descend(optimiser, loss)

Measured in docs/profiles.md, with what was tried and does not pay. The built-in models have no other tricks.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar, cast

import torch
from torch.nn.utils import convert_conv2d_weight_memory_format

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from torch import Tensor, nn
    from torch.nn import Parameter
    from torch.optim import Adam, Optimizer

    from genbench.hookspecs import Task

Network = TypeVar("Network", bound="nn.Module")
Function = TypeVar("Function", bound="Callable[..., Any]")

FUSED = ("cpu", "cuda")  # kinds of device on which all of a network's weights are updated in one call


def laid_out(network: Network, task: Task) -> Network:
    """Return `network` on the task's device, convolutions' weights in the order of channels that is fastest there."""
    return convert_conv2d_weight_memory_format(network.to(task.device), torch.channels_last)


def autocast(task: Task) -> AbstractContextManager[Any]:
    """Return what runs networks in the task's precision; nothing at all in fp32, where even leaving it off costs."""
    if task.precision != "bf16":
        return nullcontext()
    return torch.autocast(task.device.type, torch.bfloat16)


def compiled(function: Function, task: Task) -> Function:
    """Return `function` compiled where the task asks for it."""
    return cast("Function", torch.compile(function)) if task.compile else function


def adam(parameters: Iterable[Parameter], task: Task, *, lr: float, betas: tuple[float, float] = (0.9, 0.999)) -> Adam:
    """Return Adam (Kingma & Ba, 2015, arXiv 1412.6980), fused where torch has that for the task's device."""
    return torch.optim.Adam(parameters, lr=lr, betas=betas, fused=task.device.type in FUSED)


def descend(optimiser: Optimizer, loss: Tensor, *, only_own: bool = False) -> None:
    """Step once down the gradient of `loss`.

    Args:
        optimiser: of the network to be moved.
        loss: a scalar.
        only_own: other networks that `loss` passes through get no gradients, which are then not computed. To tell torch
            whose are wanted costs a little: leave it out where all of them are the optimiser's.
    """
    own = [parameter for group in optimiser.param_groups for parameter in group["params"]]  # walks no modules
    for parameter in own:
        parameter.grad = None
    torch.autograd.backward(loss, inputs=own if only_own else None)
    optimiser.step()
