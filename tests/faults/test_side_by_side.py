"""What a trial is given of a device, and what becomes of one that finds no memory there."""

from __future__ import annotations

from math import inf

import pytest
from toolkit import PROBE, Harness, ToyEngine, answer, plan_of

from genbench.budget import Budget
from genbench.messages import Job, Outcome
from genbench.pursuit import CONTEXT, JUDGING
from genbench.spec import make_spec
from genbench.store import RunFolder

GB = 10**9


@pytest.fixture
def harness(make_trial, tmp_path):
    """A harness over one trial of a GPU, with its probe."""

    def make(engine=None, **changes):
        trial = make_trial(device="cuda:0", **changes)
        probe = trial.model_copy(update={"purpose": "probe"})
        folder = RunFolder.create(tmp_path, plan_of([trial], [probe]), make_spec({"models": ("alpha",)}))
        return Harness(folder, engine=engine or ToyEngine(_answer)), trial

    return make


def _answer(call):
    status, told = answer(call)
    if call.function == "probe":
        told = told.replace('"peak_memory_bytes":0', f'"peak_memory_bytes":{2 * GB}')
    return status, told


def test_trials_tell_what_they_take_by_their_probe_and_probes_take_all(harness) -> None:
    """Kills: a probe beside others; the bare peak, to which each process adds its context."""
    run, _ = harness()
    assert [record.status for record in run.execute().records] == ["OK", "OK"]
    assert run.engine.device_bytes == [None, CONTEXT + 3 * GB]
    of = {call.function: call.device_bytes for call in run.engine.calls}
    assert (of["trial"], of["judge"], of["probe"]) == (CONTEXT + 3 * GB, JUDGING, None)


def test_seconds_are_trained_alone_and_what_is_judged_then_waits_for_its_like(harness) -> None:
    """Kills: a clock charged for what neighbours do; judges of lone trials that run one by one."""
    run, _ = harness(budget=Budget(3, "seconds"))
    run.execute()
    assert run.engine.device_bytes == [None, None]
    assert [call.is_patient for call in run.engine.calls if call.function == "judge"] == [True]


def test_what_finds_no_memory_beside_others_is_tried_again_alone(harness) -> None:
    """Kills: a trial that counts as failed because of its neighbours; one that is tried beside others for ever."""

    def full(call):
        if call.function != "trial" or call.device_bytes is None:
            return _answer(call)
        assert Job.model_validate_json(call.payload)
        return "OK", Outcome(status="OOM(device)", message="no memory").model_dump_json()

    engine = ToyEngine(full)
    engine.tells = {"device": "0", "side_by_side": 3}
    run, trial = harness(engine)
    record = next(each for each in run.execute().records if each.trial == trial)
    assert (record.status, record.attempt, record.side_by_side) == ("OK", 2, 3)
    assert engine.device_bytes == [None, CONTEXT + 3 * GB, None]


def test_what_finds_no_memory_alone_has_failed(harness) -> None:
    """Kills: trying again what had the device to itself."""

    def full(call):
        return ("OK", Outcome(status="OOM(device)").model_dump_json()) if call.function == "trial" else _answer(call)

    engine = ToyEngine(full)
    engine.tells = {"device": "0"}
    run, trial = harness(engine)
    record = next(each for each in run.execute().records if each.trial == trial)
    assert (record.status, record.attempt) == ("OOM(device)", 1)


@pytest.mark.parametrize(
    ("budget", "seconds"),
    [
        (Budget(10, "steps"), 80.0),
        (Budget(80, "examples"), 80.0),
        (Budget(7 * 80, "flops"), 80.0),
        (Budget(9, "seconds"), 9.0),
    ],
    ids=str,
)
def test_how_long_a_trial_is_expected_to_take(harness, budget, seconds) -> None:
    """Kills: hand-outs taken for examples; FLOPs by speed alone. The probe told 1 example a second, of 7 FLOPs."""
    run, trial = harness(budget=budget)
    pursuit = run.run.pursuit
    if budget.is_exact:
        assert pursuit.expected(trial) == inf
    run.execute()
    assert PROBE.examples_per_second == (1.0,)
    assert pursuit.expected(trial) == seconds
