"""The quality half of a check: records against a baseline's seeds, at the planned looks."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from genbench.budget import Budget
from genbench.check.baseline import Baseline, Cell, Made, SeedRow
from genbench.check.findings import COLLAPSE, Gate
from genbench.check.quality import judge_quality, open_cells, report_quality
from genbench.check.verdicts import MISSING, TIME
from genbench.plan import Plan
from genbench.record import Environment, Identity, Measure, Record, Reference
from genbench.store import Results

HERE = Environment(
    genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
    driver=None, packages={}, settings={},
)  # fmt: skip
NAMES = ("fd:classifier", "recall:classifier", "kd:classifier")
GATES = (
    Gate(model="alpha", data="digits", measure="fd:classifier", better="lower"),
    Gate(model="alpha", data="digits", measure="recall:classifier", better="higher"),
    Gate(model="alpha", data="digits", measure=COLLAPSE, better="lower", scale="rate"),
)


def _identity(name: str) -> Identity:
    metric, _, features = name.partition(":")
    return Identity(metric=metric, n=500, split="held_out", data="0" * 64, features=features, features_hash="f")


def _values(seed: int, factor: float = 1.0, spread: float = 0.05) -> dict[str, float]:
    noise = max(0.1, random.Random(seed).gauss(1, spread))
    return {"fd:classifier": 4 * factor * noise, "recall:classifier": 0.8 * noise / factor, "kd:classifier": noise - 1}


@pytest.fixture
def trial(make_trial):
    return lambda seed: make_trial(seed=seed, features=("classifier",), budget=Budget(10, "steps"))


@pytest.fixture
def baseline(trial) -> Baseline:
    """Twenty good seeds of one model."""
    floor = tuple(
        Measure(identity=_identity(name).model_copy(update={"split": split}), value=value)
        for split in ("held_out", "validation")
        for name, value in (("recall:classifier", 0.9), ("vendi_fake:classifier", 5.0))
    )
    rows = tuple(
        SeedRow(seed=seed, trial=trial(seed).id, status="OK", values=_values(seed), is_collapsed=False,
                digests={"samples:default": f"d{seed}"}, seconds=1.0)
        for seed in range(20)
    )  # fmt: skip
    cell = Cell(
        trial=trial(0), identities={name: _identity(name) for name in NAMES}, seeds=rows,
        better={"fd:classifier": "lower", "recall:classifier": "higher", "kd:classifier": "lower"},
    )  # fmt: skip
    return Baseline(
        study={}, gates=GATES, cells=(cell,), halves=(), environment=HERE,
        references={"digits": Reference(data=trial(0).data, measures={"floor": floor})},
        made=Made(command="", run="r", commit=None, started="", seconds=1),
    )  # fmt: skip


@pytest.fixture
def results(trial):
    """Return what a candidate's seeds came to: `factor` times worse, from other noise than the baseline's."""

    def make(
        seeds=5, factor=1.0, *, status="OK", collapsed=(), digests=None, without=(), planned=20, spread=0.05
    ) -> Results:
        records = []
        for seed in range(seeds):
            values = _values(seed if digests == "same" else 100 + seed, factor, spread)
            values["recall:classifier"] = 0.0 if seed in collapsed else values["recall:classifier"]
            measures = [
                Measure(identity=_identity(name).model_copy(update={"split": split}), value=value)
                for name, value in values.items()
                for split in ("held_out", "validation")
                if name not in without
            ]
            told = {"samples:default": f"d{seed}" if digests else f"e{seed}"}
            records.append(
                Record(trial=trial(seed), attempt=1, status=status, measures=tuple(measures), environment=HERE,
                       digests=told, started="", wall_seconds=1)
            )  # fmt: skip
        plan = Plan(trials=tuple(trial(seed) for seed in range(planned)), probes=())
        return Results(path=Path("run"), plan=plan, records=tuple(records), references={})

    return make


def _verdicts(findings):
    return {each.gate.measure: each.verdict for each in findings}


def test_unchanged_quality_passes_at_five_seeds(baseline, results) -> None:
    found = judge_quality(baseline, results())
    assert _verdicts(found) == {"fd:classifier": "PASS", "recall:classifier": "PASS", COLLAPSE: "PASS"}
    assert [each.looks for each in found] == [(1, 3)] * 3
    assert [each.n for each in found] == [(20, 5)] * 3


def test_worse_quality_fails_whichever_way_the_measure_goes(baseline, results) -> None:
    """Kills: a sign lost between measures that should be low and those that should be high."""
    found = judge_quality(baseline, results(factor=1.5))
    assert _verdicts(found) == {"fd:classifier": "FAIL", "recall:classifier": "FAIL", COLLAPSE: "PASS"}
    assert all(each.effect == pytest.approx(0.5, abs=0.15) for each in found[:2])
    assert found[0].candidate > found[0].baseline and found[1].candidate < found[1].baseline


def test_better_quality_passes_and_much_better_is_to_be_verified(baseline, results) -> None:
    found = judge_quality(baseline, results(factor=0.25))
    assert found[0].verdict == "PASS" and "verify" in found[0].notes[0]
    assert not judge_quality(baseline, results(factor=0.9))[0].notes


def test_failed_seeds_rank_worst(baseline, results) -> None:
    """Kills: failed seeds dropped, so that what never runs passes; a FAIL without its reason."""
    found = judge_quality(baseline, results(status="FAILED(train)"))
    assert _verdicts(found) == {"fd:classifier": "FAIL", "recall:classifier": "FAIL", COLLAPSE: "FAIL"}
    assert found[2].candidate == 1.0
    assert {each.notes for each in found} == {("5 of 5 seeds failed: FAILED(train)",)}
    assert report_quality(baseline, results(status="FAILED(train)")) == []


def test_collapsed_seeds_fail_by_their_rate(baseline, results) -> None:
    found = judge_quality(baseline, results(collapsed=range(5)))
    assert _verdicts(found)[COLLAPSE] == "FAIL"
    assert (found[2].baseline, found[2].candidate) == (0.0, 1.0)


def test_what_is_open_gets_more_seeds_and_only_that(baseline, results) -> None:
    assert open_cells(baseline, results(factor=1.15, spread=0.3), allows_digests=True) == {("alpha", "digits")}
    assert open_cells(baseline, results(factor=1.0), allows_digests=True) == set()


def test_looks_are_taken_in_their_order_and_the_first_that_decides_has_decided(baseline, results) -> None:
    """Kills: a verdict that more seeds than the look's had a say in."""
    assert judge_quality(baseline, results(seeds=20))[0].n == (20, 5)
    assert judge_quality(baseline, results(seeds=7))[0] == judge_quality(baseline, results(seeds=5))[0]


