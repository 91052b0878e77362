"""Does it do what it is asked: batch sizes, options, precisions, compilation, reconstructions?"""

from __future__ import annotations

import enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin
from unittest import mock

import torch

from genbench.errors import HookError
from genbench.snapshots import tensors
from genbench.testing.checks.catalogue import check
from genbench.testing.flaws import Flaw, Inapplicable, Note, some
from genbench.testing.places import make_rows
from genbench.testing.stand import Stand, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD = (2, 7)  # rows of a hand-out
RELATIVE, ABSOLUTE = 1e-3, 1e-4  # of weights, for what the compiler puts together otherwise


@check(
    "batch sizes",
    "any number of rows of a hand-out trains, or is refused by a ValueError of `build`",
    "take the number of rows from the hand-out or from task.batch_size, never from a constant",
)
def batch_sizes(stand: Stand) -> None:
    """Few, and an odd number; the refusals are told."""
    refused: list[str] = []
    for size in ODD:
        task = stand.task(batch_size=size)
        try:
            stand.build(task)
        except HookError as error:
            _refuse(error, refused, f"{size} rows")
            continue
        trained = stand.train(task, steps=2)
        stand.draw(trained, 3)
    if refused:
        raise Note(f"refused {'; '.join(refused)}")


@check(
    "options",
    "every choice that an option offers trains, or is refused by a ValueError of `build` that says why",
    "see to each value of a Literal, an enum and a switch, and validate what does not go together",
    slow=True,
)
def options(stand: Stand) -> None:
    """Each value of each choice, the others at their defaults."""
    if stand.declared is None:
        raise Inapplicable("it has no options")
    refused: list[str] = []
    for name, value in _choices(stand):
        try:
            stand.build(stand.task(), **{name: value})
        except HookError as error:
            _refuse(error, refused, f"{name} = {value}")
            continue
        stand.draw(stand.train(steps=2, options={name: value}), 3)
    if refused:
        raise Note(f"refused {'; '.join(refused)}")


@check(
    "descriptions",
    "every option says what it is",
    "Field(default, description='...')",
)
def descriptions(stand: Stand) -> None:
    """What `genbench models` cannot tell of an option nobody can use."""
    fields = {} if stand.declared is None else stand.declared.model_fields
    silent = [name for name, field in fields.items() if not field.description and name != "batch_size"]
    if silent:
        raise Note(f"no description of {some(silent)}")


@check(
    "bf16",
    "with task.precision 'bf16' it trains, keeps its weights in float32, and draws float32 samples",
    "autocast the forward pass alone: torch.autocast(task.device.type, torch.bfloat16, task.precision == 'bf16')",
)
def bf16(stand: Stand) -> None:
    """Half precision is for what is computed, never for what is kept."""
    trained = stand.train(stand.task(precision="bf16"), steps=3)
    half = [name for name, value in tensors(trained.model.state_dict()) if value.dtype == torch.bfloat16]
    if half:
        raise Flaw(f"{some(half)} are bfloat16")
    for variant in stand.variants:
        stand.draw(trained, 3, variant=variant)


@check(
    "compile",
    "with task.compile the state has the same names, and nearly the same numbers",
    "compile the step or a method, not the module that is returned; draw noise outside of what is compiled",
    slow=True,
)
def compiled(stand: Stand) -> None:
    """By the backend that only traces."""
    with mock.patch("torch.compile", partial(torch.compile, backend="eager")):
        trained = stand.train(stand.task(compile=True))
    plain, other = state_of(stand.trained.model), state_of(trained.model)
    if plain.keys() != other.keys():
        raise Flaw(f"names of the state differ: {some(sorted(plain.keys() ^ other.keys()))}")
    far = [name for name in plain if not torch.allclose(plain[name].double(), other[name].double(), RELATIVE, ABSOLUTE)]
    if far:
        raise Flaw(f"{some(far)} differ by more than {RELATIVE:.0e}")


@check(
    "reconstructions",
    "`reconstruct` returns a tensor like its rows, in the kind's range",
    "encode and decode the rows that were given, each by itself",
)
def reconstructions(stand: Stand) -> None:
    """Of one row and of several; an image in [0, 1]."""
    if "reconstruct" not in stand.trained.hooks.implemented:
        raise Inapplicable("it reconstructs nothing")
    rows = make_rows(stand.trained.task, 5)[0].to(stand.device)
    for count in (1, 5):
        made = stand.trained.hooks.reconstruct(stand.trained.model, stand.trained.task, rows[:count])
    if stand.trained.task.kind == "image" and not bool(((made >= 0) & (made <= 1)).all()):
        raise Flaw(f"reconstructions reach from {float(made.min()):.3g} to {float(made.max()):.3g}")


def _choices(stand: Stand) -> Iterator[tuple[str, Any]]:
    """Yield each value of each choice but the default."""
    assert stand.declared is not None
    for name, field in stand.declared.model_fields.items():
        kind = field.annotation
        offered: tuple[Any, ...] = ()
        if kind is bool:
            offered = (False, True)
        elif get_origin(kind) is Literal:
            offered = get_args(kind)
        elif isinstance(kind, type) and issubclass(kind, enum.Enum):
            offered = tuple(each.value for each in kind)
        yield from ((name, each) for each in offered if each != field.default)


def _refuse(error: HookError, refused: list[str], what: str) -> None:
    """Note a refusal; anything but a ValueError of `build` is a failure."""
    if not isinstance(error.__cause__, ValueError):
        raise Flaw(f"{what}: {error.reason}") from error
    refused.append(f"{what}: {error.reason}")
