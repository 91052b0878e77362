"""What hooks return, looked at before anything is done with it: plain, dense tensors of the right form and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from genbench.escaping import plain, quoted_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from genbench.hookspecs import Likelihood, Task

LONGEST_WORD = 64  # characters of a bound or a measure: they are part of a number's name


class Unfit(Exception):
    """What a hook returned cannot be used; says what it was and what was expected."""


def tensor(value: Any, shape: Sequence[int], task: Task) -> Tensor:
    """Return the plain tensor behind what a hook returned, finite and of the task's dtype and device.

    Raises:
        Unfit: it is no such tensor.
    """
    found = _plain(value)
    got = f"{found.dtype} {list(found.shape)} on {found.device}"
    expected = f"{task.dtype} {list(shape)} on {task.device}"
    if found.dtype != task.dtype or found.shape != torch.Size(shape) or not _same_device(found.device, task.device):
        raise Unfit(f"got {got}, expected {expected}")
    bad = ~found.isfinite() if task.kind != "tokens" else (found < 0) | (found >= (task.classes or 0))
    if bool(bad.any()):
        first = bad.nonzero()[0].tolist()
        flaw, what = "not finite", "the first"
        if task.kind == "tokens":
            flaw, what = f"not in 0..{(task.classes or 0) - 1}", f"the first, {found[tuple(first)].item()},"
        raise Unfit(f"{int(bad.sum())} values are {flaw}, {what} at {first}")
    return found


def likelihoods(scored: Likelihood, count: int) -> Tensor:
    """Return the values of a likelihood, float64 [count] on the CPU; they need not be finite.

    Raises:
        Unfit: they are of another form, or its bound or measure is no word that can stand in a number's name.
    """
    for what in ("bound", "measure"):
        word = getattr(scored, what)
        if not isinstance(word, str) or "," in word or not word or plain(word, LONGEST_WORD) != word:
            raise Unfit(f"{what} is {quoted_value(word)}, expected a word of at most {LONGEST_WORD} characters")
    found = _plain(scored.values)
    if found.shape != (count,) or found.is_complex() or found.is_meta:
        got = f"{found.dtype} {list(found.shape)} on {found.device}"
        raise Unfit(f"got values of {got}, expected {count} values, real and one a row")
    return found.double().cpu()


def _plain(value: Any) -> Tensor:
    """Return a tensor without the graph, and without the code that a class of the plugin's own runs at each touch.

    Such code may say of NaN that it is finite, and raise or leave where nobody takes it for the plugin's doing.
    """
    if not isinstance(value, torch.Tensor):
        raise Unfit(f"got {type(value).__name__}, expected a tensor")
    try:
        with torch._C.DisableTorchFunctionSubclass():
            found = torch.Tensor.detach(value)
            if found.is_nested or found.layout != torch.strided:
                raise Unfit(f"got a {'nested' if found.is_nested else found.layout} tensor, expected a dense one")
            return torch.Tensor.as_subclass(found, torch.Tensor).resolve_conj().resolve_neg()
    except (RuntimeError, TypeError) as error:
        raise Unfit(f"got a {type(value).__name__} that cannot be read: {plain(str(error))}") from error


def _same_device(got: torch.device, expected: torch.device) -> bool:
    return got.type == expected.type and (got.index or 0) == (expected.index or 0)
