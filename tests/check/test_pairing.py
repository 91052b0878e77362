"""Pairs of processes: who comes first, what is recorded, what becomes of what fails; with a stand-in for the engine."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genbench.check import arm, pairing
from genbench.check.arm_pair import PairRequest, Timings
from genbench.check.arm_process import Launch, variables
from genbench.check.installs import Arms, Install
from genbench.check.pairing import MOST_PADDING, Pairs, time_alone, toss
from genbench.check.timings import Timing, TimingRequest
from genbench.engines import Call, Ended, Limits
from genbench.errors import HarnessFault, Interrupted, StorageFault, UsageError
from genbench.refs import DataRef, Scale

DATA = DataRef(
    name="noise", kind="points", shape=(4,), classes=None, labelled=False, hash="0" * 64,
    counts={"train": 64, "validation": 1, "held_out": 1}, scale=Scale(mean=(0.0,) * 4, deviation=(1.0,) * 4),
)  # fmt: skip


def _request(**changes: Any) -> TimingRequest:
    return TimingRequest(**({"model": "pace", "data": DATA, "train": Path("train")} | changes))


def _ended(call: Call, status: str = "OK", message: str | None = None, hand_outs: int = 0, **changes: Any) -> Ended:
    fields = {
        "result": None, "log_tail": "", "phase": "start", "hand_outs": hand_outs, "seconds": 1.0, "was_shared": False
    }  # fmt: skip
    return Ended(call=call, status=status, message=message, **(fields | changes))


class FakeEngine:
    """Answers each call as it is told; by default each arm tells by its place which it is."""

    def __init__(self, answer: Any = None) -> None:
        self.calls: list[Call] = []
        self.places: list[tuple[str, ...]] = []
        self._answer = answer or self._by_place

    def call(self, call: Call) -> Ended:
        self.calls.append(call)
        return self._answer(call)

    def asked(self, number: int = -1) -> PairRequest:
        return PairRequest.model_validate_json(self.calls[number].payload)

    def _by_place(self, call: Call) -> Ended:
        paths = [Path((each.path or "").split(os.pathsep)[0]) for each in self.asked().launches]
        self.places.append(tuple((each / "which").read_text() for each in paths))
        told = [Timing(training=(1.0,), sampling=(1.0,), setup=1.0, place=str(each / "pace.py")) for each in paths]
        return _ended(call, result=Timings(timings=tuple(told)).model_dump_json())


@pytest.fixture
def arms(tmp_path: Path) -> Arms:
    made = {}
    for name, letter in (("baseline", "b"), ("candidate", "c")):
        place = tmp_path / f"arm-{letter}"
        place.mkdir()
        (place / "which").write_text(name)
        made[name] = Install(place=place, root=place, python=Path(sys.executable), what=name)
    return Arms(folder=tmp_path, distribution="genbench-pace", imports=("pace",), **made)


def test_a_coin_decides_who_comes_first_and_is_recorded(arms: Arms) -> None:
    """Kills: blocked order, an order that is not the one recorded, arms swapped in the record, a coin without seed."""
    engine = FakeEngine()
    pairs = [Pairs(engine, arms, 7, Limits()).run(_request(), number) for number in range(24)]
    firsts = [each.first for each in pairs]
    assert [each[0] for each in engine.places] == firsts
    assert 4 < firsts.count("baseline") < 20
    for pair in pairs:
        assert Path(pair.baseline.place).parent == arms.baseline.place
        assert Path(pair.candidate.place).parent == arms.candidate.place
    again = [Pairs(FakeEngine(), arms, 7, Limits()).run(_request(), number) for number in range(24)]
    other = [Pairs(FakeEngine(), arms, 8, Limits()).run(_request(), number) for number in range(24)]
    assert [each.first for each in again] == firsts != [each.first for each in other]


def test_the_coin_is_fair_and_other_for_every_cell() -> None:
    """Kills: one order for all models of a pair's number; the same hash seed and padding again and again."""
    tossed = [toss(f"0:pace:noise:{number}") for number in range(2000)]
    assert abs(sum(first == "baseline" for first, _, _ in tossed) - 1000) < 150
    assert len({seed for _, seed, _ in tossed}) > 1990
    assert {padding for _, _, padding in tossed} <= set(range(MOST_PADDING))
    assert [toss(f"0:other:noise:{number}")[0] for number in range(64)] != [first for first, _, _ in tossed[:64]]


