"""Optuna's sampler, where it is installed; and what is said where it is not."""

from __future__ import annotations

import math
import sys
from statistics import median

import pytest

from genbench.errors import UsageError
from genbench.tuning.samplers import Draw, TpeSampler, Tried, sampler_of
from genbench.tuning.search import Dimension, Search, Space

SPACE = Space(
    model="m",
    dimensions=(
        Dimension(option="x", low=1e-4, high=1.0, is_log=True),
        Dimension(option="n", low=1, high=9, is_whole=True),
        Dimension(option="c", choices=("a", "b")),
    ),
)


def test_without_optuna_it_says_how_to_install_it(monkeypatch) -> None:
    """Kills: a traceback of a missing module, or one that is told after hours."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    search = Search(trials=2, seed=0, sampler="tpe", metric=None, training_seed=1, seeds=1, spaces=())
    with pytest.raises(UsageError, match=r"pip install 'genbench\[optuna\]'"):
        sampler_of(search)


def _distance(options: dict) -> float:
    """Return by how many decades x is off."""
    return abs(math.log10(options["x"]) + 2)


def _searched(trials: int) -> list[dict]:
    """Return what is proposed one after another where x of 0.01 is best; what is above a half fails."""
    pytest.importorskip("optuna")
    sampler, known = TpeSampler(0), [{"x": 0.5, "n": 3, "c": "a"}]
    for number in range(1, trials):
        ordered = sorted(known, key=_distance)
        worst = float(len(known))
        tried = [Tried(each, worst if each["x"] > 0.5 else float(ordered.index(each))) for each in known]
        known.append(sampler.propose(Draw("m", "tiny", number), SPACE, tried))
    return known


def test_it_proposes_the_same_again_and_in_range() -> None:
    """Kills: a state that a kill loses."""
    first = _searched(14)
    assert first == _searched(14)
    assert all(1e-4 <= each["x"] <= 1 and 1 <= each["n"] <= 9 and each["c"] in ("a", "b") for each in first)


def test_it_learns_what_is_good() -> None:
    """Kills: places told upside down."""
    found = [_distance(each) for each in _searched(40)]
    assert median(found[20:]) < 0.6 * median(found[:20])
