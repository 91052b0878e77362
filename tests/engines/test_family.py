"""Descendants are found whatever happens in between, and killing ends when they are dead."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from genbench.engines import family

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


def test_descendants_are_those_below() -> None:
    """Kills: children without grandchildren, or relatives of others."""
    assert sorted(family.descendants(1, {2: 1, 3: 2, 4: 3, 5: 9, 1: 0})) == [2, 3, 4]


def test_this_process_has_the_parent_that_it_has() -> None:
    assert family.parents()[os.getpid()] == os.getppid() == family.parent(os.getpid())


@on_linux
def test_what_is_started_can_be_found_weighed_and_killed() -> None:
    """Kills: a search by the environment that any variable satisfies; a description without the command."""
    with subprocess.Popen(["sleep", "999"], env={family.TOKEN: "a", "PATH": os.environ["PATH"]}) as child:
        assert family.wait_until(lambda: family.carriers("a") == [child.pid], 10)
        assert family.carriers("") == []
        assert family.wait_until(lambda: family.describe(child.pid) == f"{child.pid} sleep 999", 10)
        assert family.resident([child.pid]) > 0
        assert family.extinguish(lambda: family.carriers("a"), 10) == {child.pid: f"{child.pid} sleep 999"}
        assert child.wait() == -9


def test_killing_ends_when_the_killed_are_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: an end as soon as a dying process can no longer be known by its environment."""
    found = iter([[2**30], [], [], []])
    still = iter([{2**30: 1}, {2**30: 1}, {}])
    monkeypatch.setattr(family, "parents", lambda: next(still))
    assert list(family.extinguish(lambda: next(found), 10)) == [2**30]
    assert next(still, None) is None


def test_what_nobody_can_kill_is_given_up() -> None:
    assert not family.wait_until(lambda: False, 0.05)
    assert list(family.extinguish(lambda: [2**30], 0.05)) == [2**30]
