"""A finished run becomes a baseline with every seed in it, or is refused; what can never fail is no gate."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

from genbench.check import gates
from genbench.check.baseline import SeedRow, Speeds
from genbench.check.making import extractors, make, refuse_early, with_sessions
from genbench.check.reading import read, write
from genbench.check.remarks import remarks
from genbench.check.rules import Rules
from genbench.errors import BaselineError, SpecError
from genbench.looks import Stopped
from genbench.plan import Plan
from genbench.record import Identity, Measure, Record, Reference
from genbench.spec import Spec
from genbench.store import Results

GOLDEN = read(Path(__file__).parent / "golden" / "schema-1")
(CELL,) = GOLDEN.cells
FD, RECALL, KD = "fd:coordinates", "recall:coordinates", "kd:coordinates"
SPEEDS = {("null", "tiny"): (Speeds(training=10.0, sampling=20.0, setup=0.5),)}


def _identity(name: str, split: str = "held_out") -> Identity:
    known = CELL.identities.get(name, CELL.identities[FD])
    return known.model_copy(update={"metric": name.partition(":")[0], "split": split})


def _measures(values, recall: float) -> tuple[Measure, ...]:
    held_out = [Measure(identity=_identity(name), value=value) for name, value in values.items()]
    return (*held_out, Measure(identity=_identity(RECALL, "validation"), value=recall))


def _record(seed: int, *, status: str = "OK", model: str = "null", collapses: bool = False, **values) -> Record:
    """Return a trial; values by metric. Its recall on validation decides whether it collapsed."""
    draws = random.Random(seed)
    told = {FD: 1 + draws.random(), RECALL: 0.5 + 0.2 * draws.random(), KD: draws.random() - 0.3, "copies:rows": 0.0}
    told |= {f"{metric}:coordinates": value for metric, value in values.items()}
    trial = CELL.trial.model_copy(update={"seed": seed, "model": CELL.trial.model.model_copy(update={"name": model})})
    return Record(
        trial=trial, attempt=1, status=status, measures=_measures(told, 0.0 if collapses else 0.6),
        digests={"samples:default": str(seed)}, environment=GOLDEN.environment, wall_seconds=2.0,
        started=f"2026-11-22T20:00:{seed:02}+00:00",
    )  # fmt: skip


def _results(records, folder=Path("/run"), missing=(), **changes) -> Results:
    trials = (*(record.trial for record in records), *(record.trial for record in missing))
    floor = (Measure(identity=_identity(RECALL, "validation"), value=0.9),)
    references = {"tiny": Reference(data=CELL.trial.data, measures={"floor": floor})}
    plan = Plan(trials=trials, probes=(), **changes.pop("planned", {}))
    return Results(path=folder, plan=plan, records=tuple(records), references=references, **changes)


def _made(records, *, seeds=None, asked=(), results=None, rules=None, **spec):
    seeds = tuple(dict.fromkeys(record.trial.seed for record in records)) if seeds is None else seeds
    rules = rules or Rules()
    study = Spec(models=("null",), datasets=("tiny",), seeds=seeds, gate=asked, rules=rules, **spec)
    return make(results or _results(records), study, sessions=SPEEDS, command="genbench baseline")


def _refusal(records, **changes) -> str:
    with pytest.raises(BaselineError) as caught:
        _made(records, **changes)
    return str(caught.value)


def _names(baseline) -> list[str]:
    return [gate.measure for gate in baseline.gates]


SEEDS = [_record(seed) for seed in range(20)]


def test_every_planned_seed_is_kept_in_order() -> None:
    """Kills: failed seeds dropped, seeds sorted, values of failed seeds kept."""
    order = [7, 3, *(seed for seed in range(20) if seed not in (7, 3))]
    records = [_record(seed, status="DIVERGED" if seed == 3 else "OK", collapses=seed == 5) for seed in order]
    (cell,) = _made(records).cells
    assert [row.seed for row in cell.seeds] == order
    failed = cell.seeds[1]
    assert (failed.status, set(failed.values.values()), failed.is_collapsed) == ("DIVERGED", {None}, None)
    assert failed.trial == records[1].trial.id
    assert [row.seed for row in cell.seeds if row.is_collapsed] == [5]
    assert cell.seeds[0].values[FD] == records[0].measure(FD)
    assert (cell.seeds[0].seconds, cell.seeds[0].digests) == (2.0, {"samples:default": "7"})
    assert cell.trial.seed == 7
    assert cell.better == {FD: "lower", RECALL: "higher", KD: "lower", "copies:coordinates": "no"}


def test_what_is_recorded_beside_the_seeds() -> None:
    """Kills: paths of this machine in a file that is committed, a clock that is not the run's."""
    where = GOLDEN.environment.model_copy(update={"settings": {"GENBENCH_CACHE": "/home/me", "OMP_NUM_THREADS": "1"}})
    records = [record.model_copy(update={"environment": where}) for record in SEEDS]
    found = _made(records, data_root=Path("/home/me/data"), workers=3, budget="20steps")
    assert found.environment.settings == {"OMP_NUM_THREADS": "1"}
    study = {"models": ["null"], "datasets": ["tiny"], "seeds": list(range(20)), "budget": "20steps"}
    assert found.study == study
    assert (found.made.run, found.made.seconds) == ("run", 21.0)
    assert found.made.started == "2026-11-22T20:00:00+00:00"
    assert found.cells[0].sessions == SPEEDS["null", "tiny"]
    assert found.references.keys() == {"tiny"}
    assert found.rules == Rules()