def test_seeds_that_are_missing_leave_it_inconclusive(baseline, results) -> None:
    found = judge_quality(baseline, results(seeds=4))
    assert {(each.verdict, each.reason) for each in found} == {("INCONCLUSIVE", TIME)}
    assert found[0].notes == ("4 of the 5 seeds of the first look",)


def test_equal_samples_of_equal_seeds_pass_as_identical(baseline, results) -> None:
    """Kills: a short cut by the digests of one seed, or by digests whose measures differ."""
    found = judge_quality(baseline, results(digests="same"))
    assert {(each.verdict, each.reason, each.effect) for each in found} == {("PASS", "identical", 0.0)}
    assert all(each.baseline == each.candidate and each.n == (5, 5) for each in found)  # the same seeds
    changed = judge_quality(baseline, results(digests="samples alone"))
    assert {each.reason for each in changed} == {""}
    assert "the code that measures has changed" in changed[0].notes[0]


def test_digests_say_nothing_under_another_torch(baseline, results) -> None:
    found = judge_quality(baseline, results(digests="same"), allows_digests=False)
    assert {each.reason for each in found} == {""}


def test_a_cell_or_a_measure_that_is_gone_fails(baseline, results) -> None:
    """Kills: silence about what is no longer compared."""
    for gone in (judge_quality(baseline, None), judge_quality(baseline, results(seeds=0, planned=0))):
        assert {(each.verdict, each.reason) for each in gone} == {("FAIL", MISSING)}
    found = judge_quality(baseline, results(without=("fd:classifier",)))
    assert (found[0].verdict, found[0].reason) == ("FAIL", MISSING)
    assert found[1].verdict == "PASS"


def test_what_is_not_gated_is_reported_without_a_say(baseline, results) -> None:
    (found,) = report_quality(baseline, results(factor=1.5))
    assert (found.gate.measure, found.is_gated, found.gate.scale) == ("kd:classifier", False, "deviations")
