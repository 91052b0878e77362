"""What `make bench` and `benchmarks/gpu.sh` are made of, short of the measuring."""

from __future__ import annotations

import importlib
import subprocess
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import (
    adversaries,
    bare,
    equal,
    gpu_rows,
    groups,
    importance,
    limits,
    noninferior,
    plain_loops,
    rivals,
    rotation,
    rows,
    surroundings,
    table,
    verdicts,
)
from benchmarks.rotation import Absent, Burst, Rotation, Side
from benchmarks.rows import Effort, Row
from genbench.budget import Budget
from genbench.clashes import FEWEST_SEEDS
from genbench.record import Environment, Identity, Measure, Overrun, Record, Spend
from genbench.spec import make_spec

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


def _compared(ours, theirs, margin=0.25) -> verdicts.Comparison:
    return verdicts.Comparison(model="m", measure="FD", ours=ours, theirs=theirs, margin=margin)


def _times(factor: float, values) -> list[float]:
    return [factor * each for each in values]


SEEDS = (40.0, 40.4, 39.7, 40.9, 39.2)


@pytest.mark.parametrize(
    ("ours", "verdict", "ratio"),
    [
        (_times(1.02, SEEDS), "NON-INFERIOR", 1.02),
        (_times(0.6, SEEDS), "NON-INFERIOR", 0.6),
        (_times(1.24, SEEDS), "INCONCLUSIVE", 1.24),
        (_times(1.26, SEEDS), "INCONCLUSIVE", 1.26),
        (_times(1.5, SEEDS), "INFERIOR", 1.5),
        ((41.0, 39.0, 45.0, 58.0, 61.0), "INCONCLUSIVE", 1.12),
    ],
)
def test_only_what_the_shifted_test_proves_is_called_so(ours, verdict, ratio) -> None:
    """Kills: a verdict by the estimate alone, arms swapped, a margin taken off where it is to be added."""
    found = verdicts.judge(_compared(ours, SEEDS))
    assert found.verdict == verdict
    assert found.ratio == pytest.approx(ratio, rel=0.03)
    assert found.interval[0] <= found.ratio <= found.interval[1]


def test_what_is_worse_by_just_the_margin_passes_in_one_of_twenty_deals_at_most() -> None:
    """Kills: a level that is not one-sided, a test of the medians, a margin other than the one that is told.

    Sides that differ by the margin and nothing else are one sample dealt to two: all 252 deals are looked at.
    """
    pooled = [40 * 1.013**number for number in range(10)]
    said = Counter()
    for chosen in combinations(range(10), 5):
        theirs = [pooled[at] for at in range(10) if at not in chosen]
        said[verdicts.judge(_compared(_times(1.25, (pooled[at] for at in chosen)), theirs)).verdict] += 1
    assert 0 < said["NON-INFERIOR"] <= 0.05 * 252
    assert 0 < said["INFERIOR"] <= 0.05 * 252


