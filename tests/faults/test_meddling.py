"""Plugins that meddle with the process they share with genbench: each fails by its own name, and the run ends."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from textwrap import indent

import pytest

from genbench import forks, meter, samples, stream, tampering
from genbench.disk import has_room
from genbench.errors import ContractError, HookError
from genbench.plugins import Plugin, load
from genbench.status import DISK, UNSENT, status_of, status_of_exit
from genbench.tampering import MEASURING, Fabric

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes and /dev/full are Linux's")

MODEL = """
import gc, os, shutil
import torch
from torch import nn
from genbench import hookimpl

def held(kind):
    return [each for each in gc.get_objects() if type(each).__name__ == kind]

@hookimpl
def kinds():
    return ("points",)

@hookimpl
def build(task):
    return nn.ParameterDict({{"mean": nn.Parameter(torch.zeros(task.shape))}})

@hookimpl
def train(model, batches):
    for number, x in enumerate(batches):
        if number == 3:
{train}

@hookimpl
def sample(model, count):
{sample}
    return torch.rand(count, *model["mean"].shape)
"""
PATCH = "import genbench.meter\ngenbench.meter.Meter.seconds = property(lambda self: 0.0)"
TRAIN = {  # what each does at its fourth hand-out
    "sound": "pass",
    "stops": "held('Attempt')[0]._beat[2] = 1",
    "renames": "held('Attempt')[0]._beat[3] = 1",
    "forks": "os.fork()",
    "awaits": "child = os.fork()\nif child:\n    os.waitpid(child, 0)",
    "closes": "os.closerange(3, 4096)",
    "fills": "open('/dev/full', 'w').write('x' * 100_000)",
    "replaces": PATCH,
    "uproots": "shutil.rmtree(held('Job')[0].folder)",
}
SAMPLE = {"deletes": "for job in held('Job'):\n    shutil.rmtree(job.folder / 'samples', ignore_errors=True)"}
EXPECTED = {
    "sound": ("OK", ""),
    "stops": ("NO_RESULT", "lost 3 times: nobody had asked it to stop"),
    "renames": ("OK", ""),
    "forks": ("OK", ""),
    "awaits": ("OK", ""),
    "closes": ("NO_RESULT", "it closed descriptors that it had not opened"),
    "fills": ("FAILED(train)", "No space left on device"),
    "replaces": ("FAILED(contract)", "train: replaced genbench.meter.Meter.seconds"),
    "uproots": ("FAILED(contract)", ".pt was deleted while it ran"),
    "deletes": ("FAILED(sample)", "was deleted before it could be judged"),
}


@pytest.fixture(scope="module")
def whole(launch, tmp_path_factory):
    """One run of them all."""
    folder = tmp_path_factory.mktemp("meddlers")
    for name in EXPECTED:
        train, sample = TRAIN.get(name, "pass"), SAMPLE.get(name, "pass")
        text = MODEL.format(train=indent(train, " " * 12), sample=indent(sample, " " * 4))
        (folder / f"{name}.py").write_text(text)
    files = [part for name in EXPECTED for part in ("--plugin", str(folder / f"{name}.py"))]
    return launch(
        *files, "--models", ",".join(EXPECTED), "--datasets", "tiny", "--budget", "20steps", "--batch-size", "8",
        "--seeds", "1", "--no-probe", "--limit", "stall=5",
    )  # fmt: skip


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
def test_each_fails_by_its_own_name(whole, name: str, expected: tuple[str, str]) -> None:
    """Kills: a trial that is begun again without end; a full disk of the plugin's that stops the whole run."""
    record, (status, said) = whole[1][name], expected
    assert record.status == status, record.message
    assert said in (record.message or "")
    if status != "OK" and name != "stops":
        assert f"{name}.py [{name}]" in record.message


def test_who_is_forked_does_no_work_of_ours(whole) -> None:
    """Kills: two processes that photograph into one folder, and answer in one pipe."""
    numbers = {name: whole[1][name].digests["samples:default"] for name in ("sound", "forks", "awaits")}
    assert len(set(numbers.values())) == 1


def test_a_fork_ends_where_it_comes_back() -> None:
    own = os.getpid()
    if os.fork() == 0:
        forks.end_if_forked(own)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 1
    forks.end_if_forked(own)  # this process goes on


def test_an_import_that_replaces_what_measures_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a look that begins after the import."""
    (tmp_path / "replaces_early.py").write_text(PATCH)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = meter.Meter.seconds
    with pytest.raises(ContractError, match=r"^early 1 \[early\] import: replaced genbench.meter.Meter.seconds: "):
        load(Plugin("early", "replaces_early", "early 1"))
    assert meter.Meter.seconds is before


def test_what_was_replaced_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a module or a class that is not looked into; a look that takes what it finds for what was there."""
    fabric = Fabric()
    monkeypatch.setattr(samples, "save_rows", print)
    monkeypatch.setattr(stream.Stream, "__init__", lambda self: None)
    assert sorted(fabric.put_back()) == ["genbench.samples.save_rows", "genbench.stream.Stream.__init__"]
    assert samples.save_rows is not print
    assert fabric.put_back() == []


def test_all_that_measures_is_there() -> None:
    """Kills: a module that was renamed, and is watched no longer."""
    folder = Path(tampering.__file__).parent
    assert [name for name in MEASURING if not (folder / f"{name}.py").exists()] == []
    assert tampering.told(list("abcdefg")).startswith("replaced a, b, c, d, e and 2 more: ")


@pytest.mark.parametrize(("folder", "status"), [(None, DISK), ("here", "FAILED(train)"), ("gone", DISK)])
def test_whose_disk_is_full(tmp_path: Path, folder: str | None, status: str) -> None:
    """Kills: a full disk of ours that is laid on a plugin; one of its own that ends the run."""
    error = HookError("no room", culprit="genbench-foo 0.2 [foo]", hook="train")
    error.__cause__ = OSError(28, "No space left on device")
    where = {None: None, "here": tmp_path, "gone": tmp_path / "gone"}[folder]
    assert status_of(error, where)[0] == status
    assert status_of(error.__cause__, tmp_path)[0] == DISK  # the harness's own


def test_room_is_found_by_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert has_room(tmp_path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("genbench.disk.MARGIN", 2**62)
    assert not has_room(tmp_path)


def test_a_result_that_could_not_be_sent_has_its_reason() -> None:
    assert "descriptors" in status_of_exit(UNSENT)[1]
    assert "exited with 73" in status_of_exit(73)[1]
