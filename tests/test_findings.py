"""Whether findings come out, told of records whose values are known."""

from __future__ import annotations

import sys
from math import inf, log, nan

import pytest

from benchmarks import created_equal, findings, importance
from genbench.names import model_of
from genbench.record import Environment, Identity, Measure, Overrun, Record, Spend

HERE = Environment(
    genbench="0", python="3.11", platform="here", cpu="cpu", cores=2, memory_bytes=1, device="cpu", device_name="cpu",
    driver=None, packages={}, settings={},
)  # fmt: skip


@pytest.fixture
def scored(make_trial):
    """Make a record of one measure of the headline variant, beside one that must not be read."""

    def make(model: str, seed: int, value: float | None, *, split="held_out", flops=1e6) -> Record:
        trial = make_trial(seed=seed)
        name, label = model_of(model)
        named = trial.model.model_copy(update={"name": name, "label": label, "variants": ("raw", "ema")})
        trial = trial.model_copy(update={"model": named, "data": trial.data.model_copy(update={"name": "ring8"})})
        shared = {"n": 9, "split": split, "data": "0" * 64, "features": "coordinates", "features_hash": "0"}
        spend = Spend(
            examples=1000, steps=50, updates={}, seconds=2.0, setup_seconds=0, flops=flops, parameters=1,
            peak_memory_bytes=None, overrun=Overrun(), is_shared=True, fraction=1.0,
        )  # fmt: skip
        measures = [
            Measure(identity=Identity(metric=metric, **shared), value=each, variant=variant)
            for metric in ("modes", "fd")
            for variant, each in (("ema", 99.0), ("raw", value))
        ]
        return Record(
            trial=trial, attempt=1, status="OK", spend=spend, measures=tuple(measures), environment=HERE,
            started="2026-11-23T00:00:00Z", wall_seconds=1.0,
        )  # fmt: skip

    return make


def test_a_value_is_the_headline_variants_on_held_out_rows(scored) -> None:
    """Kills: the running average's value, a validation value, a failed seed left out, seeds out of order."""
    records = [scored("gan", 1, None), scored("gan", 0, 4.0), scored("vae", 0, 7.0)]
    assert findings.values(records, "gan", "ring8", "modes") == pytest.approx([4.0, nan], nan_ok=True)
    validation = scored("gan", 2, 5.0, split="validation")
    assert findings.values([validation], "gan", "ring8", "modes") == pytest.approx([nan], nan_ok=True)


def test_a_claim_comes_out_is_turned_round_or_is_not_told(scored) -> None:
    """Kills: the direction of the claim ignored; p without its correction; equality taken for proof."""
    made = {
        "gan": (7.0, 7.5, 8.5, 9.5, 10.0, 10.5),
        "pacgan": range(11, 17),
        "unrolled_gan": range(1, 7),
        "wgan_gp": (1, 2, 14, 15, 8, 9),
    }
    records = [scored(name, seed, value) for name, values in made.items() for seed, value in enumerate(values)]
    rows = {row[3].partition(":")[0]: row for row in findings.judged(records)}
    assert {name: row[-1].strip("*") for name, row in rows.items()} == {
        "pacgan": "COMES OUT", "unrolled_gan": "THE OPPOSITE", "wgan_gp": "NOT TOLD APART"
    }  # fmt: skip
    assert rows["pacgan"][5:8] == ["36 of 36", "0.0022", "0.0065"]


def test_a_wide_model_is_told_by_its_spread() -> None:
    """Kills: differences for ratios, so that what is worse is wider; a failed seed that counts for nothing."""
    assert findings.spread([1.0, 2.0, 4.0]) == pytest.approx([log(2), 0, log(2)])
    assert findings.spread([10.0, 20.0, 40.0]) == pytest.approx(findings.spread([1.0, 2.0, 4.0]))
    assert findings.spread([1.0, 2.0, nan, 4.0])[2] == inf


def test_minimax_is_another_model_and_compute_is_told(scored) -> None:
    """Kills: trials of two losses pooled; a multiple of the wrong model's work."""
    records = [scored("gan", 0, 1.0), scored("gan@mm", 0, 1.0), scored("wgan_gp", 0, 1.0, flops=3e6)]
    assert [row[1:] for row in findings.compute(records)] == [
        ["gan", "50", "1e+06", "1.00", "2.0", "1.00"],
        ["gan@mm", "50", "1e+06", "1.00", "2.0", "1.00"],
        ["wgan_gp", "50", "3e+06", "3.00", "2.0", "1.00"],
    ]
    assert findings.compute([scored("gan", 0, 1.0, flops=None)])[0][3:5] == ["–", "–"]
    assert "COMES OUT" in findings.page([*records, scored("pacgan", 0, 2.0)])


@pytest.mark.parametrize("module", [findings, created_equal, importance])
def test_a_folder_that_is_no_run_is_told(module, capsys, monkeypatch, tmp_path) -> None:
    """Kills: a traceback of ours for a slip in a path, a page that is overwritten all the same."""
    page = tmp_path / "page.md"
    monkeypatch.setattr(sys, "argv", ["it", str(tmp_path / "nothere"), "--output", str(page)])
    with pytest.raises(SystemExit) as ended:
        module.main()
    assert (ended.value.code, page.exists()) == (2, False)
    assert "nothere/plan.json: no such file; expected a results folder" in capsys.readouterr().err
