"""Sessions of fresh processes: interleaved over cells, medians kept, failures told."""

from __future__ import annotations

from pathlib import Path

import pytest

from genbench.check import sessions
from genbench.check.reading import read
from genbench.check.timings import Timing
from genbench.plan import Broken, Plan
from genbench.spec import Spec

(CELL,) = read(Path(__file__).parent / "golden" / "schema-1").cells
SPEC = Spec(models=("null", "other"), datasets=("tiny",), options={"null": {"sleep": 0.1}}, batch_size=16)


class Told:
    """A reporter that keeps what it hears."""

    def __init__(self) -> None:
        self.pieces, self.lines = 0, []

    def expect(self, pieces: int) -> None:
        self.pieces += pieces

    def done(self, what: str, status: str) -> None:
        self.lines.append((what, status))


def _plan(**changes) -> Plan:
    trials = [
        CELL.trial.model_copy(update={"seed": seed, "model": CELL.trial.model.model_copy(update={"name": name})})
        for seed in (3, 4)
        for name in ("null", "other")
    ]
    return Plan(trials=tuple(trials), probes=(), **changes)


def _asked():
    return sessions.requests(SPEC, _plan(), {"tiny": Path("/rows")})


def test_a_request_is_what_the_study_says() -> None:
    """Kills: resolved options instead of the study's, another seed, a flag that is dropped."""
    asked = _asked()
    assert list(asked) == [("null", "tiny"), ("other", "tiny")]
    request = asked["null", "tiny"]
    assert request.options == {"sleep": 0.1}
    assert asked["other", "tiny"].options == {}
    assert (request.seed, request.batch_size, request.train) == (3, 16, Path("/rows"))
    trial = CELL.trial
    for name in ("device", "precision", "compile", "threads", "data"):
        assert getattr(request, name) == getattr(trial, name)


def test_broken_models_are_not_timed() -> None:
    broken = Broken(model=_plan().trials[1].model, status="FAILED(import)", message="no")
    assert list(sessions.requests(SPEC, _plan(broken=(broken,)), {"tiny": Path("/rows")})) == [("null", "tiny")]


def test_cells_take_turns_and_medians_are_kept() -> None:
    """Kills: all sessions of one cell before those of the next; a mean in the place of the median."""
    order = []

    def time(engine, request, number):
        order.append((request.model, number))
        return Timing(training=(1.0, 2.0 + number, 90.0), sampling=(5.0, 5.0, 80.0), setup=0.25)

    told = Told()
    found = sessions.measure(None, _asked(), 3, told, time)
    assert order == [("null", 0), ("other", 0), ("null", 1), ("other", 1), ("null", 2), ("other", 2)]
    assert [each.training for each in found.speeds["null", "tiny"]] == [2.0, 3.0, 4.0]
    assert [each.sampling for each in found.speeds["other", "tiny"]] == [5.0, 5.0, 5.0]
    assert found.speeds["null", "tiny"][0].setup == 0.25
    assert found.remarks == ()
    assert told.pieces == len(told.lines) == 6


@pytest.mark.parametrize(
    "failed",
    [Timing(failure="FAILED(train): \x1b[31mno"), Timing(training=(1.0,)), Timing(training=(1.0,), sampling=(1.0,))],
)
def test_a_session_that_failed_is_told_and_missing(failed) -> None:
    """Kills: a session that measured nothing counted as 0, or one failure that ends all."""

    def time(engine, request, number):
        good = Timing(training=(1.0,), sampling=(1.0,), setup=0.1)
        return failed if (request.model, number) == ("other", 1) else good

    found = sessions.measure(None, _asked(), 3, Told(), time)
    assert [len(each) for each in found.speeds.values()] == [3, 2]
    (line,) = found.remarks
    assert line.startswith("other on tiny: 1 of 3 sessions failed: ")
    assert line.isprintable()


def test_none_are_run_where_none_are_asked_for() -> None:
    """Kills: an engine started for nothing."""
    assert sessions.run(SPEC, _plan(), 0, Told()).speeds == {}


@pytest.mark.slow
def test_rows_are_prepared_again_for_the_sessions(toys, cache, monkeypatch) -> None:
    """Kills: requests that name rows which are not there."""
    monkeypatch.setenv("PYTHONPATH", str(toys), prepend=":")
    monkeypatch.setenv("GENBENCH_CACHE", str(cache))
    monkeypatch.syspath_prepend(str(toys))
    seen = []

    def time(engine, request, number):
        seen.append(sorted(path.name for path in request.train.iterdir()))
        return Timing(training=(1.0,), sampling=(1.0,), setup=0.1)

    spec = SPEC.model_copy(update={"models": ("null",)})
    found = sessions.run(spec, _plan(), 1, Told(), time=time)
    assert seen == [["rows.npy"]] * 2
    assert all(len(each) == 1 for each in found.speeds.values())
