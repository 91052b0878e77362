"""Plugins that are not imported, data that are not decoded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from genbench.doctor import installed


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that cannot be imported, with entry points."""
    (tmp_path / "unwilling").mkdir()
    for name in ("__init__", "inner"):
        Path(tmp_path, "unwilling", f"{name}.py").write_text("raise RuntimeError('imported')")
    monkeypatch.syspath_prepend(str(tmp_path))

    def register(distribution: str, *entries: str) -> None:
        folder = tmp_path / f"{distribution}-0.2.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 0.2\n")
        (folder / "entry_points.txt").write_text("[genbench.observers]\n" + "\n".join(entries) + "\n")

    return register


@pytest.mark.parametrize(
    ("module", "is_there"),
    [
        ("unwilling", True),
        ("unwilling.inner", True),
        ("unwilling.other", False),
        ("unwilling.inner.json", False),  # json is there, at the top
        ("unwilling:thing", False),
        ("nothing_of_that_name", False),
        ("nothing_of_that_name.inner", False),
        ("json.decoder", True),
        ("sys", True),
    ],
)
def test_modules_are_found_without_an_import(package, module, is_there):
    """Kills: importlib.util.find_spec, which imports parents; a module taken for a package."""
    assert installed.is_findable(module) is is_there
    assert "unwilling" not in sys.modules


def test_broken_and_doubled_entry_points_are_told(package):
    """Kills: the second of two plugins with one name skipped in silence."""
    package("genbench_one", "watch = unwilling.inner", "lost = unwilling.other")
    package("genbench_two", "watch = unwilling")
    findings = [each for each in installed.plugin_groups() if each.topic == "observers"]
    assert findings[0].text == "lost, watch"
    failed = [each.text for each in findings if each.state == "fail"]
    assert failed == [
        "'watch' is claimed by genbench_one 0.2 and genbench_two 0.2",
        "genbench_one 0.2 [lost]: there is no module unwilling.other",
    ]


def test_genbenchs_own_plugins_are_whole():
    for finding in installed.plugin_groups():
        assert finding.state == "ok", finding
    models = next(installed.plugin_groups())
    assert (models.topic, "vae" in models.text) == ("models", True)


def test_data_sets_are_found_and_not_decoded(tmp_path):
    """Kills: a set that is decoded to be found; a missing set that fails the machine; one that needs a source asked."""
    (tmp_path / "cifar10").mkdir()
    (tmp_path / "cifar10" / "cifar10_a.npz").write_bytes(b"no archive")
    found = {each.topic: each for each in installed.data_sets(tmp_path)}
    assert found["cifar10"].text == "1 files, 0.0 MB"
    assert (found["mnist"].state, found["mnist"].text) == ("warn", "not there")
    assert found["mnist"].advice
    assert not {"digits", "images", "arrays", "ring8"} & set(found)


def test_a_data_root_that_is_none_or_nowhere(tmp_path):
    assert [each.state for each in installed.data_sets(None)] == ["warn"]
    assert [each.state for each in installed.data_sets(tmp_path / "nowhere")] == ["fail"]


def test_damaged_weights_are_told(tmp_path, monkeypatch):
    assert installed.weights().state == "ok"
    assert "digits" in installed.weights().text
    monkeypatch.setattr(installed, "WEIGHTS", tmp_path)
    np.savez(tmp_path / "cifar10.npz", a=np.zeros(3))
    assert installed.weights().state == "fail"