def test_both_arms_of_a_pair_see_one_environment(arms: Arms, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Kills: a hash seed or a padding of one arm alone; a relative path, which leads elsewhere in another folder."""
    monkeypatch.setenv("PYTHONPATH", f"more{os.pathsep}{tmp_path}")
    engine = FakeEngine()
    found = [Pairs(engine, arms, 0, Limits()).run(_request(), number) for number in range(2)]
    seen = []
    for number, pair in enumerate(found):
        one, two = (variables(each, {"A": "1", "PYTHONPATH": "x"}) for each in engine.asked(number).launches)
        assert one["PYTHONPATH"].split(os.pathsep)[1:] == [str(Path("more").absolute()), str(tmp_path)]
        assert {name: value for name, value in one.items() if name != "PYTHONPATH"} == {
            name: value for name, value in two.items() if name != "PYTHONPATH"
        }
        assert len(one["PYTHONPATH"]) == len(two["PYTHONPATH"])
        assert (one["PYTHONHASHSEED"], len(one["GENBENCH_PADDING"])) == (str(pair.hash_seed), pair.padding)
        seen.append((one["PYTHONHASHSEED"], one["GENBENCH_PADDING"]))
    assert seen[0] != seen[1]


def test_an_arm_with_its_own_environment_sees_nothing_of_this_one() -> None:
    launch = Launch(python="python", path=None, hash_seed=1, padding=2)
    assert variables(launch, {"PYTHONPATH": "x", "PYTHONHOME": "y"}) == {
        "PYTHONHASHSEED": "1",
        "GENBENCH_PADDING": "xx",
    }


def test_a_call_is_alone_on_the_machine(arms: Arms, tmp_path: Path) -> None:
    engine = FakeEngine()
    limits = Limits(memory=10**9)
    Pairs(engine, arms, 0, limits, logs=tmp_path / "logs").run(_request(device="cuda:0"), 3)
    (call,) = engine.calls
    assert (call.is_exclusive, call.needs_device, call.function) == (True, True, "pair")
    assert call.log == tmp_path / "logs" / "pace-noise-3.txt"
    asked = engine.asked()
    assert call.limits.memory == limits.memory
    assert call.limits.hook > asked.loading + 2 * asked.measuring  # who hangs is told apart before all are killed


def test_a_control_runs_a_copy_of_the_baseline_at_the_candidates_path(arms: Arms) -> None:
    """Kills: a control at the baseline's own path; one that is not put back where it is stopped."""
    engine = FakeEngine()
    control = Pairs(engine, arms, 0, Limits()).run(_request(), 0, is_control=True)
    assert control.is_control
    assert engine.places == [("baseline", "baseline")]
    assert Path(control.candidate.place).parent == arms.candidate.place
    with pytest.raises(Interrupted):
        stopped = FakeEngine(lambda call: _ended(call, "INTERRUPTED", "asked to stop"))
        Pairs(stopped, arms, 0, Limits()).run(_request(), 0, is_control=True)
    assert (arms.candidate.place / "which").read_text() == "candidate"


def test_what_was_imported_from_elsewhere_is_refused(arms: Arms, tmp_path: Path) -> None:
    """Kills: a comparison of an editable install with itself."""
    elsewhere = Timings(timings=(Timing(place=str(tmp_path / "arm-" / "pace.py")),) * 2).model_dump_json()
    with pytest.raises(UsageError, match=r"was imported from .*arm-/pace\.py"):
        Pairs(FakeEngine(lambda call: _ended(call, result=elsewhere)), arms, 0, Limits()).run(_request(), 0)
    swapped = {"baseline": arms.candidate, "candidate": arms.baseline}
    for name, install in swapped.items():
        with pytest.raises(UsageError):
            pairing.check_place(
                Timing(place=str(install.place / "pace.py")), getattr(arms, name), _request(), arms.distribution
            )


def test_a_package_that_brings_no_model_is_looked_for_itself(arms: Arms, importable: Path) -> None:
    """Kills: the model's place held against a package that the model only uses."""
    engine = FakeEngine()
    for model, package, expected in (("null", None, "pace"), ("null", "other", "other"), ("nobody", None, None)):
        Pairs(engine, arms, 0, Limits()).run(_request(model=model, package=package), 0)
        assert engine.asked().request.package == expected


@pytest.mark.parametrize(
    ("at_work", "expected"), [(0, ["TIMEOUT"] * 2), (1, ["TIMEOUT", "LOST"]), (2, ["LOST", "TIMEOUT"])]
)
def test_who_was_at_work_is_blamed(at_work: int, expected: list[str], arms: Arms) -> None:
    """Kills: an arm that asked for nothing and is blamed for the memory of the other."""
    engine = FakeEngine(lambda call: _ended(call, "TIMEOUT", "too long", at_work))
    pair = Pairs(engine, arms, 0, Limits()).run(_request(), 0)
    order = [pair.baseline, pair.candidate] if pair.first == "baseline" else [pair.candidate, pair.baseline]
    assert [(each.failure or "").partition(":")[0] for each in order] == expected


@pytest.mark.parametrize(
    ("status", "error"), [("INTERRUPTED", Interrupted), ("DISK", StorageFault), ("FAULT", HarnessFault)]
)
def test_what_is_nobodys_failure_ends_the_check(status: str, error: type[BaseException], arms: Arms) -> None:
    with pytest.raises(error):
        Pairs(FakeEngine(lambda call: _ended(call, status, "x")), arms, 0, Limits()).run(_request(), 0)


def test_an_arm_that_died_says_its_last_word(arms: Arms) -> None:
    """Kills: "exited with 1" as all that is told of a genbench that is too old."""
    told = Timings(timings=(Timing(failure="NO_RESULT: the process exited with 1"), Timing(failure="OOM(host): x")))
    engine = FakeEngine(lambda call: _ended(call, result=told.model_dump_json(), log_tail="a\nNo module named x\n\n"))
    timings = pairing._run(engine, _request(), [], "name", Limits(), None)
    assert timings[0].failure == "NO_RESULT: the process exited with 1; the last line of the log: No module named x"
    assert timings[1].failure == "OOM(host): x"


def test_one_process_alone(arms: Arms) -> None:
    engine = FakeEngine(lambda call: _ended(call, result=Timings(timings=(Timing(setup=3.0),)).model_dump_json()))
    assert time_alone(engine, _request(), 0).setup == 3.0
    (launch,) = engine.asked().launches
    assert launch.python == sys.executable


def _served(asked: dict[str, Any] | bytes) -> Timing:
    line = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    return arm._serve(line + b"\n", io.BytesIO(), -1)


def test_a_request_that_cannot_be_read_is_a_failure_that_says_so() -> None:
    """Kills: a traceback where two versions of genbench do not understand one another."""
    asked = json.loads(_request().model_dump_json())
    newer = _served(asked | {"protocol": 2})
    assert newer.failure is not None
    assert newer.failure.startswith("USAGE: asked in protocol 2, and genbench ")
    assert "speaks 1" in newer.failure
    for damaged in (asked | {"surprise": 1}, b"[]", b"{"):
        assert (_served(damaged).failure or "").startswith("FAILED(harness)")


def test_a_model_that_cannot_be_timed(importable: Path) -> None:
    """Kills: options checked by another version than the arm's own."""
    asked = json.loads(_request(model="null").model_dump_json())
    assert "no model 'nobody'" in (_served(asked | {"model": "nobody"}).failure or "")
    assert "slep" in (_served(asked | {"options": {"slep": 1}}).failure or "")
    assert (_served(asked | {"model": "import_error"}).failure or "").startswith("FAILED(import): ")
    tokens = asked | {"data": asked["data"] | {"kind": "tokens"}}
    assert "takes image, points" in (_served(tokens).failure or "")


def test_an_arm_that_fails_names_the_culprit(importable: Path, tmp_path: Path, monkeypatch) -> None:
    """Kills: a failure of training that is told as one of the harness; measuring before the arm was sent off."""
    monkeypatch.setattr(arm, "_die_with_parent", lambda line: None)
    np.save(tmp_path / "rows.npy", np.zeros((64, 4), dtype=np.float32))
    asked = json.loads(_request(model="raises_in_train", train=tmp_path).model_dump_json())
    read, write = os.pipe()
    told = arm._serve(json.dumps(asked).encode(), io.BytesIO(b"go\n"), write)
    assert os.read(read, 100) == b"ready\n"
    assert (told.failure or "").startswith("FAILED(train): genbench-badplugins 0.2 [raises_in_train] train: ")
    assert told.place.endswith("raises_in_train.py")
    os.close(read)
    os.close(write)
