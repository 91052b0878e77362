"""A killed trial goes on bit for bit: weights, samples, curves, marks and charges are those of one that was not."""

from __future__ import annotations

import importlib
import json
from itertools import count

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from genbench import checkpoints, feed, hookimpl, portraits, snapshots, trial
from genbench.budget import Budget
from genbench.checkpoints import FILE, Checkpoints
from genbench.engines.call import BEAT, HAND_OUTS, PHASE, PHASES, STOP
from genbench.feed import Feed
from genbench.stream import Stream

pytestmark = pytest.mark.usefixtures("importable")

STEPS = 12
MARKS = (0.25, 0.5)
MODELS = [
    ("vae", "digits"), ("vae", "ring8"), ("gan", "digits"), ("gan", "ring8"), ("draws", "digits"),
    ("two_stage", "digits"), ("conditional", "digits"), ("critics", "digits"), ("ema", "ring8"),
    ("naked_next", "ring8"), ("memory", "ring8"), ("em_gmm", "ring8"),
    ("vq_vae", "digits"), ("two_stage_vae", "ring8"), ("wavenet", "digits"), ("gmm", "ring8"), ("kde", "ring8"),
]  # fmt: skip


class Killed(BaseException):
    """Stands for the end of a process: nothing of the harness handles it as more than an error."""


@pytest.fixture
def eager(monkeypatch) -> None:
    """Save a checkpoint between any two hand-outs."""
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints, "RARELY", 0.0)


@pytest.fixture
def run(attempt):
    """Run an attempt of few steps; return its outcome and its folder."""
    return lambda model, data="digits", **changes: attempt(model, data, **{"steps": STEPS, "marks": MARKS} | changes)


@pytest.fixture
def kill(run, tmp_path, monkeypatch):
    """Run an attempt that is killed while it works on a hand-out, having done `at` before; return its folder."""

    def killed(model, data="digits", at=7, **changes):
        calls, original = count(), Stream.take

        def take(self, until):
            handed = original(self, until)
            if handed is not None and next(calls) == at:
                raise Killed
            return handed

        with monkeypatch.context() as patch:
            patch.setattr(Stream, "take", take)
            outcome, folder = run(model, data, **changes)
        assert outcome.status in ("FAILED(train)", "OK"), outcome.message
        return folder

    return killed


@pytest.fixture
def stop(run, monkeypatch):
    """Run an attempt that is told to stop while its `at`-th hand-out is worked on."""

    def stopped(model, data="digits", at=7, **changes):
        beat, original = [0] * BEAT, Feed.__call__

        def call(self):
            beat[STOP] = int(beat[HAND_OUTS] + 1 >= at)
            return original(self)

        with monkeypatch.context() as patch:
            patch.setattr(Feed, "__call__", call)
            return run(model, data, beat=beat, **changes)

    return stopped


def _result(outcome, folder):
    """Return all of an attempt that does not depend on the clock."""
    spend = outcome.spend
    return {
        "status": (outcome.status, outcome.message, outcome.warnings),
        "digests": outcome.digests,
        "curves": json.loads((folder / outcome.files["curves"]).read_text()) if outcome.files else None,
        "marks": [(mark.fraction, mark.steps, mark.updates) for mark in outcome.marks],
        "spend": (spend.steps, spend.examples, spend.updates, spend.fraction, spend.parameters),
        "samples": sorted((each.variant, each.mark, each.split) for each in outcome.samples),
        "labels": (outcome.is_conditional, outcome.kept, outcome.sampling, outcome.clamped),
    }


@pytest.mark.parametrize(("model", "data"), MODELS)
def test_goes_on_bit_for_bit(run, kill, eager, model, data) -> None:
    """Kills: optimiser, gradients or a generator not restored, a feed off by one, updates counted anew, curves doubled.

    The checkpoint after seven hand-outs lies in the second stage of those that have two.
    """
    folder = kill(model, data)
    outcome, again = run(model, data, earlier=folder)
    assert outcome.continued == 7
    assert _result(outcome, again) == _result(*run(model, data))
    assert not (folder / FILE).exists()


@pytest.fixture
def whole(run):
    return _result(*run("draws"))


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.lists(st.integers(0, STEPS), max_size=4), every=st.integers(1, 5))
@example(kills=[6, 0, 0, 3], every=1)
@example(kills=[1, 1, 1, 1], every=1)
def test_any_sequence_of_kills(run, kill, whole, kills, every) -> None:
    """Kills: a checkpoint taken after the feed has advanced, photographs of one attempt that the next but one lacks."""
    looks = count(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "is_due", lambda self: next(looks) % every == 0)
        earlier = None
        for at in kills:
            earlier = kill("draws", at=at, earlier=earlier)
        outcome, folder = run("draws", earlier=earlier)
    assert _result(outcome, folder) | {"status": 0} == whole | {"status": 0}
    assert outcome.status == "OK"
    assert all("before its first checkpoint" in warning for warning in outcome.warnings)