def test_what_is_made_can_be_read(tmp_path) -> None:
    """Kills: a baseline that its own reader refuses."""
    (tmp_path / "classifier-0123.npz").write_bytes(b"weights")
    (tmp_path / "plan.json").write_bytes(b"")
    results = _results(SEEDS, tmp_path)
    assert [*extractors(results)] == ["classifier-0123.npz"]
    made = _made(SEEDS, results=results, asked=(KD, "setup"))
    write(made, tmp_path / "b", extractors(results))
    assert read(tmp_path / "b") == made


def test_the_standard_gates() -> None:
    found = _made(SEEDS)
    assert _names(found) == [FD, RECALL, "collapse", "training", "sampling"]
    assert [gate.better for gate in found.gates] == ["lower", "higher", "lower", "higher", "higher"]
    assert [gate.scale for gate in found.gates] == ["ratio", "ratio", "rate", "ratio", "ratio"]


def test_gates_that_were_asked_for() -> None:
    """Kills: a ratio of numbers that may be negative; a spread that one wild seed decides."""
    found = _made([*SEEDS[:19], _record(19, kd=1e6)], asked=(KD, "setup", FD))
    assert _names(found) == [FD, RECALL, "collapse", "training", "sampling", KD, "setup"]
    kd, setup = found.gates[5:]
    assert (kd.scale, setup.scale, setup.better) == ("deviations", "ratio", "lower")
    assert 0.1 < kd.deviation < 0.6
    assert gates.spread([1.0, 2.0, 3.0, 4.0, 1e9]) == pytest.approx(1.4826)


def test_a_value_of_nothing_takes_the_ratio_away() -> None:
    found = _made([_record(0, recall=0.0), *SEEDS[1:]])
    assert [gate.scale for gate in found.gates[:2]] == ["ratio", "deviations"]


