"""Trainings that were there before become plugins: by few lines, unchanged, and going on where they were killed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genbench import checkpoints
from genbench.stream import Stream

if TYPE_CHECKING:
    from genbench.record import Record

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "porting"
PAGE = (ROOT / "docs" / "porting.md").read_text(encoding="utf-8")
LIBRARIES = {"plain_gan": "torch", "lit_vae": "lightning", "small_denoiser": "accelerate"}
NETWORKS = {
    "plain_gan": ["discriminator", "generator"],
    "lit_vae": ["decoder", "encoder", "to_log_var", "to_mean"],
    "small_denoiser": ["net"],
}
MOST = 40  # lines of a port that are not blank
STEPS, KILLED_AT = 12, 7
ALL = [
    "plain_gan",
    *(pytest.param(each, marks=pytest.mark.slow) for each in ("lit_vae", "small_denoiser")),  # seconds to import
]
pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What makes the ports importable, and known by their entry points: a path to search."""
    folder = tmp_path_factory.mktemp("ported")
    info = folder / "genbench_ported-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: genbench-ported\nVersion: 0.1\n")
    said = (FOLDER / "pyproject.toml").read_text(encoding="utf-8")
    entries = re.search(r'\[project\.entry-points\."genbench\.models"\]\n(.*?)\n\n', said, re.DOTALL)[1]
    (info / "entry_points.txt").write_text(f"[genbench.models]\n{entries.replace(chr(34), '')}\n")
    return os.pathsep.join((str(folder), str(FOLDER)))


@pytest.fixture
def importable(installed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for each in installed.split(os.pathsep):
        monkeypatch.syspath_prepend(each)


class Killed(BaseException):
    """Stands for the end of a process."""


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_source_knows_nothing_of_genbench_and_the_port_is_short(name: str) -> None:
    """Kills: a source that was bent to fit, a port that is a rewriting."""
    assert "genbench" not in (FOLDER / "ported" / f"{name}.py").read_text(encoding="utf-8")
    port = (FOLDER / "ported" / f"{name}_plugin.py").read_text(encoding="utf-8")
    assert len([line for line in port.splitlines() if line.strip()]) <= MOST
    assert re.search(rf"(from ported import {name}|from ported\.{name} import)", port)


def test_the_page_shows_every_port() -> None:
    """Kills: a port that no reader sees; `tests/test_pages.py` holds what is shown to the files."""
    shown = re.findall(r"<!-- file: examples/porting/ported/(\w+)_plugin\.py -->", PAGE)
    assert shown == list(LIBRARIES)


@pytest.mark.parametrize("name", ALL)
def test_a_killed_port_goes_on_bit_for_bit(importable, attempt, monkeypatch, name: str) -> None:
    """Kills: `keep` left out, called after the loop has begun, or of copies; a loader that fetches a batch ahead."""
    pytest.importorskip(LIBRARIES[name])
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints, "RARELY", 0.0)
    calls, take = count(), Stream.take

    def killing(self: Stream, until: float) -> object:
        handed = take(self, until)
        if handed is not None and next(calls) == KILLED_AT:
            raise Killed
        return handed

    with monkeypatch.context() as patch:
        patch.setattr(Stream, "take", killing)
        _, killed = attempt(name, steps=STEPS)
    continued, whole = attempt(name, steps=STEPS, earlier=killed)[0], attempt(name, steps=STEPS)[0]
    assert (continued.continued, continued.status) == (KILLED_AT, "OK"), continued.message
    assert continued.digests == whole.digests
    assert continued.spend.updates == whole.spend.updates == dict.fromkeys(NETWORKS[name], STEPS)


@pytest.fixture(scope="module")
def records(launch, installed: str) -> dict[str, Record]:
    for each in LIBRARIES.values():
        pytest.importorskip(each)
    done, records = launch(
        "--models", ",".join(LIBRARIES), "--seeds", "1", "--budget", "800steps", "--marks", "0.5", "--no-probe",
        PYTHONPATH=os.pathsep.join((installed, *filter(None, sys.path))),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return records


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
def test_the_ports_learn_within_the_budget(records: dict[str, Record], name: str) -> None:
    """Kills: samples in the script's own range of -1 to 1, a loop that ends early, a loader that runs ahead."""
    record = records[name]
    assert (record.status, record.spend.steps, record.overrun.examples) == ("OK", 800, 0)
    assert record.spend.updates == dict.fromkeys(NETWORKS[name], 800)
    assert record.marks[0].updates == dict.fromkeys(NETWORKS[name], 400)
    assert record.measure("fd:classifier") < 20  # noise: 45
    assert record.kept


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
def test_the_sources_run_as_they_stand(tmp_path: Path, name: str) -> None:
    """Kills: a source that is only part of a program."""
    pytest.importorskip(LIBRARIES[name])
    source = FOLDER / "ported" / f"{name}.py"
    done = subprocess.run([sys.executable, source], cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


def test_the_figures_of_speed_are_those_that_were_measured() -> None:
    """Kills: a page that tells of another measurement than the one beside it."""
    told = json.loads((ROOT / "results" / "bench" / "porting.json").read_text(encoding="utf-8"))
    for name, each in told["ports"].items():
        row = re.search(rf"^\| `{name}` .*$", PAGE, re.M)[0]
        assert all(f"{each[column]['median']:.2f}" in row for column in ("own", "resident"))
