"""The timing half of a check, with processes that only say what they measured."""

from __future__ import annotations

import errno
import itertools
import math
import random

import pytest

from genbench.check.findings import Gate
from genbench.check.rules import Rules
from genbench.check.throughput import Throughput
from genbench.check.timings import Pair, Timing, TimingRequest
from genbench.check.verdicts import BIASED, TIME, UNTIMED
from genbench.errors import Interrupted, ResultsError, StorageFault
from genbench.refs import DataRef

CELL = ("alpha", "digits")
GATES = tuple(
    Gate(model="alpha", data="digits", measure=measure, better="higher") for measure in ("training", "sampling")
)
DATA = DataRef(
    name="digits", kind="image", shape=(1, 8, 8), classes=10, labelled=True, counts={"train": 997}, hash="0" * 64
)


class Said:
    """Says that nothing is worth telling."""

    def say(self, text: str) -> None: ...

    def expect(self, pieces: int) -> None: ...

    def done(self, what: str, status: str) -> None: ...


class Scripted:
    """Stands for pairs of processes: `slower` and `control` are shares by which the candidate's place is slower."""

    def __init__(self, slower=0.0, control=0.0, *, noise=0.01, sampling=None, fails=(), stop_at=math.inf) -> None:
        self.slower, self.control, self.noise, self.fails, self.stop_at = slower, control, noise, fails, stop_at
        self.sampling = slower if sampling is None else sampling
        self.asked: list[tuple[int, bool]] = []

    def run(self, request: TimingRequest, number: int, *, is_control: bool = False) -> Pair:
        if len(self.asked) >= self.stop_at:
            raise Interrupted
        self.asked.append((number, is_control))
        noise = random.Random(f"{number} {is_control}").gauss(0, self.noise)
        speeds = (self.control, self.control) if is_control else (self.slower, self.sampling)
        training, sampling = (1000 / (1 + share) * math.exp(noise) for share in speeds)
        candidate = Timing(training=(training,) * 3, sampling=(sampling,) * 3, setup=0.1)
        baseline = Timing(training=(1000.0,) * 3, sampling=(1000.0,) * 3, setup=0.1)
        failed = Timing(failure="FAILED(train): alpha 0.1 [alpha] train: no")
        return Pair(
            model="alpha", data="digits", number=number, is_control=is_control, first="baseline", hash_seed=1,
            padding=0, baseline=failed if "baseline" in self.fails else baseline,
            candidate=failed if "candidate" in self.fails else candidate, started="", seconds=1, load=0,
        )  # fmt: skip


@pytest.fixture
def timed(tmp_path):
    """Time one cell with scripted processes; return the findings by measure."""

    def run(pairs, gates=GATES, until=math.inf, watch=None):
        throughput = Throughput(
            gates=gates, comparisons=len(gates), rules=Rules(), pairs=pairs, folder=tmp_path, reporter=Said(),
            requests={CELL: TimingRequest(model="alpha", data=DATA, train=tmp_path)}, until=until, watch=watch,
        )  # fmt: skip
        return {each.gate.measure: each for each in throughput.run()}

    return run


def test_unchanged_code_passes_at_the_first_look_without_a_control(timed) -> None:
    pairs = Scripted()
    found = timed(pairs)
    assert {each.verdict for each in found.values()} == {"PASS"}
    assert pairs.asked == [(number, False) for number in range(12)]
    assert found["training"].looks == (1, 3) and found["training"].n == (12, 12)


def test_a_slowdown_fails_after_its_control(timed) -> None:
    """Kills: a FAIL that is told before the control arm ran, arms swapped, speeds taken for times."""
    pairs = Scripted(slower=0.2)
    found = timed(pairs)
    assert {each.verdict for each in found.values()} == {"FAIL"}
    assert found["training"].effect == pytest.approx(0.2, abs=0.02)
    assert found["training"].control == pytest.approx(0.0, abs=0.02)
    assert pairs.asked == [(n, False) for n in range(12)] + [(n, True) for n in range(12)]


def test_a_speed_up_passes(timed) -> None:
    assert {each.verdict for each in timed(Scripted(slower=-0.2)).values()} == {"PASS"}


def test_what_samples_more_slowly_fails_in_that_alone(timed) -> None:
    found = timed(Scripted(slower=0.0, sampling=0.3))
    assert (found["training"].verdict, found["sampling"].verdict) == ("PASS", "FAIL")


def test_a_place_that_is_slow_by_itself_clears_the_candidate(timed) -> None:
    """Kills: a control whose effect is not looked at."""
    found = timed(Scripted(slower=0.12, control=0.06))
    assert {(each.verdict, each.reason) for each in found.values()} == {("INCONCLUSIVE", BIASED)}
    assert found["training"].control == pytest.approx(0.06, abs=0.02)


def test_what_is_not_decided_gets_all_the_pairs_there_are(timed) -> None:
    """Kills: stopping at the first look whatever it says; more looks than planned."""
    pairs = Scripted(slower=0.08, noise=1.0)
    found = timed(pairs)
    assert [number for number, is_control in pairs.asked if not is_control] == list(range(48))
    assert {each.verdict for each in found.values()} == {"INCONCLUSIVE"}
    assert found["training"].looks == (3, 3)