def test_a_plugin_says_which_way_is_better() -> None:
    """Kills: the catalogue's word for a measure of a third party, or the default of a table."""

    def with_measure(better):
        extra = Measure(identity=_identity("topology:coordinates"), value=1.0, better=better)
        varied = [extra.model_copy(update={"value": float(7 * seed % 20)}) for seed in range(20)]
        return [
            each.model_copy(update={"measures": (*each.measures, own)}) for each, own in zip(SEEDS, varied, strict=True)
        ]

    spec = Spec(models=("null",), seeds=20).model_copy(update={"gate": ("topology:coordinates",)})
    for better, scale in (("higher", "deviations"), ("lower", "deviations")):
        made = make(_results(with_measure(better)), spec, sessions={}, command="")
        assert (made.gates[-1].better, made.gates[-1].scale) == (better, scale)
    with pytest.raises(BaselineError, match="does not say which way is better"):
        make(_results(with_measure(None)), spec, sessions={}, command="")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("kd:classifier", "gate 'kd:classifier': not measured in this run; did you mean 'kd:coordinates'?"),
        ("energy:coordinates", "measured: collapse, copies:coordinates, fd:coordinates"),
        ("copies:coordinates", "does not say which way is better"),
    ],
)
def test_what_cannot_be_gated(asked, said) -> None:
    assert said in _refusal(SEEDS, asked=(asked,))


def test_equal_values_have_no_spread() -> None:
    """Kills: a deviation of 0 to divide by; a default refused, or a wish dropped in silence."""
    flat = [_record(seed, kd=0.5) for seed in range(20)]
    assert f"null on tiny: {KD}: most seeds of the baseline have the same value" in _refusal(flat, asked=(KD,))
    zero = [_record(seed, fd=0.0) for seed in range(20)]
    found = _made(zero)
    assert FD not in _names(found)
    assert any(line.startswith(f"left out: null on tiny: {FD}: most seeds") for line in remarks(found))
    flat_ratio = [_record(seed, fd=2.0) for seed in range(20)]
    assert _names(_made(flat_ratio))[0] == FD


def test_what_can_never_fail_is_left_out_or_refused() -> None:
    """Kills: a gate that is always green; a failed seed or the number of comparisons not told to the statistics."""
    at_most = [
        _record(0, status="OOM(host)"),
        *(_record(seed, collapses=seed % 2 == 1) for seed in range(1, 19)),
        SEEDS[19],
    ]
    assert "collapse" in _names(_made(at_most))
    records = [*at_most[:19], _record(19, collapses=True)]
    found = _made(records)
    assert "collapse" not in _names(found)
    reason = "null on tiny: collapse: collapse could never fail: 11 of 20 seeds of the baseline collapsed"
    (line,) = (line for line in remarks(found) if line.startswith("left out: "))
    assert line.startswith(f"left out: {reason}")
    assert "the last look of 1 of 3 comparisons has to reach" in line
    assert reason in _refusal(records, asked=("collapse",))


def test_values_that_cannot_become_worse_count_as_failed() -> None:
    """Kills: a recall of 0 that passes for ever; failed seeds left out of the question."""
    records = [_record(seed, recall=0.0 if seed % 2 else 0.5, status="DIVERGED" if seed == 18 else "OK")
               for seed in range(20)]  # fmt: skip
    assert _names(_made(records)) == [FD, "collapse", "training", "sampling"]
    assert "11 of 20 seeds of the baseline have the worst value already" in _refusal(records, asked=(RECALL,))


def test_rules_that_nothing_can_satisfy_are_refused() -> None:
    """Kills: a default left out in silence where no comparison at all could fail; their number not told."""
    told = _refusal(SEEDS, rules=Rules(seeds=(1, 2, 3), pairs=(2, 3, 4)))
    assert "4 problems" in told
    assert f"null on tiny: {FD}: " in told
    assert f"null on tiny: {RECALL}: " in told
    assert "null on tiny: collapse: collapse could never fail: 0 of 20 seeds" in told
    assert "pairs [2, 3, 4] could never fail: 4 reach p 0.062 at best, but the last look of 1 of 2 comparisons" in told


