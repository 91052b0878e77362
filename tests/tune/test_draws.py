"""Configurations are drawn the same way whatever else is tuned, never twice, and never one that a model refuses."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.tuning.draws import Answer, Configuration, Drawer, Lot
from genbench.tuning.samplers import Draw, RandomSampler
from genbench.tuning.search import Dimension, Space, key_of

SPACE = Space(
    model="m",
    dimensions=(
        Dimension(option="x", low=0, high=1),
        Dimension(option="n", low=1, high=3, is_whole=True),
        Dimension(option="c", choices=("a", "b")),
    ),
)
SMALL = Space(model="m", dimensions=(Dimension(option="n", choices=(2, 4, 5)),))
BASE = {"x": 0.5, "n": 2, "c": "a"}


COARSE = Space(model="m", dimensions=(Dimension(option="n", low=1, high=40, is_whole=True),))


def _taken(candidate: dict[str, Any]) -> Answer:
    """Refuse two of five."""
    if candidate["n"] % 5 in (1, 3) and "x" not in candidate:
        return Answer(None, "refused")
    is_refused = int(1000 * candidate.get("x", 0.0)) % 5 < 2 and "x" in candidate
    return Answer(None, "refused") if is_refused else Answer(BASE | candidate)


def _lot(space: Space = SPACE, data: str = "tiny") -> Lot:
    return Lot(data, space, {0: Configuration(0, BASE)})


def _fill(lots: list[Lot], trials: int, seed: int = 0) -> int:
    """Fill lots; return how often a model was asked."""
    calls = []
    drawer = Drawer(
        RandomSampler(seed), lambda model, candidates: calls.append(model) or [_taken(each) for each in candidates]
    )
    drawer.fill(lots, range(1, trials))
    return len(calls)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(0, 12), st.sampled_from([SPACE, COARSE]))
def test_more_trials_change_none_of_the_fewer(seed, trials, more, space) -> None:
    """Kills: a generator whose state goes from draw to draw; a redraw that gives way to a higher number."""
    few, many = _lot(space), _lot(space)
    _fill([few], trials, seed)
    _fill([many, _lot(space, data="other")], trials + more, seed)
    assert few.found.items() <= many.found.items()
    assert sorted(few.found) == list(range(trials))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_none_is_drawn_twice_and_none_that_is_refused(seed) -> None:
    """Kills: a configuration that is tried twice; one that the model refuses; a refusal that nobody is told of."""
    lot = _lot()
    _fill([lot], 10, seed)
    assert len({key_of(each.options) for each in lot.found.values()}) == 10
    assert all(_taken(each.options).options for each in lot.found.values() if each.number)
    redrawn = [each for each in lot.found.values() if each.refused]
    assert all(each.refused[0] == "refused" for each in redrawn)


def test_a_space_that_is_exhausted_has_no_more() -> None:
    """Kills: a search that does not end, or that counts one configuration twice."""
    lot = _lot(SMALL)
    _fill([lot], 8)
    assert sorted(each.options["n"] for each in lot.found.values()) == [2, 4, 5]
    assert len(lot.absent) == 5


def test_a_model_without_dimensions_is_never_asked() -> None:
    lot = _lot(Space(model="m", dimensions=()))
    assert _fill([lot], 8) == 0
    assert list(lot.found) == [0]


def test_a_dimension_more_changes_no_other_ones_value() -> None:
    """Kills: coordinates drawn one after another from one generator."""
    sampler = RandomSampler(3)
    more = Space(model="m", dimensions=(Dimension(option="a", low=0, high=1), *SPACE.dimensions))
    for number in range(1, 9):
        draw = Draw("m", "tiny", number)
        assert sampler.propose(draw, SPACE, ()).items() <= sampler.propose(draw, more, ()).items()


@given(st.integers(0, 2**32 - 1))
def test_other_models_data_sets_and_seeds_draw_otherwise(seed) -> None:
    """Kills: a draw that leaves out one of what it depends on."""
    draws = [
        Draw("m", "tiny", 1),
        Draw("n", "tiny", 1),
        Draw("m", "other", 1),
        Draw("m", "tiny", 2),
        Draw("m", "tiny", 1, 1),
    ]
    drawn = [RandomSampler(seed).propose(each, SPACE, ())["x"] for each in draws]
    drawn.append(RandomSampler(seed + 1).propose(draws[0], SPACE, ())["x"])
    assert len(set(drawn)) == len(drawn)


def test_draws_are_uniform() -> None:
    """Kills: bits of a hash that are read twice, or a point that leaves half of the range out."""
    drawn = [RandomSampler(0).propose(Draw("m", "tiny", number), SPACE, ())["x"] for number in range(4000)]
    shares = [sum(low / 8 <= each < (low + 1) / 8 for each in drawn) / 4000 for low in range(8)]
    assert max(abs(share - 1 / 8) for share in shares) < 0.02  # 4 deviations
