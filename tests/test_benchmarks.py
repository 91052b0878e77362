"""What `make bench` and `benchmarks/gpu.sh` are made of, short of the measuring."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from benchmarks import bare, gpu_rows, groups, limits, rotation, rows, surroundings, table
from benchmarks.rotation import Absent, Burst, Rotation, Side
from benchmarks.rows import Effort, Row

ROOT = Path(__file__).parents[1]


class Fake:
    """A contestant whose units cost what its settings say."""

    log: list[str] = []

    def __init__(self, side: Side) -> None:
        self.side, self.told = side, {"matmul": "medium", "got": side.settings.get("matmul")}

    def get_ready(self) -> None:
        if "absent" in self.side.settings:
            raise Absent(self.side.settings["absent"])

    def burst(self, units: int) -> Burst:
        self.log.append(self.side.name)
        cost = self.side.settings["cost"]
        return Burst(units, cpu=units * cost, wall=2 * units * cost, high_water=0.0)

    def close(self) -> None:
        self.log.append(f"end of {self.side.name}")


@pytest.fixture
def fake(monkeypatch):
    monkeypatch.setattr(rotation, "Contestant", Fake)
    monkeypatch.setattr(Fake, "log", [])
    return Fake


def _sides(*costs):
    return [Side(f"side {number}", "", {"cost": cost}) for number, cost in enumerate(costs)]


def test_every_side_has_a_turn_in_every_round(fake) -> None:
    """Kills: all rounds of one side before those of the next, an order that never changes, a ratio upside down."""
    turns = rotation.rotate(_sides(0.1, 0.2, 0.3), rounds=8, seconds=0.5)
    played = [each for each in fake.log if not each.startswith("end")][-24:]
    rounds = [tuple(played[start : start + 3]) for start in range(0, 24, 3)]
    assert {frozenset(each) for each in rounds} == {frozenset(turns.bursts)}
    assert len(set(rounds)) > 2
    assert turns.ratios("side 1", "side 0") == pytest.approx([2] * 8)
    assert {burst.units for burst in turns.bursts["side 0"]} == {5}
    assert fake.log[-3:] == ["end of side 0", "end of side 1", "end of side 2"]


def test_who_is_absent_keeps_nobody_from_playing(fake) -> None:
    sides = [*_sides(0.1), Side("peer", "", {"absent": "no module named peer"})]
    turns = rotation.rotate(sides, rounds=2, seconds=0.1)
    assert list(turns.bursts) == ["side 0"]
    assert turns.absent == {"peer": "no module named peer"}


def test_the_bare_loop_runs_in_the_arithmetic_of_ours(fake) -> None:
    """Kills: a bare loop left on slow products, beside which everything is fast."""
    sides = [*_sides(0.1), Side("bare", "", {"cost": 0.1, "matmul": "as ours"})]
    turns = rotation.rotate(sides, rounds=1, seconds=0.1)
    assert turns.told["bare"]["got"] == "medium"


def test_a_process_is_paced() -> None:
    """Kills: a burst that does another number of units than was asked, an answer that does not come."""
    turns = rotation.rotate([Side("limit", "limits:matmul")], rounds=1, seconds=0.05)
    assert turns.bursts["limit"][0].cpu > 0
    assert turns.told["limit"]["flops"] == 2 * limits.SIDE**3


def test_a_side_that_cannot_start_says_why() -> None:
    turns = rotation.rotate([Side("limit", "limits:matmul", {"dtype": "float33"})], rounds=1, seconds=0.05)
    assert "float33" in turns.absent["limit"]


@pytest.mark.parametrize(("seconds", "is_refused"), [((0, 1, 1, 4), True), ((0, 1, 1, 2), False)])
def test_arithmetic_that_a_processor_lacks_is_refused(monkeypatch, seconds, is_refused) -> None:
    """Kills: bf16 emulated for hours on a processor without it."""
    clock = iter(seconds)
    monkeypatch.setattr(limits.time, "process_time", lambda: next(clock))
    if not is_refused:
        limits.require("bfloat16")
        return
    with pytest.raises(SystemExit, match="no bfloat16 arithmetic: products take 3 times"):
        limits.require("bfloat16")


def test_what_does_not_compute_the_same_is_not_compared() -> None:
    """Kills: a step that is fast because it computes something else."""
    told = {"ours": {"losses": [1.0, 2.0]}, "peer": {"losses": [1.0, 2.001]}, "limit": {}}
    with pytest.raises(AssertionError, match=r"peer computes \[1.0, 2.001\]"):
        rows.check_agreement("work", Rotation({}, told, {}))
    told["peer"]["losses"][1] = 2.0001
    rows.check_agreement("work", Rotation({}, told, {}))


def test_the_table_says_what_was_measured_and_whether_the_goal_is_met() -> None:
    """Kills: the mean for the median, a goal that is met from the wrong side."""
    lines = table.lines(
        [
            Row(work="step", against="peer", values=[2.0, 1.0, 9.0], least=1.9, ours="7 ex/s"),
            Row(work="start", values=[31.0], unit="ms", most=30),
            Row(work="other", against="gone", least=2.0, absent="no module named gone"),
        ]
    ).splitlines()[2:]
    assert lines == [
        "| step | peer | 2× [1–9] | ≥ 1.9× | yes | 7 ex/s |  |",
        "| start | – | 31 ms | ≤ 30 ms | **no** |  |  |",
        "| other | gone | left out: no module named gone | ≥ 2× |  |  |  |",
    ]


def test_every_goal_has_its_peer_and_every_peer_its_version() -> None:
    effort = Effort(3, 0.1, is_quick=False)
    names = set(groups.groups(effort))
    assert {"harness", "listings", "starts", "large", "Frechet distance 2048"} <= names
    assert set(surroundings.pins()) >= {"pythae", "torch-fidelity", "pytorch-fid", "prdc"}
    assert all(version[0].isdigit() for version in surroundings.pins().values())


@pytest.fixture
def fake_cuda(monkeypatch):
    """Let what is recorded be done when it is replayed, and not before."""
    recorded: list[str] = []

    class Graph:
        def replay(self) -> None:
            recorded.append("replay")

    class Stream:
        def wait_stream(self, other: object) -> None:
            recorded.append("wait")

    @contextmanager
    def on(what: object):
        recorded.append("aside" if isinstance(what, Stream) else "capture")
        yield

    for name, value in {
        "Stream": Stream, "current_stream": Stream, "CUDAGraph": Graph, "stream": on, "graph": on,
    }.items():  # fmt: skip
        monkeypatch.setattr(torch.cuda, name, value)
    return recorded


def test_the_graph_by_hand_is_captured_once_and_fed_each_time(fake_cuda) -> None:
    """Kills: rows that never reach the graph, a capture at every step, one without a warm-up."""
    places = []

    def plain(x):
        places.append(x)
        fake_cuda.append("step")

    step = bare.captured(plain, torch.zeros(2))
    assert fake_cuda == ["wait", "aside", *["step"] * bare.WARM_UP, "wait", "capture", "step"]
    step(torch.ones(2))
    step(torch.full((2,), 5.0))
    assert fake_cuda[-2:] == ["replay", "replay"]
    assert places[0].tolist() == [5, 5]


def test_a_gpu_s_cases_end_in_time(monkeypatch) -> None:
    """Kills: cases that are begun after the time is up, a speed by the host's processor time."""
    clocks = []

    def rotate(sides, *, rounds, seconds, clock):
        clocks.append(clock)
        return Rotation(
            {"ours": [Burst(1, 1, 1, 0)], "eager by hand": [Burst(1, 1, 3, 0)]},
            {each.name: {"losses": [1.0]} for each in sides}, {"graph by hand": "cannot be captured"}, clock,
        )  # fmt: skip

    monkeypatch.setattr(gpu_rows, "rotate", rotate)
    ticks = iter([0, *range(100)])
    monkeypatch.setattr(gpu_rows.time, "monotonic", lambda: next(ticks))
    found = list(gpu_rows.rows("cuda:0", deadline=1))
    assert clocks == ["wall", "wall"]
    assert [each.absent for each in found[:2]] == ["cannot be captured", ""]
    assert found[1].values == [3]
    assert all(each.absent == "no time was left after 1 s" for each in found[4:])
    assert len(found) == 4 + len(gpu_rows.CASES) - 2


def test_the_gpu_s_script_is_bash() -> None:
    subprocess.run(["bash", "-n", str(ROOT / "benchmarks" / "gpu.sh")], check=True)
