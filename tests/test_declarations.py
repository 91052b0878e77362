"""Declared options are tried before anything runs: made, written, and made again from what was written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from pydantic import BaseModel, ConfigDict, Field, model_validator

from genbench.declarations import options_fault
from genbench.errors import SpecError
from genbench.inspection import DEFAULT_BATCH, resolved
from genbench.messages import Inspect


class Good(BaseModel):
    rate: float = Field(1e-3, gt=0, le=1)
    widths: tuple[int, ...] = (8, 8)
    prior: float | None = None


class Renamed(BaseModel):
    model_config = ConfigDict(populate_by_name=True)
    rate: float = Field(0.1, alias="learning-rate")


class Needed(BaseModel):
    rate: float


class OutOfRange(BaseModel):
    depth: int = Field(5, le=3)


class Hidden(BaseModel):
    rate: float = Field(0.1, alias="learning-rate")


class Code(BaseModel):
    activation: Callable[..., object] = len


class Kind(BaseModel):
    model_config = ConfigDict(arbitrary_types_allowed=True)
    dtype: torch.dtype = torch.float32


class Raising(BaseModel):
    rate: float = 0.1

    @model_validator(mode="after")
    def _odd(self) -> Raising:
        raise KeyError("odd")


class Growing(BaseModel):
    rate: float = 0.1

    @model_validator(mode="after")
    def _double(self) -> Growing:
        self.rate *= 2
        return self


class Huge(BaseModel):
    prompt: str = "x" * 100_000


@pytest.mark.parametrize("declared", [Good, Renamed])
def test_good_options_have_no_fault(declared: type[BaseModel]) -> None:
    assert options_fault(declared) is None


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (Good(), "expected a pydantic model class"),
        ({"rate": 1}, "got {'rate': 1}, expected a pydantic model class"),
        (Needed, "rate: Field required, got {}; give every option a default in its range"),
        (OutOfRange, "depth: Input should be less than or equal to 3, got 5; give"),
        (Hidden, "rate: read under an alias, expected the option's own name"),
        (Code, "use numbers, text and lists of them"),
        (Kind, "use numbers, text and lists of them"),
        (Raising, "KeyError: 'odd'; use numbers"),
        (Growing, "defaults are {'rate': 0.2}, but {'rate': 0.4} when written and read again"),
        (Huge, "bytes as JSON, expected at most 65536"),
    ],
)
def test_bad_options_are_told_before_anything_runs(declared: object, said: str) -> None:
    """Kills: a process that dies without a word at the validation; a default that fails in every trial."""
    fault = options_fault(declared)
    assert fault is not None
    assert said in fault
    assert len(fault) < 500


@pytest.mark.parametrize("rows", [0, -1])
def test_a_batch_of_no_rows_is_refused(rows: int) -> None:
    """Kills: the default's 128 rows in silence where a model asks for none."""
    declared = type("Sized", (BaseModel,), {"__annotations__": {"batch_size": int}, "batch_size": rows})
    with pytest.raises(SpecError, match=rf"toy.batch_size: got {rows}, expected a number of rows"):
        resolved(Inspect(name="toy"), declared)


def test_an_option_of_rows_that_is_left_open_gets_the_usual_ones() -> None:
    """Kills: a model refused for `batch_size: int | None = None`, which leaves the rows to the harness."""

    class Open(BaseModel):
        batch_size: int | None = None

    assert resolved(Inspect(name="toy"), Open) == ({"batch_size": DEFAULT_BATCH}, DEFAULT_BATCH)
    assert resolved(Inspect(name="toy", batch_size=7), Open) == ({"batch_size": 7}, 7)