@pytest.mark.parametrize(("at", "continued"), [(2, 0), (3, 3), (5, 3), (6, 6), (11, 6)])
def test_marks_are_where_it_goes_on(run, kill, whole, at, continued) -> None:
    """Kills: a checkpoint that is not written at a mark, or that says it is one hand-out further than it is."""
    outcome, folder = run("draws", earlier=kill("draws", at=at))
    assert outcome.continued == continued
    assert _result(outcome, folder) | {"status": 0} == whole | {"status": 0}
    lost = "attempt 1 was lost before its first checkpoint: started anew"
    assert outcome.warnings == (() if continued else (lost,))


@pytest.mark.parametrize("marks", [(), (0.5,), tuple(k / 10 for k in range(1, 10))])
def test_saving_does_not_touch(run, eager, marks) -> None:
    """Kills: a checkpoint that draws random numbers, or shares memory with what goes on to be trained."""
    eagerly = run("draws", marks=marks)[0].digests
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("genbench.batches.Batches.keep", lambda self, **objects: None)
        assert run("draws", marks=())[0].digests == eagerly


def test_a_mark_is_photographed_once(run, kill, eager, monkeypatch) -> None:
    """Kills: photographs that are taken again, of a model that is further than the mark."""
    folder = kill("draws")
    taken, original = [], snapshots.photograph
    monkeypatch.setattr(snapshots, "photograph", lambda model, path: taken.append(path.name) or original(model, path))
    before = {path.name: path.read_bytes() for path in (folder / "snapshots").iterdir()}
    run("draws", earlier=folder)
    assert taken == ["1.000000.pt", "final.pt"]
    assert {path.name: path.read_bytes() for path in (folder / "snapshots").iterdir()} == before
    assert sorted(before) == ["0.250000.pt", "0.500000.pt"]


def test_a_streamed_feed_goes_on_too(run, kill, eager, monkeypatch) -> None:
    """Kills: a hand-out that was prefetched and is handed out after those that were skipped."""
    monkeypatch.setattr(feed, "has_room", lambda device, size: False)
    assert _result(*run("draws", earlier=kill("draws"))) == _result(*run("draws"))


def test_killed_while_it_samples(run, tmp_path, monkeypatch) -> None:
    """Kills: no checkpoint at the stream's end, so that all is trained again; `train` that may return when it likes."""

    def die(*arguments, **named):
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(portraits, "draw", die)
        run("gan")
    phases = []

    class Beat(list):
        def __setitem__(self, place, value):
            super().__setitem__(place, value)
            if place == PHASE:
                phases.append(PHASES[value])

    outcome, folder = run("gan", earlier=tmp_path / "attempt-0", beat=Beat([0] * BEAT))
    assert outcome.continued == STEPS
    assert phases == ["build", "train", "return", "sample"]
    assert _result(outcome, folder) == _result(*run("gan"))


def _train_by(monkeypatch, make):
    """Change how `draws` trains: `make` is given its own function."""
    module = importlib.import_module("genbench_toys.draws")
    changed = make(module.train)
    monkeypatch.setattr(module, "train", hookimpl(changed))


def test_a_hand_out_before_keep(run, kill, eager, monkeypatch) -> None:
    """Kills: a position that is counted from where `keep` was called; a mark taken before it that is taken twice."""

    def make(original):
        def train(model, batches):
            with torch.no_grad():
                model.mean.copy_(next(batches).mean(0))
                next(batches)
            original(model, batches)

        return train

    _train_by(monkeypatch, make)
    marks = {"marks": (1 / STEPS, 0.5)}
    outcome, folder = run("draws", earlier=kill("draws", at=8, **marks), **marks)
    assert outcome.continued == 8
    assert _result(outcome, folder) == _result(*run("draws", **marks))


def test_told_to_stop(run, stop) -> None:
    """Kills: a stop that loses what was done since the last mark."""
    outcome, folder = stop("gan", at=8)
    assert (outcome.status, outcome.message) == ("INTERRUPTED", "stopped after 8 hand-outs; goes on from there")
    assert (outcome.spend.steps, outcome.spend.fraction) == (8, 8 / STEPS)
    outcome, again = run("gan", earlier=folder)
    assert outcome.continued == 8
    assert _result(outcome, again) == _result(*run("gan"))