def test_halves_that_differ_are_refused() -> None:
    """Kills: the level not shared out, seeds dealt at random, halves compared in one direction only."""
    better = [_record(seed, fd=5.0 - 0.2 * seed) for seed in range(20)]
    worse = [_record(seed, recall=0.9 - 0.04 * seed) for seed in range(20)]
    assert f"{FD}: the first half of its seeds differs from the second" in _refusal(better)
    assert f"{RECALL}: the first half" in _refusal(worse)
    mixed = [_record(seed, fd=1.0 + (seed % 10) + 0.01 * seed) for seed in range(20)]
    found = _made(mixed)
    assert [(each.measure, each.level) for each in found.halves] == [
        (FD, pytest.approx(0.01 / 3)), (RECALL, pytest.approx(0.01 / 3)), ("collapse", pytest.approx(0.01 / 3)),
    ]  # fmt: skip
    # U of 14 for 10 against 10: p 0.0052
    near = [*range(1, 8), 12, 13, 16, *(8, 9, 10, 11, 14, 15), *range(17, 21)]
    p = next(each.p for each in _made([_record(seed, fd=float(value)) for seed, value in enumerate(near)]).halves)
    assert 0.01 / 3 < p < 0.01


def test_failed_seeds_rank_worst_in_the_halves() -> None:
    """Kills: NaN that is dropped, or ranks best."""
    failing = [_record(seed, status="DIVERGED" if seed >= 10 else "OK") for seed in range(20)]
    assert "differs from the second" in _refusal(failing)
    # as good as any if those that failed were the best: the others of the first half are the worst
    statuses = ["OOM(host)"] * 5 + ["OK"] * 15
    mixed = [_record(seed, status=each, fd=9.0 if seed < 10 else 1.0) for seed, each in enumerate(statuses)]
    assert f"{FD}: the first half of its seeds differs from the second" in _refusal(mixed)


def test_a_failed_seed_counts_as_collapsed() -> None:
    """Kills: seeds that failed left out of what is found, or ranked below those that collapsed."""
    statuses = ["OOM(host)"] * 5 + ["OK"] * 15
    mixed = [_record(seed, status=each, collapses=10 <= seed < 15) for seed, each in enumerate(statuses)]
    found = _made(mixed)
    assert next(each.p for each in found.halves if each.measure == "collapse") == 1
    failed, collapsed = (
        [_record(seed, **(told if seed in (3, 13) else {})) for seed in range(20)]
        for told in ({"status": "DIVERGED"}, {"collapses": True})
    )
    first, second = (_made(records).gates[2] for records in (failed, collapsed))
    assert first.measure == "collapse"
    assert first.detectable == second.detectable != _made(SEEDS).gates[2].detectable


@pytest.mark.parametrize(
    ("status", "is_collapsed", "counts"),
    [("OK", False, False), ("OK", None, False), ("OK", True, True), ("DIVERGED", None, True)],
)
def test_what_counts_as_collapsed(status, is_collapsed, counts) -> None:
    """Kills: a seed of which nobody knows taken for collapsed, one that failed for sound."""
    row = SeedRow(seed=0, trial="", status=status, is_collapsed=is_collapsed, seconds=1.0)
    assert row.counts_as_collapsed is counts
    assert "counts_as_collapsed" not in row.model_dump()


def test_seeds_that_are_missing_or_too_few() -> None:
    """Kills: a best of several; a run that stopped when it looked good."""
    assert "a baseline needs at least 20 seeds, got 5: --seeds 20" in _refusal(SEEDS[:5]).replace("give ", "")
    told = _refusal(SEEDS, results=_results(SEEDS[:18], missing=SEEDS[18:]))
    assert "got 18 of 20 planned trials, expected all" in told
    assert "genbench baseline --resume /run" in told
    assert "/run/x: damaged" in _refusal(SEEDS, results=_results(SEEDS, damaged=("/run/x: damaged",)))
    looked = _results(SEEDS, planned={"looks": (5, 20)}, stopped=Stopped(seeds=5, reason="decided"))
    assert "planned with looks" in _refusal(SEEDS, results=looked)


def test_models_that_never_finish_are_refused() -> None:
    dead = [_record(seed, status="FAILED(train)", model="dead") for seed in range(20)]
    told = _refusal([*SEEDS, *dead])
    assert "dead on tiny: no seed is OK (FAILED(train)), so that nothing can become worse; leave it out" in told


