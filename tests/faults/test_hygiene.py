"""A plugin that leaves, or leaves its process changed: named, put back, and nobody else's trouble."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from genbench.hygiene import Surroundings

STEPS = 20
WHOLE = ("null", "dies_in_train", "disturbs", "exits", "far_samples", "hoards", "no_memory")


@pytest.fixture(autouse=True)
def _importable(toys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(toys))


@pytest.fixture(scope="module")
def whole(launch, tmp_path_factory):
    """One run of all that only a process of its own can show: the process, the records, where they are."""
    folder = tmp_path_factory.mktemp("whole")
    done, records = launch(
        "--models", ",".join(WHOLE), "--datasets", "tiny", "--budget", f"{STEPS}steps", "--batch-size", "8", "--seeds",
        "1", "--marks", "0.5", "--no-probe", "--metrics", "exhausts", "--limit", "finish=1",
        "--set", "dies_in_train.by=exit", into=folder,
    )  # fmt: skip
    return done, records, folder


def test_f13_leaving_is_no_result(whole) -> None:
    """Kills: exit code 0 taken for a result."""
    assert {name: whole[1][name].status for name in ("dies_in_train", "exits")} == dict.fromkeys(
        ("dies_in_train", "exits"), "NO_RESULT"
    )
    assert whole[1]["exits"].message == "genbench-badplugins 0.2 [exits] train: `train` called sys.exit(0)"
    assert "exited with 0" in whole[1]["dies_in_train"].message
    assert whole[1]["null"].status == "OK"


@pytest.mark.parametrize(
    ("by", "status", "said"),
    [
        ("exit", "NO_RESULT", "`train` called sys.exit(0)"),
        ("thread", "NO_RESULT", "a thread called sys.exit(1)"),
        ("interrupt", "FAILED(train)", "KeyboardInterrupt, after 1 hand-outs"),
    ],
)
def test_f13_whoever_leaves(attempt, by, status, said) -> None:
    """Kills: the silence in which Python passes over sys.exit in a thread; an interrupt that is not the user's."""
    outcome, _ = attempt("exits", "tiny", options={"by": by})
    assert (outcome.status, outcome.message) == (status, f"genbench-badplugins 0.2 [exits] train: {said}")
    assert outcome.spend.steps == (STEPS if by == "thread" else 1)


def test_f13_a_thread_that_dies_is_a_remark(attempt) -> None:
    outcome, _ = attempt("exits", "tiny", options={"by": "dead thread"})
    assert outcome.status == "OK"
    assert outcome.warnings == ("`train` lost a thread: ValueError: nobody catches this",)


def test_f14_who_trains_on_is_stopped(whole) -> None:
    """Kills: waiting for ever; steps after the stream's end that are counted."""
    record = whole[1]["hoards"]
    assert (record.status, record.hand_outs) == ("OVER_BUDGET", STEPS)
    assert "did not return within 1 s of the stream's end" in record.message


def test_f16_seeds_are_nobodys_to_tamper_with(attempt) -> None:
    """Kills: generators that one trial leaves to the next, in whatever order."""
    alone, tampered, after, before = (
        attempt(model, "tiny", batch_size=8)[0] for model in ("null", "seeds_tamper", "null", "null")
    )
    assert tampered.status == "OK"
    assert alone.digests == after.digests == before.digests


def test_f17_flags_are_told_and_put_back(attempt) -> None:
    """Kills: samples, photographs and judging that depend on what `train` has set."""
    state = [torch.get_default_dtype(), torch.get_num_threads(), torch.get_float32_matmul_precision(), np.geterr()]
    outcome, _ = attempt("disturbs", "tiny", marks=(0.5,), options={"closes": False})
    assert outcome.status == "OK", outcome.message
    told = "\n".join(outcome.warnings)
    for changed in (
        "torch's default dtype from torch.float32 to torch.float64",
        "torch's grad mode from True to False",
        "torch's deterministic algorithms from 0 to 2",
        "torch's float32 matmul precision from highest to medium",
        "torch's number of threads from 1 to 3",
        "torch's cudnn.benchmark from False to True",
        "torch's cudnn.deterministic from False to True",
        "torch's autocast on cpu",
        "numpy's handling of errors (divide, invalid, over, under)",
    ):
        assert f"`train` changed {changed}" in told
    assert "could not" not in told
    assert state == [
        torch.get_default_dtype(), torch.get_num_threads(), torch.get_float32_matmul_precision(), np.geterr(),
    ]  # fmt: skip


