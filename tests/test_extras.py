"""A plugin whose libraries are not installed is listed, explained and never imported."""

from __future__ import annotations

import json
import sys

import pytest
from click.testing import CliRunner

from genbench import plugins
from genbench.cli.models import command
from genbench.doctor import installed
from genbench.entries import Entry
from genbench.errors import UsageError
from genbench.extras import NOTHING, examine
from genbench.survey import name_problems

REQUIRES = """\
Requires-Dist: pluggy
Requires-Dist: no-such-library>=2 ; extra == "far"
Requires-Dist: pluggy>=1.0 ; extra == "near"
Requires-Dist: pluggy<0.1 ; extra == "old"
Requires-Dist: genbench-extra-toy[near] ; extra == "both"
Requires-Dist: genbench_extra_toy[far] ; extra == "both"
Requires-Dist: genbench-extra-toy[loop] ; extra == "loop"
Requires-Dist: nothing-for-you ; extra == "elsewhere" and python_version < "3"
"""
FAR = "needs no-such-library: pip install 'genbench-extra-toy[far]'"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A distribution with extras, and models that need them in a module that cannot be imported."""
    (tmp_path / "unwilling_toy.py").write_text("raise RuntimeError('imported')")
    folder = tmp_path / "genbench_extra_toy-0.2.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: genbench-extra-toy\nVersion: 0.2\n{REQUIRES}")
    (folder / "entry_points.txt").write_text(
        "[genbench.models]\nextra.far = unwilling_toy:far [far]\nextra.near = unwilling_toy : near [near]\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))


@pytest.mark.parametrize(
    ("value", "place", "extras"),
    [
        ("a.b", "a.b", ()),
        ("a.b:c.d", "a.b:c.d", ()),
        ("a.b : c [x, y]", "a.b:c", ("x", "y")),
        ("a[x]", "a", ("x",)),
        ("a b", "a b", ()),
        ("a:", "a:", ()),
    ],
)
def test_an_entry_points_value_is_read(value, place, extras) -> None:
    """Kills: an extra that becomes part of the object's name."""
    entry = Entry("toy", value, None, "")
    assert (entry.place, entry.extras) == (place, extras)


@pytest.mark.parametrize(
    ("extras", "needs"),
    [
        (("far",), FAR),
        (("near",), ""),
        (("old",), "needs pluggy<0.1 (got "),
        (("both",), "needs no-such-library: pip install 'genbench-extra-toy[both]'"),
        (("loop",), ""),
        (("elsewhere",), ""),
        (("undeclared",), ""),
    ],
)
def test_what_an_extra_needs(toy, extras, needs) -> None:
    """Kills: a version that is not compared; an extra of extras that is not followed; a marker that is not asked."""
    found = examine("genbench-extra-toy", extras).needs
    assert found.startswith(needs)
    assert bool(found) is bool(needs)


def test_what_is_there_is_told_with_its_version(toy) -> None:
    (library,) = examine("genbench-extra-toy", ("near",)).libraries
    assert library.startswith("pluggy 1.")
    assert examine(None, ("near",)) == NOTHING


def test_the_models_are_listed_and_not_imported(toy) -> None:
    """Kills: a list without the reason; an import to find it out."""
    found = {each.name: each for each in plugins.find_all()}
    assert found["extra.near"].needs == ""
    assert found["extra.far"].needs == FAR
    assert FAR in CliRunner().invoke(command, []).output
    rows = {row["model"]: row for row in json.loads(CliRunner().invoke(command, ["--json"]).output)}
    assert rows["extra.far"]["cannot be used"] == FAR
    assert rows["extra.near"]["cannot be used"] == ""
    assert "unwilling_toy" not in sys.modules


def test_what_lacks_its_library_is_refused_in_one_line(toy) -> None:
    """Kills: a ModuleNotFoundError out of somebody's plugin."""
    with pytest.raises(UsageError) as error:
        plugins.find("extra.far")
    assert str(error.value) == f"model 'extra.far' {FAR}"
    assert plugins.find("extra.near").module == "unwilling_toy:near"


def test_a_run_is_refused_before_anything_starts(toy) -> None:
    """Kills: a FAILED(import) row after other models have been trained."""
    assert name_problems(("extra.far", "extra.far@labelled", "gan"), ("digits",)) == [f"model 'extra.far' {FAR}"] * 2


def test_the_doctor_notes_it(toy) -> None:
    """Kills: a doctor that fails where a library that nobody asked for is missing."""
    told = [each for each in installed.plugin_groups() if "extra.far" in each.text]
    assert [(each.state, each.text) for each in told] == [("warn", "needs no-such-library: extra.far")]