def test_seeds_of_several_machines_are_refused() -> None:
    other = GOLDEN.environment.model_copy(update={"cpu": "another"})
    mixed = [*SEEDS[:19], SEEDS[19].model_copy(update={"environment": other})]
    assert "its seeds ran with different cpu" in _refusal(mixed)


def test_seeds_that_measured_different_things_are_refused() -> None:
    odd = [
        each.model_copy(update={"identity": each.identity.model_copy(update={"k": 99})}) for each in SEEDS[0].measures
    ]
    mixed = [SEEDS[0].model_copy(update={"measures": tuple(odd)}), *SEEDS[1:]]
    assert "its seeds measured different things" in _refusal(mixed)


def test_what_is_refused_before_anything_is_trained() -> None:
    """Kills: 20 seeds trained for a baseline that cannot be."""
    refuse_early(Spec(models=("null",), seeds=20, gate=("kd:pixels", "setup", "swd:pixels"), metrics=("swd",)))
    spec = Spec(models=("null",), seeds=19, gate=("swd:pixels",))
    with pytest.raises(SpecError) as caught:
        refuse_early(spec)
    assert len(caught.value.problems) == 2
    assert "at least 20 seeds, got 19" in str(caught.value)
    assert "give --metrics swd" in str(caught.value)
    with pytest.raises(SpecError, match="seeds auto"):
        refuse_early(Spec(models=("null",), seeds=20, looks=(5, 20)))


@pytest.mark.parametrize(
    ("gate", "said"),
    [("kd", "expected METRIC:FEATURES"), ("fdd:pixels", "did you mean 'fd'?"), ("setup:pixels", "no metric 'setup'")],
)
def test_gates_of_a_study_are_names_of_measures(gate, said) -> None:
    with pytest.raises(ValueError, match="gate") as caught:
        Spec(models=("null",), gate=(gate,))
    assert said in str(caught.value)


def test_remarks_tell_what_it_will_find() -> None:
    """Kills: failed seeds, first looks or effects that nobody hears of."""
    records = [_record(0, status="OOM(host)"), _record(1, status="DIVERGED"), *SEEDS[2:]]
    told = remarks(_made(records, asked=(KD,)))
    assert told[0] == (
        "6 comparisons, 4 of quality and 2 of throughput; first looks at 5 seeds and 12 pairs of processes"
    )
    assert [re.sub("[0-9.]+(?=%| dev)", "X", line) for line in told[1:7]] == [
        f"  null on tiny: {FD}: finds X% worse in 80 of 100 checks",
        f"  null on tiny: {RECALL}: finds X% worse in 80 of 100 checks",
        "  null on tiny: collapse: finds X% more of the seeds in 80 of 100 checks",
        "  null on tiny: training: gated",
        "  null on tiny: sampling: gated",
        f"  null on tiny: {KD}: finds X deviations worse in 80 of 100 checks",
    ]
    assert "null on tiny: 2 of 20 seeds failed (1 DIVERGED, 1 OOM(host)); they rank worst" in told
    assert "speeds of 1 sessions a cell are kept; on another machine they are advisory" in told
    assert any(line.startswith("its halves agree: the least p of 4 is ") for line in told)


def test_sessions_can_be_added_later() -> None:
    """Kills: what a gate finds told from no sessions though there are some."""
    steady, wild = ((10.0, 10.1, 9.9), (10.0, 14.0, 7.0))
    told = [Speeds(training=fast, sampling=slow, setup=0.5) for fast, slow in zip(steady, wild, strict=True)]
    made = _made(SEEDS)
    timed = with_sessions(made, {("null", "tiny"): tuple(told)})
    assert [gate.detectable for gate in made.gates[3:]] == [None, None]
    training, sampling = (gate.detectable for gate in timed.gates[3:])
    assert training == pytest.approx(0.06, abs=0.01) and sampling > 0.3
    assert timed.gates[:3] == made.gates[:3]
