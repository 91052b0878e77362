"""Metrics that third parties install: found by name, called by name, blamed by name."""

from __future__ import annotations

import importlib
import runpy
from pathlib import Path

import numpy as np
import pytest

from genbench.errors import UnknownName
from genbench.evaluate.foreign import direction
from genbench.evaluate.scores import Sides, compare_by_plugins
from genbench.metrics.catalogue import expand

INSTALL = Path(__file__).parents[1] / "toys" / "install.py"


@pytest.fixture(autouse=True)
def _installed(tmp_path, monkeypatch):
    runpy.run_path(str(INSTALL))["install"](tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()


@pytest.fixture
def sides():
    generator = np.random.default_rng(0)
    return Sides(real=generator.normal(size=(60, 3)), fake=generator.normal([3, 4, 0], 1, (60, 3)))


def test_a_metric_is_given_what_it_asks_for(sides):
    scores = compare_by_plugins(sides, ["mean_shift", "likeness"])
    assert scores["mean_shift"].value == pytest.approx(5, abs=0.5)
    assert (scores["likeness"].se, scores["likeness"].warnings) == (0.01, ("a toy",))
    assert compare_by_plugins(sides, ["likeness"]) == {"likeness": scores["likeness"]}
    assert (direction("mean_shift"), direction("likeness")) == ("lower", "higher")


def test_one_that_breaks_has_no_value_and_a_culprit(sides):
    """Kills: a third party's mistake that loses all other measures of a trial."""
    scores = compare_by_plugins(sides, ["breaks", "no_score", "mean_shift"])
    assert scores["breaks"].value is None and scores["no_score"].value is None
    assert "genbench-toymetrics 0.3 [breaks] score: KeyError: 'weights'" in scores["breaks"].warnings[0]
    assert "has no function `score`" in scores["no_score"].warnings[0]
    assert scores["mean_shift"].value is not None


def test_names_are_known_or_refused():
    assert expand(["mean_shift", "fd"]) == ("mean_shift", "fd")
    with pytest.raises(UnknownName, match="did you mean 'mean_shift'"):
        expand(["mean_shft"])