def test_told_to_stop_again_and_again(run, stop) -> None:
    folder = None
    for at, done in ((0, 1), (1, 2), (5, 5), (6, 6), (11, 11)):
        outcome, folder = stop("gan", at=at, earlier=folder)
        assert outcome.message == f"stopped after {done} hand-outs; goes on from there"
    assert _result(*run("gan", earlier=folder)) == _result(*run("gan"))


@pytest.mark.parametrize("kind", ["returns", "raises", "goes on"])
def test_who_swallows_the_stop_is_stopped(stop, monkeypatch, kind) -> None:
    """Kills: an attempt that is judged as it stood when it was told to stop."""

    def make(original):
        def train(model, batches):
            try:
                original(model, batches)
            except BaseException as error:
                if kind == "raises":
                    raise RuntimeError from error
                if kind == "goes on":
                    list(batches)

        return train

    _train_by(monkeypatch, make)
    outcome, _ = stop("draws")
    assert (outcome.status, outcome.message) == ("INTERRUPTED", "stopped after 7 hand-outs; goes on from there")


def test_stopped_outside_of_training(run, monkeypatch) -> None:
    """Kills: a stop that is noticed by the stream alone."""
    beat = [0] * BEAT
    beat[STOP] = 1
    outcome, _ = run("vae", beat=beat)
    assert (outcome.status, outcome.message) == ("INTERRUPTED", "stopped before training; starts anew")
    beat[STOP] = 0
    original, calls = portraits.draw, count()

    def draw(*arguments, **named):
        beat[STOP] = int(next(calls) == 1)
        return original(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(portraits, "draw", draw)
        outcome, folder = run("vae", beat=beat)
    assert (outcome.status, outcome.message) == ("INTERRUPTED", "stopped after 12 hand-outs; goes on from there")
    assert len(outcome.samples) == 1
    outcome, folder = run("vae", beat=beat, earlier=folder)
    assert (outcome.message, outcome.continued) == ("stopped before training; goes on after 12 hand-outs", 0)
    assert _result(*run("vae", earlier=folder)) == _result(*run("vae"))


def test_who_keeps_nothing_starts_anew_and_says_so(run, stop) -> None:
    outcome, folder = stop("null")
    assert outcome.message == "stopped after 7 hand-outs; starts anew: batches.keep was not called"
    outcome, _ = run("null", earlier=folder)
    assert (outcome.status, outcome.continued, outcome.spend.steps) == ("OK", 0, STEPS)
    assert outcome.warnings == ("attempt 0 was lost: started anew, the model keeps nothing (batches.keep)",)
    assert outcome.digests == run("null")[0].digests


def test_a_budget_in_seconds_goes_on(run, stop) -> None:
    """Kills: a charge that starts again, or that counts the time between two attempts."""
    budget = {"budget": Budget(0.6, "seconds"), "marks": (0.25,)}
    outcome, folder = stop("draws", at=20, **budget)
    assert outcome.status == "INTERRUPTED"
    charged = outcome.spend.seconds
    outcome, _ = run("draws", earlier=folder, **budget)
    assert outcome.continued == 20
    assert outcome.status == "OK", outcome.message
    assert outcome.spend.steps > 20
    assert [mark.fraction for mark in outcome.marks] == [0.25, 1.0]
    assert all(mark.seconds >= charged for mark in outcome.marks if mark.steps > 20)
    assert 0.6 <= outcome.spend.seconds < 0.7 + 2 * outcome.spend.seconds / outcome.spend.steps


def test_what_was_drawn_and_taken_up_is_that_of_all_attempts(run, kill, eager, monkeypatch) -> None:
    """Kills: joules and memory of the last attempt alone."""
    module, drawn = importlib.import_module("genbench_toys.draws"), [0.0]

    def learn(*arguments, original=module.learn):
        drawn[0] += 5
        return original(*arguments)

    monkeypatch.setattr(module, "learn", learn)
    monkeypatch.setattr(trial, "energy", lambda device: lambda: drawn[0])
    monkeypatch.setattr(trial, "peak_bytes", lambda device: 10**12)
    folder = kill("draws")
    monkeypatch.setattr(trial, "peak_bytes", lambda device: 0)
    drawn[0] += 1000
    outcome, _ = run("draws", earlier=folder)
    assert [mark.joules for mark in outcome.marks] == [15.0, 30.0, 60.0]
    assert outcome.spend.joules == 60.0
    assert outcome.spend.peak_memory_bytes > 9 * 10**11
