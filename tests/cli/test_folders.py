"""Which run is meant by what a shell makes of `results/*`."""

from __future__ import annotations

import os

import pytest

from genbench.cli.folders import PLAN, SHOWN, one_run
from genbench.errors import ResultsError
from genbench.store import folder


def _run(path, *, age=0):
    path.mkdir(parents=True)
    (path / PLAN).write_text("{}")
    os.utime(path / PLAN, (10**9 - age, 10**9 - age))
    return path


def test_a_plan_is_called_as_the_store_calls_it() -> None:
    """Kills: a name that was changed in one of the two places, after which no run is one."""
    assert PLAN == folder.PLAN


def test_the_one_run_among_other_folders(tmp_path) -> None:
    """Kills: `genbench table results/*` refused where `results` holds anything besides the run."""
    run = _run(tmp_path / "run")
    (tmp_path / "bench").mkdir()
    (tmp_path / "notes.txt").write_text("")
    assert one_run(None, None, tuple(sorted(tmp_path.glob("*")))) == run


def test_one_folder_is_taken_as_it_stands(tmp_path) -> None:
    """Kills: a folder that is missing or damaged told as anything else than by who reads it."""
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "none", tmp_path / "empty", _run(tmp_path / "run")):
        assert one_run(None, None, (path,)) == path


def test_several_runs_are_listed_and_none_is_guessed(tmp_path) -> None:
    """Kills: the first of several runs taken in silence, the oldest named first, a screen full of runs."""
    old, new = _run(tmp_path / "b", age=9), _run(tmp_path / "a")
    with pytest.raises(ResultsError, match="got 2 runs, expected one:") as raised:
        one_run(None, None, (old, new))
    assert str(raised.value).splitlines()[-2:] == [f"  {new}", f"  {old}"]
    for number in range(SHOWN):
        _run(tmp_path / f"c{number}", age=99)
    with pytest.raises(ResultsError, match="is a folder of runs, expected one run:") as raised:
        one_run(None, None, (tmp_path,))
    assert str(raised.value).splitlines()[-1] == "  and 2 more"
    with pytest.raises(ResultsError, match="got 2 folders without a run"):
        one_run(None, None, (tmp_path / "x", tmp_path / "y"))
