"""`genbench doctor` as a user meets it."""

from __future__ import annotations

import json

import pytest
import torch
from click.testing import CliRunner

from genbench.cli.doctor import command


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.setenv("GENBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("GENBENCH_DATA", raising=False)
    return lambda *arguments: CliRunner().invoke(command, arguments)


def test_a_machine_that_is_well(ask):
    """Kills: a warning that counts as a failure."""
    done = ask()
    assert done.exit_code == 0, done.output
    for part in (
        "ok    python: 3.",
        "ok    torch: ",
        "ok    cpu: ",
        "warn  data root: none",
        "what to do: pass --data",
    ):
        assert part in done.output


def test_a_failure_is_exit_1_and_json_says_which(ask, tmp_path):
    """Kills: a failure that is printed and forgotten."""
    done = ask("--json", "--data-root", str(tmp_path / "nowhere"))
    assert done.exit_code == 1
    failed = [each for each in json.loads(done.stdout) if each["state"] == "fail"]
    assert [each["topic"] for each in failed] == ["data root"]
    assert set(failed[0]) == {"state", "topic", "text", "advice"}


def test_weights_are_looked_at(ask, tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "w.pth")
    done = ask("--features", f"inception={tmp_path / 'w.pth'}", "--device", "cpu")
    assert done.exit_code == 1
    assert "Conv2d_1a_3x3.conv.weight is missing" in done.output
    assert "minute on a GPU" in done.stderr


@pytest.mark.parametrize("text", ["inception", "inception=/nowhere.pth", "=x"])
def test_flags_that_name_no_file_are_refused(ask, text):
    assert ask("--features", text).exit_code == 2
