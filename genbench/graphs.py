"""Whole training steps as CUDA graphs: one launch a step instead of a hundred, for any plugin.

    step = graphed(partial(_step, model, adam), model, adam)
    for x in batches:
        batches.log(loss=step(x))

What is captured is what the device was told to do, and nothing of what Python did meanwhile. Learning rates are read
anew at each call, and noise that is drawn on the device is fresh; a step that needs anything else of the host is
refused, as far as that can be seen.

References:
    PyTorch, CUDA semantics, "CUDA Graphs": https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

from genbench.captures import HostState, Rates, Tensors
from genbench.errors import CaptureError
from genbench.updates import replayed, undone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import nn
    from torch.optim import Optimizer

WARM_UP = 3  # steps before a capture: libraries choose kernels and make workspaces
MOST_SHAPES = 4  # of inputs, each of which is a graph of its own
SWITCH = "GENBENCH_GRAPHS"  # environment variable; "off" calls every step plainly
_plainly = 0  # how many `ungraphed` are entered


def graphed(step: Callable[..., Any], model: nn.Module, *optimisers: Optimizer) -> Callable[..., Any]:
    """Return `step` as it is, or on CUDA what replays it as one graph.

    On CUDA the first call is a plain one, in which optimisers make their state. The second warms up, which is undone to
    the last bit, and captures; from then on calls are replays. They count as updates of their networks.

    Args:
        step: takes tensors [batch, ...] of constant shape, computes losses, their gradients and steps; it returns
            tensors. What it returns is overwritten by the next call: `batches.log` copies.
        model: holds every parameter and buffer that the step changes.
        optimisers: that step in it. `batches.keep` them before the first call.

    Raises:
        CaptureError: at the second call: the step waits for the device, draws on the host, or counts in Python; later:
            a hyperparameter other than the learning rate has changed, or inputs come in too many shapes. Where a model
            of somebody else's does it, the environment variable GENBENCH_GRAPHS=off calls all steps plainly.
    """
    device = next(model.parameters()).device
    if device.type != "cuda" or _plainly or os.environ.get(SWITCH) == "off":
        return step
    return Graphed(step, model, optimisers, CudaRecorder(device))


@contextmanager
def ungraphed() -> Iterator[None]:
    """Leave steps as they are inside: what counts operations sees none of a replay."""
    global _plainly
    _plainly += 1
    try:
        yield
    finally:
        _plainly -= 1


class Recorder(Protocol):
    """Runs work aside, and records work to be replayed."""

    def aside(self, work: Callable[[], object]) -> None:
        """Do `work` where a capture may follow it."""
        ...

    def record(self, work: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        """Record `work` without doing it; return what does it, and where its result will be."""
        ...


class CudaRecorder:
    """Records on a stream of its own, as CUDA demands."""

    def __init__(self, device: torch.device) -> None:
        self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]

    def aside(self, work: Callable[[], object]) -> None:
        """Do `work` on the other stream, in its turn."""
        current = torch.cuda.current_stream(self._stream.device)
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            work()
        current.wait_stream(self._stream)

    def record(self, work: Callable[[], Any]) -> tuple[Callable[[], None], Any]:
        """Capture; other threads may go on fetching rows meanwhile."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream, capture_error_mode="thread_local"):
            result = work()
        return graph.replay, result


class Graphed:
    """A step that is replayed.

    Args:
        step: see `graphed`.
        model: likewise.
        optimisers: likewise.
        recorder: captures.
    """

    def __init__(
        self, step: Callable[..., Any], model: nn.Module, optimisers: Sequence[Optimizer], recorder: Recorder
    ) -> None:
        self._step = step
        self._model = model
        self._optimisers = optimisers
        self._recorder = recorder
        self._device = next(model.parameters()).device
        self._rates: Rates | None = None  # from the first call on
        self._captures: dict[tuple[Any, ...], _Capture] = {}

    def __call__(self, *inputs: Tensor) -> Any:
        """Step once.

        Raises:
            CaptureError: see `graphed`.
        """
        _check_inputs(inputs)
        if self._rates is None:
            self._rates = Rates(self._optimisers, self._device)
            return _detached(self._step(*inputs))
        self._rates.refresh()
        shapes = tuple((each.shape, each.dtype, each.device) for each in inputs)
        capture = self._captures.get(shapes)
        if capture is None:
            capture = self._captures[shapes] = self._capture(inputs)
        return capture.replay(inputs)

    def _capture(self, inputs: Sequence[Tensor]) -> _Capture:
        if len(self._captures) == MOST_SHAPES:
            raise CaptureError(
                f"a graphed step got inputs in a {MOST_SHAPES + 1}th shape, {[tuple(each.shape) for each in inputs]}: "
                "each shape is a graph; make them alike, or call the step itself"
            )
        places = [each.clone() for each in inputs]
        before = Tensors(self._model, self._optimisers)
        host = HostState(self._model, self._optimisers, self._device)
        with undone() as steps:
            self._recorder.aside(lambda: [self._step(*places) for _ in range(WARM_UP)])
            host.check()
            before.put_back()
            steps.clear()
            try:
                replay, result = self._recorder.record(lambda: self._step(*places))
            except torch.OutOfMemoryError:
                raise
            except RuntimeError as error:
                raise CaptureError(
                    f"the step cannot be captured as a CUDA graph: {error}; it must not wait for the device (.item(), "
                    ".cpu(), print, if on a tensor) nor copy from the host: do that outside of it, or call it ungraphed"
                ) from error
        return _Capture(replay, places, _detached(result), tuple(steps))


class _Capture:
    """One graph, where its inputs are put, and where its result appears."""

    def __init__(
        self, replay: Callable[[], None], places: list[Tensor], result: Any, steps: tuple[Optimizer, ...]
    ) -> None:
        self._replay = replay
        self._places = places
        self._result = result
        self._steps = steps  # optimisers, in the order of their steps

    def replay(self, inputs: Sequence[Tensor]) -> Any:
        torch._foreach_copy_(self._places, list(inputs))
        self._replay()
        replayed(self._steps)
        return self._result


def _check_inputs(inputs: Sequence[object]) -> None:
    for each in inputs:
        if not isinstance(each, Tensor):
            raise CaptureError(
                f"a graphed step got {type(each).__name__}, expected tensors: a number would be frozen in the graph; "
                "pass torch.full((), number, device=...)"
            )


def _detached(result: Any) -> Any:
    return tree_map_only(Tensor, Tensor.detach, result)
