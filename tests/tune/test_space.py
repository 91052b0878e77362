"""What is searched of a model's options, by its own schema and by what a study names."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from genbench.tuning.asked import Range, Tune
from genbench.tuning.search import Dimension
from genbench.tuning.space import space_of

UNIT = st.floats(0, 1, exclude_max=True)


class Options(BaseModel):
    lr: float = Field(1e-3, ge=1e-5, le=1e-1)
    beta: float = Field(0.5, ge=0, lt=1)
    steps: int = Field(1, gt=0, lt=4)
    units: int = Field(8, ge=1, le=1000)
    loss: Literal["a", "b"] = "a"
    only: Literal["one"] = "one"
    flag: bool = False
    other: float | None = Field(None, ge=0, le=1)
    set_one: float | None = Field(0.5, ge=0, le=1)
    ranged: float | None = Field(None, ge=0, le=1, json_schema_extra={"tune": {"low": 0.2, "high": 0.4}})
    fixed: int = Field(5, ge=1, le=10, json_schema_extra={"tune": False})
    open_end: float = Field(1.0, ge=0)
    policy: tuple[Annotated[str, Field(max_length=3)], ...] = ()
    batch_size: int = Field(8, ge=1, le=512)


def _space(**changes: object):
    return space_of("m", Options.model_json_schema(), Options().model_dump(mode="json"), **changes)


def test_every_option_with_a_range_is_searched_and_no_other() -> None:
    """Kills: None searched, `tune: False` ignored, batches searched, an exclusive end of whole numbers included."""
    space, problems = _space()
    told = {each.option: str(each) for each in space.dimensions}
    assert problems == []
    assert told == {
        "lr": "lr 1e-05 to 0.1 (log)",
        "beta": "beta 0 to 1",
        "steps": "steps 1 to 3",
        "units": "units 1 to 1000 (log)",
        "loss": "loss a|b",
        "flag": "flag False|True",
        "set_one": "set_one 0 to 1",
        "ranged": "ranged 0.2 to 0.4",
    }
    assert set(space.kept) == {"only", "other", "fixed", "open_end", "policy", "batch_size"}


def test_what_the_study_gives_stays_unless_it_names_a_range() -> None:
    """Kills: a search over the option that makes `gan@mm` what it is."""
    space, _ = _space(given=["lr", "beta"], space={"beta": (0.0, 0.5)})
    told = {each.option: str(each) for each in space.dimensions}
    assert "lr" not in told
    assert told["beta"] == "beta 0.0|0.5"


def test_a_study_may_name_all_that_is_searched() -> None:
    space, _ = _space(space={"open_end": Range(low=1, high=2), "other": Range(low=0.1, high=0.2)}, only_named=True)
    assert [each.option for each in space.dimensions] == ["other", "open_end"]


def test_an_unknown_option_is_named() -> None:
    _, problems = _space(space={"lrr": Range(low=1, high=2)})
    (problem,) = problems
    assert "tune.space.m: no option 'lrr'; did you mean 'lr'" in problem


def test_a_model_without_options_has_nothing_to_tune() -> None:
    space, problems = space_of("m", None, {})
    assert (space.dimensions, problems) == ((), [])


@given(UNIT, st.floats(1e-6, 1e3), st.floats(1, 1e6))
def test_values_are_in_their_range(point, low, ratio) -> None:
    """Kills: an end passed by rounding; a logarithm of the wrong base."""
    for is_whole in (False, True):
        least, most = (1 + int(low), 1 + int(low) + int(ratio)) if is_whole else (low, low * ratio * 1.01)
        for log in (False, True):
            value = Dimension.of_range("x", Range(low=least, high=most, log=log), is_whole=is_whole).at(point)
            assert least <= value <= most
            assert isinstance(value, int) == is_whole


@pytest.mark.parametrize(("log", "middle"), [(False, 500.5), (True, 10**1.5)])
def test_the_middle_is_the_mean_or_the_geometric_mean(log, middle) -> None:
    """Kills: uniform draws of a range of decades."""
    assert Dimension.of_range("x", Range(low=1, high=1000, log=log), is_whole=False).at(0.5) == pytest.approx(middle)


def test_whole_numbers_are_equally_likely() -> None:
    """Kills: a last number that is never drawn, or ends of half the chance."""
    dimension = Dimension.of_range("x", Range(low=2, high=5), is_whole=True)
    drawn = [dimension.at(each / 400) for each in range(400)]
    assert {each: drawn.count(each) for each in set(drawn)} == dict.fromkeys((2, 3, 4, 5), 100)


WRONG = [
    {"low": 2, "high": 1},
    {"low": 0, "high": 1, "log": True},
    {"low": 1},
    {"high": "x", "low": 1},
    [],
    [1, 1],
    "a",
]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_range_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="expected"):
        Tune.model_validate({"space": {"m": {"lr": wrong}}})


def test_a_measure_that_validation_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="expected METRIC or METRIC:FEATURES: "):
        Tune(metric="copies")
