"""Who looks on: what is told to them, and whose an error is. tests/test_hooks.py has errors in the midst of a hook."""

from __future__ import annotations

import types

import pytest

from genbench.errors import HookError, UnknownName
from genbench.observers import Observers
from genbench.plugins import LoadedPlugin, Plugin
from genbench.status import status_of


def _observers(**functions):
    plugin = Plugin("journal", "journal", "genbench-extras 0.1")
    return Observers([LoadedPlugin(plugin, types.SimpleNamespace(**functions))])


def test_who_wants_to_know_is_told_what_begins(make_trial) -> None:
    """Kills: an observer without `begin` that ends the trial."""
    seen = []
    _observers(begin=seen.append).begin(trial := make_trial())
    _observers().begin(trial)
    assert seen == [trial]


def test_an_observer_that_fails_at_once_is_named(make_trial) -> None:
    """Kills: a third party's mistake told as the harness's own."""

    def begin(trial):
        raise FileNotFoundError("no folder for the journal")

    with pytest.raises(HookError, match=r"genbench-extras 0\.1 \[journal\].*no folder") as caught:
        _observers(begin=begin).begin(make_trial())
    assert status_of(caught.value)[0] == "FAILED(build)"


def test_an_error_from_no_hook_is_nobodys() -> None:
    assert _observers().culprit_of(ValueError("never raised")) is None


def test_a_name_that_is_not_installed_is_told() -> None:
    with pytest.raises(UnknownName, match="journl"):
        Observers.named(["journl"])
