"""Count the floating-point operations that a piece of code really executes, double backward passes included.

Counted: the contractions, where the arithmetic of a network is. A product of matrices or vectors, a convolution, an
attention and a fused recurrent layer cost two operations per multiply-add; biases, padding and masks cost nothing, a
causal mask halves nothing, and whatever is computed again (checkpointing) is counted again.

Free: operations whose work is proportional to the elements that they touch, or nearly so. Pointwise operations,
reductions, softmax and normalisation, pooling and interpolation, losses, embedding, indexing, padding, sorting, random
draws, views, factories, copies and casts, and the updates of optimisers.

Everything else is listed in `FlopCounter.uncounted` rather than left out in silence: decompositions and solves, Fourier
transforms, pairwise distances, operations that this table does not know and every custom operation for which no formula
was registered with `torch.utils.flop_counter.register_flop_formula`.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, Self

import torch
from torch._ops import HigherOrderOperator, OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from genbench.flops.free import LINEAR

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    Formula = Callable[..., int]

NAMESPACES = frozenset({"prim", "profiler"})  # bookkeeping of torch itself


class FlopCounter(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves the base class untyped
    """Count within `with counter:`, as often as it is entered; results are the same bits with and without it.

    `torch.utils.flop_counter.FlopCounterMode` gives the same totals where it works, but it follows modules by hooks,
    which fail under a gradient penalty; it overcounts grouped convolutions, and passes over attention on the CPU,
    products with a vector, products in place and fused recurrent layers.

    Compiled functions run uncompiled meanwhile: a kernel of their own would hide what it multiplies, and a function
    that is first called under a dispatch mode would never be compiled again.
    """

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._total = 0
        self._uncounted: set[str] = set()
        self._entered = ExitStack()
        self._depth = 0

    @property
    def total(self) -> int:
        """Floating-point operations counted so far."""
        return self._total

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Sorted names of the operations seen that have no formula and are not free, as `aten._linalg_svd`."""
        return tuple(sorted(self._uncounted))

    def __enter__(self) -> Self:
        if self._depth == 0:
            self._entered.enter_context(torch.compiler.set_stance("force_eager"))
        self._depth += 1
        super().__enter__()  # type: ignore[no-untyped-call]
        return self

    def __exit__(self, *error: object) -> None:
        super().__exit__(*error)  # type: ignore[no-untyped-call]
        self._depth -= 1
        if self._depth == 0:
            self._entered.close()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run one operation and count it, or count what it is made of."""
        kwargs = kwargs or {}
        formula = _formula(func)
        if formula is None and isinstance(func, OpOverload) and func.namespace not in NAMESPACES:
            with self:
                out = func.decompose(*args, **kwargs)
            if out is not NotImplemented:
                return out
        out = func(*args, **kwargs)
        if formula is not None:
            self._add(func, formula, args, kwargs | {"out_val": out})
        elif not _is_free(func):
            self._uncounted.add(_name(func))
        return out

    def _add(self, func: Any, formula: Formula, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        try:
            self._total += int(formula(*args, **kwargs))
        except Exception:  # a formula that does not know these shapes must not end what is counted
            self._uncounted.add(_name(func))


def _formula(func: Any) -> Formula | None:
    """Return the formula of an operation, one that was registered since torch was imported included."""
    name = _name(func).removesuffix("_")  # torch has a formula for `addmm`, none for `addmm_`
    packet = getattr(func, "_overloadpacket", func)
    if packet not in flop_registry and name != _name(func):
        packet = getattr(torch.ops.aten, name.removeprefix("aten."), None)
    registered: Formula | None = flop_registry.get(packet)
    return CORRECTED.get(name) or registered or ADDED.get(name)


@cache
def _name(func: Any) -> str:
    return str(func if isinstance(func, HigherOrderOperator) else func._overloadpacket)


@cache
def _is_free(func: Any) -> bool:
    """Whether an operation costs nothing by the convention above."""
    if isinstance(func, HigherOrderOperator):
        return False
    if func.namespace in NAMESPACES or torch.Tag.pointwise in func.tags:
        return True
    name = func._schema.name.removeprefix("aten::")
    return func.namespace == "aten" and (_takes_no_tensor(func) or _is_cheap(func) or _is_linear(name))


def _takes_no_tensor(func: OpOverload) -> bool:
    return not any("Tensor" in str(argument.type) for argument in func._schema.arguments if not argument.is_out)


def _is_cheap(func: OpOverload) -> bool:
    return func.is_view or torch.Tag.pointwise in func.tags


def _is_linear(name: str) -> bool:
    """Whether a name is in the table, or made from that of a view or a pointwise operation, as `slice_backward`."""
    stem = name.strip("_").removeprefix("foreach_")
    kin = getattr(torch.ops.aten, stem.removesuffix("_backward").removesuffix("_copy"), None)
    overloads = () if kin is None else (getattr(kin, each) for each in kin.overloads())
    return LINEAR.match(stem) is not None or any(_is_cheap(each) for each in overloads)


def _convolution_backward(*args: Any, **_: Any) -> int:
    """Each gradient asked for costs what the forward pass did; torch's formula forgets the groups in the weight's."""
    gradient, rows, weight = args[:3]
    is_transposed, mask = args[7], args[10]
    places = (rows if is_transposed else gradient).shape[2:].numel()
    return (int(mask[0]) + int(mask[1])) * 2 * len(rows) * int(places) * int(weight.numel())


def _product_with_vector(position: int) -> Formula:
    """Return the formula of an operation that meets every element of its argument at `position` once."""
    return lambda *args, **_: 2 * int(args[position].numel())


def _recurrent(passes: int) -> Formula:
    """Return a fused layer's formula: every matrix meets every step once a pass; rows [..., d] are padded or packed."""

    def formula(rows: Tensor, *args: Any, **_: Any) -> int:
        weights = args[0] if isinstance(args[0], list | tuple) else args[:2]
        steps = rows.numel() // rows.shape[-1]
        return passes * 2 * steps * sum(int(weight.numel()) for weight in weights if weight.dim() == 2)

    return formula


def _like(name: str) -> Formula:
    """Return torch's formula for an operation that takes the same arguments."""
    formula: Formula = flop_registry[getattr(torch.ops.aten, name)]
    return formula


CORRECTED: dict[str, Formula] = {"aten.convolution_backward": _convolution_backward}
ADDED: dict[str, Formula] = {
    "aten._addmm_activation": _like("addmm"),
    "aten._int_mm": _like("mm"),
    "aten.addbmm": _like("baddbmm"),
    "aten._scaled_dot_product_flash_attention_for_cpu": _like("_scaled_dot_product_flash_attention"),
    "aten._scaled_dot_product_flash_attention_for_cpu_backward": _like("_scaled_dot_product_flash_attention_backward"),
    "aten.mv": _product_with_vector(0),
    "aten.addmv": _product_with_vector(1),
    "aten.dot": _product_with_vector(0),
    "aten.vdot": _product_with_vector(0),
    "aten.mkldnn_rnn_layer": _recurrent(1),
    "aten.mkldnn_rnn_layer_backward": _recurrent(2),
    "aten._cudnn_rnn": _recurrent(1),
    "aten._cudnn_rnn_backward": _recurrent(2),
}
