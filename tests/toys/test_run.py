"""Whole runs of third-party plugins, good and bad, through the command line: a bad one hurts its own trials only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from genbench.record import Record

EXPECTED = {
    "breaks_early": "OK",
    "constant_samples": "OK",
    "default_argument": "FAILED(contract)",
    "dies_in_train": "CRASHED(SIGABRT)",
    "exits": "NO_RESULT",
    "generator_train": "FAILED(contract)",
    "hangs_in_train": "TIMEOUT",
    "import_error": "FAILED(import)",
    "keyword_only": "FAILED(contract)",
    "missing_sample": "FAILED(contract)",
    "misspelt": "FAILED(contract)",
    "nan_loss": "DIVERGED",
    "nan_midway": "DIVERGED",
    "nan_samples": "INVALID_OUTPUT",
    "no_state_dict": "FAILED(contract)",
    "out_of_range": "OK",
    "overruns": "OVER_BUDGET",
    "prints_garbage": "OK",
    "raises_in_build": "FAILED(build)",
    "raises_in_sample": "FAILED(sample)",
    "raises_in_train": "FAILED(train)",
    "seeds_tamper": "OK",
    "specname": "FAILED(contract)",
    "too_few_samples": "INVALID_OUTPUT",
    "unknown_argument": "FAILED(contract)",
    "wrong_shape": "INVALID_OUTPUT",
}
GOOD = ("conditional", "critics", "ema", "memory", "naked_next", "two_stage")
BRIEF = ("--budget", "12800examples", "--seeds", "1", "--marks", "0.5", "--no-probe")


@pytest.fixture(scope="module")
def bad(launch):
    """One run of every bad plugin and a good one."""
    return launch("--models", ",".join([*EXPECTED, "vae"]), *BRIEF, "--limit", "stall=4", "--limit", "first=4")


@pytest.mark.parametrize(("model", "status"), EXPECTED.items())
def test_every_failure_has_its_name_and_its_culprit(bad, model: str, status: str) -> None:
    """Kills: any failure that becomes another's name, a hole in the table, or the end of the run."""
    record: Record = bad[1][model]
    assert record.status == status, record.message
    if status != "OK":
        assert f"genbench-badplugins 0.2 [{model}]" in (record.message or "")


def test_the_neighbour_is_unharmed(bad, launch) -> None:
    """Kills: a plugin that reaches another's numbers, by seeds, flags, threads or files."""
    process, records = bad
    assert process.returncode == 1
    assert records["vae"].status == "OK"
    _, alone = launch("--models", "vae", *BRIEF)
    assert alone["vae"].digests == records["vae"].digests


def test_the_table_tells_of_the_failures(bad) -> None:
    out = bad[0].stdout
    assert "\x1b" not in out
    assert all(len(line) <= 100 for line in out.splitlines() if not line.startswith(("Records", "again")))
    assert "Traceback" not in bad[0].stderr
    for status in ("TIMEOUT", "CRASHED(SIGABRT)", "FAILED(import)", "OVER_BUDGET"):
        assert status in out


def test_what_a_hang_had_used_is_told(bad) -> None:
    record = bad[1]["hangs_in_train"]
    assert record.hand_outs > 0
    assert f"after {record.hand_outs} hand-outs" in record.message


def test_an_early_return_is_a_number(bad) -> None:
    assert 0.2 < bad[1]["breaks_early"].spend.fraction < 0.5


def test_an_overrun_is_a_number(bad) -> None:
    spend = bad[1]["overruns"].spend
    assert spend.overrun.is_late
    assert spend.overrun.seconds > 2.5
    assert bad[1]["overruns"].measures


def test_values_out_of_range_are_clamped_and_counted(bad) -> None:
    assert 0.01 < bad[1]["out_of_range"].clamped["default"] < 0.03


def test_a_collapse_is_seen(bad) -> None:
    record = bad[1]["constant_samples"]
    assert record.measure("recall:classifier") < 0.05
    assert record.measure("duplicates:pixels") > 0.9


def test_good_plugins_run(launch) -> None:
    process, records = launch("--models", ",".join([*GOOD, "small_batches"]), *BRIEF)
    assert process.returncode == 0, process.stdout + process.stderr
    assert {record.status for record in records.values()} == {"OK"}
    assert records["conditional"].is_conditional
    assert records["small_batches"].spend.steps > records["ema"].spend.steps
    assert records["small_batches"].spend.examples == records["ema"].spend.examples


def test_a_model_without_gradients_runs(launch) -> None:
    _, records = launch("--models", "em_gmm", "--datasets", "ring8", *BRIEF)
    assert records["em_gmm"].status == "OK", records["em_gmm"].message
    assert set(records["em_gmm"].spend.updates.values()) == {"unobserved"}


@pytest.mark.slow
@pytest.mark.parametrize(("model", "library"), [("lightning_loop", "lightning"), ("accelerate_loop", "accelerate")])
def test_loops_that_own_the_training_run(launch, model: str, library: str) -> None:
    pytest.importorskip(library, reason=f"{library} is not installed")
    _, records = launch("--models", model, "--budget", "256000examples", "--seeds", "1", "--no-probe")
    assert records[model].status == "OK", records[model].message


def test_unequal_batches_are_refused_in_steps(launch) -> None:
    process, _ = launch("--models", "small_batches,ema", "--budget", "20steps", results=False)
    assert process.returncode == 2
    assert "not equal budgets" in process.stderr


def test_a_kind_that_is_not_supported_is_no_failure(launch) -> None:
    process, records = launch("--models", "em_gmm,vae", "--datasets", "digits", *BRIEF)
    assert process.returncode == 0
    assert set(records) == {"vae"}
    assert "em_gmm on digits: n/a" in process.stderr


def test_strict_is_for_authors(launch) -> None:
    process, _ = launch("--models", "import_error,vae", *BRIEF, "--strict")
    assert process.returncode == 2