def test_the_same_check_again_goes_on_with_its_pairs_and_comes_to_the_same(timed) -> None:
    """Kills: measuring anew until it is green."""
    first = timed(Scripted(slower=0.2))
    again = Scripted(slower=0.0)
    assert timed(again) == first
    assert again.asked == []


def test_a_check_that_was_cut_short_goes_on_where_it_stood(timed, tmp_path) -> None:
    with pytest.raises(Interrupted):
        timed(Scripted(stop_at=5))
    assert len(list(tmp_path.glob("pair-*.json"))) == 5
    rest = Scripted()
    assert {each.verdict for each in timed(rest).values()} == {"PASS"}
    assert rest.asked == [(number, False) for number in range(5, 12)]


def test_a_damaged_pair_is_named(timed, tmp_path) -> None:
    timed(Scripted())
    path = tmp_path / "pair-ec506cde-003.json"
    path.write_bytes(path.read_bytes().replace(b"1000.0", b"2000.0", 1))
    with pytest.raises(ResultsError, match=r"pair-ec506cde-003\.json: damaged or edited"):
        timed(Scripted())


def test_when_the_time_is_up_what_is_left_is_inconclusive(timed) -> None:
    pairs = Scripted()
    found = timed(pairs, until=-math.inf)
    assert pairs.asked == []
    assert {(each.verdict, each.reason) for each in found.values()} == {("INCONCLUSIVE", TIME)}


def test_without_time_for_its_control_nothing_fails(timed, monkeypatch) -> None:
    """Kills: a FAIL that stands because the control was cut short."""
    clock = itertools.count()
    monkeypatch.setattr("genbench.check.throughput.time.monotonic", lambda: next(clock))
    found = timed(Scripted(slower=0.2), until=15)
    assert {(each.verdict, each.reason) for each in found.values()} == {("INCONCLUSIVE", TIME)}
    assert "of the 12 pairs of the control arm" in found["training"].notes[-1]


def test_a_candidate_that_cannot_be_timed_fails_and_says_why(timed) -> None:
    """Kills: failed processes left out, so that what does not run at all passes."""
    pairs = Scripted(fails=("candidate",))
    found = timed(pairs)
    assert {each.verdict for each in found.values()} == {"FAIL"}
    assert found["training"].effect is None
    assert "no" in found["training"].notes[0]
    assert all(not is_control for _, is_control in pairs.asked)


def test_a_baseline_that_cannot_be_timed_blames_nobody(timed) -> None:
    pairs = Scripted(fails=("baseline",))
    found = timed(pairs)
    assert len(pairs.asked) == 3
    assert {(each.verdict, each.reason) for each in found.values()} == {("INCONCLUSIVE", UNTIMED)}


def test_where_both_fail_nothing_passes(timed) -> None:
    assert {each.verdict for each in timed(Scripted(fails=("candidate", "baseline"))).values()} == {"INCONCLUSIVE"}


def test_set_up_is_gated_apart(timed) -> None:
    gate = Gate(model="alpha", data="digits", measure="setup", better="lower")
    found = timed(Scripted(slower=0.5), gates=(gate,))
    assert found["setup"].verdict == "PASS"
    assert found["setup"].baseline == 0.1


def test_a_pair_that_cannot_be_kept_is_a_fault_of_the_disk(timed, monkeypatch) -> None:
    """Kills: a traceback where the disk is full, or pairs that are judged and lost."""

    def full(path, pair):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("genbench.check.throughput.publish", full)
    with pytest.raises(StorageFault, match=r"cannot write .*pair-.*: No space left on device; once there is room"):
        timed(Scripted())


def test_the_machine_is_looked_at_after_each_pair(timed) -> None:
    """Kills: a GPU that holds its clocks back between the first look and the last, and nobody hears of it."""
    looks = []

    class Watch:
        look = staticmethod(lambda: looks.append(None))

    timed(Scripted(slower=0.2), watch=Watch())
    assert len(looks) == 24


def test_a_baseline_that_could_not_be_timed_is_timed_again(timed) -> None:
    """Kills: the pairs of an environment that is mended by now, which nobody but by hand gets rid of."""
    timed(Scripted(fails=("baseline",)))
    pairs = Scripted()
    assert {each.verdict for each in timed(pairs).values()} == {"PASS"}
    assert len(pairs.asked) == 12


def test_pairs_are_kept_under_their_own_model(timed, tmp_path) -> None:
    """Kills: pairs found by their place in a grid, which are another model's as soon as one is missing."""
    timed(Scripted())
    request = TimingRequest(model="beta", data=DATA, train=tmp_path)
    gates = tuple(gate.model_copy(update={"model": "beta"}) for gate in GATES)
    pairs = Scripted()
    throughput = Throughput(
        gates=gates, comparisons=2, rules=Rules(), pairs=pairs, folder=tmp_path, reporter=Said(),
        requests={("beta", "digits"): request}, until=math.inf,
    )  # fmt: skip
    throughput.run()
    assert len(pairs.asked) == 12
