"""Versions, devices and folders."""

from __future__ import annotations

from collections import Counter

import pytest
import torch

from genbench.doctor import machine


@pytest.mark.parametrize(
    ("found", "wanted", "state"),
    [
        ("3.12.1", ">=3.11,<3.15", "ok"),
        ("3.11.0", ">=3.11,<3.15", "ok"),
        ("3.9.18", ">=3.11,<3.15", "fail"),  # 9 < 11 as numbers, not as text
        ("3.15.0", ">=3.11,<3.15", "warn"),
        ("2.6.0+cu124", ">=2.6", "ok"),
        ("2.5.1", ">=2.6", "fail"),
        ("2.13.0", ">=2.6", "ok"),
        ("1", "", "ok"),
    ],
)
def test_versions_are_compared_as_numbers(found, wanted, state):
    """Kills: versions compared as text, where 2.13 is older than 2.6."""
    assert machine._version("torch", found, wanted).state == state


def test_every_requirement_is_looked_at(monkeypatch):
    """Kills: a missing package that stops the others from being looked at; extras taken for requirements."""
    wanted = ["torch>=2.6", "nothing-of-that-name>=1.2; python_version > '3'", "pytest>=99; extra == 'test'"]
    monkeypatch.setattr(machine.metadata, "requires", lambda name: wanted)
    found = {each.topic: each for each in machine.versions()}
    assert set(found) == {"python", "torch", "nothing-of-that-name"}
    assert found["torch"].state == found["python"].state == "ok"
    assert "not installed" in found["nothing-of-that-name"].text


def test_this_machine_is_well(tmp_path):
    findings = [*machine.versions(), *machine.devices(), machine.cores(), *machine.folders(tmp_path / "new")]
    assert Counter(each.state for each in findings)["fail"] == 0
    assert "cpu" in {each.topic for each in findings}
    assert not any((tmp_path / "new").iterdir())


def test_a_device_that_breaks_or_lies_is_told(monkeypatch):
    """Kills: a broken driver that ends the doctor's own work; a wrong product that passes."""
    monkeypatch.setattr(torch, "equal", lambda *_: False)
    assert "came out wrong" in machine._device("cpu", "x").text
    assert machine._device("cuda:93", "x").state == "fail"


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    found = machine._folder("cache", tmp_path / "file" / "cache", "set GENBENCH_CACHE")
    assert (found.state, found.advice) == ("fail", "set GENBENCH_CACHE")
    assert "cannot be written" in found.text


def test_little_space_is_a_warning(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "LITTLE_SPACE", 10**18)
    assert machine._folder("cache", tmp_path, "free some").state == "warn"
