"""The conformance suite from outside: what hangs, crashes or cannot be imported fails a check, and never the caller."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genbench.testing import check_model
from genbench.testing.findings import Finding, Report

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

EXAMPLE = Path(__file__).parents[2] / "examples" / "mlp_gan.py"
HOSTILE = """
import os, time
import torch
from genbench import hookimpl

class Model(torch.nn.Module):
    def __init__(self, task):
        super().__init__()
        self.task = task
        self.mean = torch.nn.Parameter(torch.zeros(task.shape))

@hookimpl
def kinds():
    return ("points",)

@hookimpl
def build(task):
    return Model(task)

@hookimpl
def train(model, batches):
    adam = torch.optim.Adam(model.parameters())
    if model.task.labelled:
        os.abort()
    for x in batches:
        if len(x) == 7:
            time.sleep(600)
        loss = ((x - model.mean) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        batches.log(loss=loss)

@hookimpl
def sample(model, count):
    return model.mean + 0.1 * torch.randn(count, *model.task.shape)
"""


@pytest.fixture
def hostile(tmp_path) -> Path:
    path = tmp_path / "hostile.py"
    path.write_text(HOSTILE)
    return path


@pytest.fixture(autouse=True)
def _no_files(monkeypatch):
    """Files that a test puts in use are in use no longer after it."""
    monkeypatch.setenv("GENBENCH_PLUGIN_FILES", "")


def test_what_crashes_and_hangs_is_told_and_the_rest_is_checked(run_genbench, hostile) -> None:
    """Kills: a crash or a hang that ends the suite, or that is laid on another check; checks done twice."""
    done: subprocess.CompletedProcess[str] = run_genbench(
        "test-plugin", "hostile", "--plugin", str(hostile), "--kinds", "points", "--limit", "15", "--json"
    )
    assert done.returncode == 1, done.stderr
    found = [Finding(**each) for each in json.loads(done.stdout)]
    failed = {each.check: each.found for each in found if each.state == "fail"}
    assert failed.keys() == {"labels", "batch sizes"}
    assert "SIGABRT" in failed["labels"]
    assert "did not end within 15 s" in failed["batch sizes"]
    assert len({each.check for each in found}) == len(found)
    assert {"training in another process", "known density"} <= {each.check for each in found}


def test_a_good_model_of_a_file_passes() -> None:
    """Kills: findings that get lost between processes."""
    report = check_model(EXAMPLE, kinds=("points",))
    assert report.is_good
    assert {each.state for each in report.findings} <= {"ok", "note", "skip"}
    assert len(report.findings) > 25


def test_a_bad_model_is_an_assertion_that_says_what_to_do(hostile, monkeypatch) -> None:
    hostile.write_text(HOSTILE.replace("def sample(model, count)", "def sample(model, number)"))
    with pytest.raises(AssertionError, match=r"(?s)unknown argument number.*expected: .*to fix: "):
        check_model(hostile)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["vea"], "did you mean 'vae'"),
        (["vae", "--kinds", "sound"], "model 'vae' does image"),
        (["vae", "--plugin", "nowhere.py"], "no such file"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_wrong_input_is_told_in_a_line(run_genbench: Callable[..., object], arguments, says) -> None:
    done = run_genbench("test-plugin", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_what_is_the_same_on_several_kinds_is_told_once() -> None:
    """Kills: a screen for every kind."""
    findings = [
        Finding(check="range", place=place, state="fail", found="too far", expected="near", fix="clamp", seconds=at)
        for at, place in enumerate(("image", "wave"))
    ]
    findings.append(Finding(check="contract", place="", state="ok"))
    text = str(Report(model="m", distribution="d 1", findings=tuple(findings), seconds=1))
    assert text.count("too far") == 1
    assert "range on image, wave: too far" in text
    assert "1 checks passed, 0 of them with a note, 0 do not apply, 2 failed" in text


def test_nothing_checked_is_nothing_good() -> None:
    assert not Report(model="m", distribution="d 1", findings=(), seconds=0).is_good


def test_a_plugin_cannot_steer_the_terminal() -> None:
    """Kills: escape sequences of a plugin's error that reach a terminal or a CI log."""
    shown = str(Finding(check="a", place="image", state="fail", found="\x1b[31mred\n::error::x"))
    assert "\x1b" not in shown
    assert not any(line.startswith("::") for line in shown.splitlines())