@given(
    ours=st.lists(st.floats(1, 9), min_size=5, max_size=5), theirs=st.lists(st.floats(1, 9), min_size=5, max_size=5),
    scale=st.sampled_from([0.01, 8.0]),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_verdicts_know_no_unit_and_grow_milder_with_the_margin(ours, theirs, scale) -> None:
    """Kills: a difference for a ratio, a stricter margin that is easier to meet."""
    kept = [verdicts.judge(_compared(ours, theirs, margin)) for margin in (0.01, 0.25)]
    scaled = verdicts.judge(_compared(_times(scale, ours), _times(scale, theirs)))
    assert scaled.ratio == pytest.approx(kept[1].ratio)
    assert kept[1].p_tolerable <= kept[0].p_tolerable
    assert kept[0].verdict != "NON-INFERIOR" or kept[1].verdict == "NON-INFERIOR"


def test_a_seed_that_failed_is_the_worst_there_is() -> None:
    """Kills: failed seeds left out, so that the survivors pass."""
    found = verdicts.judge(_compared([None, *SEEDS[1:3], float("nan"), SEEDS[4]], SEEDS))
    assert found.verdict == "INCONCLUSIVE"
    assert verdicts.judge(_compared(SEEDS, [None] * 5)).verdict == "NON-INFERIOR"


def test_the_table_of_verdicts_hides_nothing() -> None:
    """Kills: INCONCLUSIVE in small print, a failed seed that is not counted, a stricter margin without mark."""
    lines = verdicts.lines([
        _compared(SEEDS, [None, *SEEDS[1:]]),
        verdicts.Comparison(
            model="m", measure="bound", ours=_times(1.1, SEEDS), theirs=SEEDS, margin=0.1, is_asked=False
        ),
    ]).splitlines()[2:]  # fmt: skip
    assert "39.2–40.9], 1 of 5 failed |" in lines[0]
    assert lines[0].endswith("| NON-INFERIOR |")
    assert lines[1].startswith("| m | bound | 44 [43.12–44.99] | 40 [39.2–40.9] | 1.100 [1.0")
    assert "| 10 %, besides | 0." in lines[1]
    assert lines[1].endswith(" | **INCONCLUSIVE** |")


def test_both_sides_see_as_many_examples() -> None:
    """Kills: a last small batch that one side alone has."""
    assert equal.steps({"batch": 50, "epochs": 2}, 55_000) == 2_200
    with pytest.raises(ValueError, match="batch 64: got 55000 rows, expected a multiple"):
        equal.steps({"batch": 64, "epochs": 2}, 55_000)


def test_every_rival_is_set_alike_on_both_sides_and_judged_at_a_quarter() -> None:
    """Kills: an option that one side does not get, a measure without its own verdict, a seed that is left out."""
    size = asdict(rivals.FULL)
    for opponent in rivals.OPPONENTS.values():
        for name, rival in opponent.rivals.items():
            asked = rival.asked(rivals.FULL, 3, "folder")
            assert asked["options"] == rival.settings
            assert asked["seed"] == 3
            rows = [{"ours": {"distance": 1.0, "bound": 2.0, "error": 2.0}}, {"failed": "why"}]
            found = list(rival.family.comparisons(name, rows, size))
            measures = {each.measure for each in found if each.is_asked and each.margin == 0.25}
            assert len(measures) == (2 if opponent.package else 1)
            assert all(len(each.ours) == 2 and each.theirs == [None, None] for each in found)
    assert rivals.FULL.seeds == 5


def test_models_that_were_run_before_are_kept_and_those_that_were_not_are_named(tmp_path) -> None:
    """Kills: a page that is silent on a model that was not run, rows of another size beside these."""
    row = {"seed": 0, "examples": 10, "cpu": [1.0, 2.0]} | {
        side: {"distance": value, "bound": value} for side, value in (("ours", 2.0), ("theirs", 4.0))
    }
    packages = {"environment": HERE.model_dump() | {"packages": {"torch": "2"}}}
    found = {"date": "now", "load": [1, 2], "minutes": 3, "is_quick": False, "size": asdict(rivals.FULL)} | packages
    pythae = rivals.OPPONENTS["pythae"]
    noninferior._write(tmp_path, pythae, found | {"told": {"vae": [row], "iwae": [row | {"seed": 1}]}})
    page = (tmp_path / "noninferior.md").read_text(encoding="utf-8")
    assert "**Not run: `beta_vae`, `vq_vae`.**" in page
    assert "| iwae | FD of 5,000 samples, classifier | 2 [2–2] | 4 [4–4] | 0.500 [" in page
    assert "| iwae | lr 0.002, backbone canonical, k 5 | 10 | 1 | 2 |" in page
    assert list(noninferior.kept(tmp_path, pythae, rivals.FULL)) == ["vae", "iwae"]
    assert noninferior.kept(tmp_path, pythae, rivals.QUICK) == {}
    assert noninferior.kept(tmp_path / "none", pythae, rivals.FULL) == {}


@pytest.mark.parametrize("model", plain_loops.LOSSES)
def test_a_plain_loop_computes_what_ours_does(model) -> None:
    """Kills: fakes labelled as real rows, a penalty on fakes alone or over one axis, a hinge without its margin."""
    rival = rivals.OPPONENTS["loops"].rivals[model]
    module = importlib.import_module(f"genbench_gan.{model}")
    torch.manual_seed(0)
    ours = module.build(plain_loops.task(), module.Options(**rival.settings))
    rows = np.random.default_rng(0).integers(0, 256, (equal.FEW, 1, 28, 28)).astype(np.uint8)
    start = {name: each.clone() for name, each in ours.state_dict().items()}
    nets, latent = plain_loops.networks(model, start)
    theirs = plain_loops.checked(model, nets, rival.settings, *equal.few(rows, latent))
    assert adversaries.checked(ours, model, rows) == pytest.approx(theirs, rel=1e-4)
    assert all(torch.equal(each, start[name]) for name, each in ours.state_dict().items())


@pytest.fixture
def make_bounded(make_trial):
    """Make a record that says nothing but its bound."""

    def make(model: str, seed: int, value: float | None, *, k: int = 1, bound: str = "iwae@500,bernoulli", **options):
        trial = make_trial(seed=seed, budget=Budget(1000, "examples"))
        given = options | ({"k": k} if k > 1 else {})
        trial = trial.model_copy(update={"model": trial.model.model_copy(update={"name": model, "options": given})})
        identity = Identity(
            metric="log_likelihood", n=500, split="held_out", data="0" * 64, features=bound, features_hash="0"
        )
        spend = Spend(
            examples=1000, steps=50, updates={}, seconds=2.0 * k, setup_seconds=0, flops=None, parameters=1,
            peak_memory_bytes=None, overrun=Overrun(seconds=0, examples=0), is_shared=True, fraction=1.0,
        )  # fmt: skip
        return Record(
            trial=trial, attempt=1, status="OK" if value else "FAILED(train)", spend=spend,
            measures=(Measure(identity=identity, value=value),), environment=HERE, started="2026-11-23T00:00:00Z",
            wall_seconds=1.0,
        )  # fmt: skip

    return make


HERE = Environment(
    genbench="0.1", code="0", python="3.11", platform="Linux", cpu="some CPU", cores=2, memory_bytes=1, device="cpu",
    device_name="some CPU", driver=None, packages={}, settings={},
)  # fmt: skip


def test_runs_with_other_options_are_joined_and_compared_seed_by_seed(make_bounded) -> None:
    """Kills: two sets of options in one line, seeds paired by place, the lower bound called the better."""
    rows = [make_bounded("iwae", seed, -100.0 + seed, k=50) for seed in (3, 1, 0, 2)]
    rows += [make_bounded("vae", seed, -104.5 + 2 * seed) for seed in (0, 1)]
    rows += [make_bounded("vae", seed, -110.0 + seed, kl="sampled") for seed in range(4)]
    found = importance.groups(rows)
    assert [each.name for each in found] == ["`vae`", "`vae` kl sampled", "`iwae` k = 50"]
    assert importance.differences(found[2], found[0]) == pytest.approx([4.5, 3.5])
    assert "better in 16 of 16 pairs, p 0.029; by seed +10.00, +10.00, +10.00, +10.00" in importance.verdict(
        *found[:0:-1]
    )
    page = importance.page(rows)
    assert (
        "| `iwae` k = 50 | 4 | -98.50 [-100.00, -97.00] | -100.00 -99.00 -98.00 -97.00 | 1,000 | 50,000 | 100 |" in page
    )
    assert "196,800 times as many examples" in page
    assert "took 50 times as long" in page
    assert "not distinguishable at" in importance.verdict(found[0], found[1]).replace("4 against 2", "2")


def test_bounds_of_other_k_are_not_joined(make_bounded) -> None:
    """Kills: a bound of more samples, which is tighter, beside one of fewer; a failed seed that vanishes."""
    rows = [make_bounded("vae", 0, -100.0), make_bounded("iwae", 0, -99.0, k=50, bound="iwae@5000,bernoulli")]
    with pytest.raises(ValueError, match="expected runs of one and the same bound"):
        importance.page(rows)
    (failed,) = importance.groups([make_bounded("vae", 0, None), make_bounded("vae", 1, -90.0)])
    assert failed.cells()[1:4] == ["2", "-90.00 [-90.00, -90.00], 1 failed", "failed -90.00"]


def test_the_study_of_importance_samples_is_one_that_runs() -> None:
    """Kills: a key that the study has and the harness does not, networks or bounds that differ between its models."""
    spec = make_spec({}, ROOT / "studies" / "importance.toml")
    ours, theirs = spec.options["iwae"], spec.options["vae"]
    assert ours | {"k": 0} == theirs | {"k": 0}
    assert ours["k"] == 50
    assert len(spec.seeds) == FEWEST_SEEDS
    other = make_spec({}, ROOT / "studies" / "importance_vae.toml")
    assert other.options["vae"] == theirs | {"kl": "sampled"}
    assert other.model_copy(update={"models": spec.models, "options": spec.options}) == spec