def test_f18_the_process_is_put_back(attempt) -> None:
    """Kills: samples that the judge may not read; a secret in a record."""
    state = (Path.cwd(), os.environ.get("HOME"), signal.getsignal(signal.SIGTERM), sys.getrecursionlimit())
    outcome, folder = attempt("disturbs", "tiny", marks=(0.5,), options={"closes": False})
    told = "\n".join(outcome.warnings)
    for changed in (
        "changed the working folder from",
        "changed the umask from 0o22 to 0o777",
        "changed environment variables (A_PASSWORD, HOME)",
        "changed handlers of signals (SIGTERM)",
        "changed the recursion limit",
    ):
        assert f"`train` {changed}" in told
    assert "never shown" not in told
    assert state == (Path.cwd(), os.environ.get("HOME"), signal.getsignal(signal.SIGTERM), sys.getrecursionlimit())
    for path in folder.rglob("*"):
        assert path.stat().st_mode & 0o444 == 0o444, path


def test_f18_what_torch_sets_itself_is_no_change(monkeypatch) -> None:
    """Kills: a compiled model marked for a variable that torch's compiler has set."""
    surroundings = Surroundings()
    monkeypatch.setenv("_TORCHINDUCTOR_PYOBJECT_TENSOR_DATA_PTR", "1")
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "/tmp/x")
    assert surroundings.put_back() == []
    assert os.environ["TORCHINDUCTOR_CACHE_DIR"] == "/tmp/x"


def test_f18_a_run_keeps_the_record(whole) -> None:
    """Kills: a record lost with the streams."""
    record = whole[1]["disturbs"]
    assert record.status == "OK", record.message
    assert "`train` closed or replaced stderr, stdin, stdout, put back" in record.warnings
    assert {each.mark for each in record.measures} == {0.5, 1.0}
    assert "A_PASSWORD" in whole[0].stdout + str(record.warnings)


@pytest.mark.parametrize(
    ("of", "status"),
    [("device", "OOM(device)"), ("cublas", "OOM(device)"), ("host", "OOM(host)"), ("allocator", "OOM(host)")],
)
def test_f37_whose_memory_it_was(attempt, of, status) -> None:
    """Kills: two lacks under one name; a failure that is a plain error because a library did not call it a lack."""
    outcome, _ = attempt("no_memory", "tiny", options={"of": of})
    assert outcome.status == status
    assert outcome.message.startswith("genbench-badplugins 0.2 [no_memory] train: ")
    assert outcome.message.endswith(" MiB") and "; the peak was " in outcome.message
    assert outcome.spend.steps == 1


def test_f37_the_neighbour_has_its_memory(whole) -> None:
    assert whole[1]["no_memory"].status == "OOM(device)"
    assert whole[1]["null"].measures


def test_f37_a_judge_without_memory_does_not_lose_the_training(whole) -> None:
    """Kills: an attempt whose spend, marks or weights go with its judge."""
    record = whole[1]["far_samples"]
    assert record.status == "FAILED(judge)"
    assert "SIGKILL" in record.message
    assert (record.spend.steps, [mark.fraction for mark in record.marks]) == (STEPS, [0.5, 1.0])
    (folder,) = whole[2].glob(f"*/trials/{record.trial.id}/attempt-1")
    assert {path.name for path in (folder / "snapshots").iterdir()} == {"0.500000.pt", "1.000000.pt", "final.pt"}
