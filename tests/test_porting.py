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

from genbench import checkpoints, files
from genbench.stream import Stream

if TYPE_CHECKING:
    from genbench.record import Record

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "examples" / "porting"
PAGE = (ROOT / "docs" / "porting.md").read_text(encoding="utf-8")
SOURCES = {"ported_gan": "plain_gan", "ported_vae": "lit_vae", "ported_denoiser": "small_denoiser"}
LIBRARIES = {"ported_gan": "torch", "ported_vae": "lightning", "ported_denoiser": "accelerate"}
NETWORKS = {
    "ported_gan": ["discriminator", "generator"],
    "ported_vae": ["decoder", "encoder", "to_log_var", "to_mean"],
    "ported_denoiser": ["net"],
}
MOST = 40  # lines of a port that are not blank
STEPS, KILLED_AT = 12, 7
ALL = [
    "ported_gan",
    *(pytest.param(each, marks=pytest.mark.slow) for each in ("ported_vae", "ported_denoiser")),  # seconds to import
]
pytestmark = pytest.mark.filterwarnings("ignore")  # the libraries' own


class Killed(BaseException):
    """Stands for the end of a process."""


@pytest.mark.parametrize(("name", "source"), SOURCES.items())
def test_the_source_knows_nothing_of_genbench_and_the_port_is_short(name: str, source: str) -> None:
    """Kills: a source that was bent to fit, a port that is a rewriting."""
    assert "genbench" not in (FOLDER / f"{source}.py").read_text(encoding="utf-8")
    port = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert len([line for line in port.splitlines() if line.strip()]) <= MOST
    assert re.search(rf"^(import {source}$|from {source} import)", port, re.M)


def test_the_page_shows_every_port() -> None:
    """Kills: a port that no reader sees; `tests/test_pages.py` holds what is shown to the files."""
    shown = re.findall(r"<!-- file: examples/porting/(ported_\w+)\.py -->", PAGE)
    assert shown == list(LIBRARIES)


@pytest.mark.parametrize("name", ALL)
def test_a_killed_port_goes_on_bit_for_bit(attempt, monkeypatch, name: str) -> None:
    """Kills: `keep` left out, called after the loop has begun, or of copies; a loader that fetches a batch ahead."""
    pytest.importorskip(LIBRARIES[name])
    monkeypatch.setenv(files.VARIABLE, json.dumps([str(FOLDER / f"{name}.py")]))
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
def records(launch) -> dict[str, Record]:
    for each in LIBRARIES.values():
        pytest.importorskip(each)
    files = [each for name in SOURCES for each in ("--plugin", str(FOLDER / f"{name}.py"))]
    done, records = launch(
        *files, "--models", ",".join(SOURCES), "--seeds", "1", "--budget", "800steps", "--marks", "0.5", "--no-probe",
        PYTHONPATH=os.pathsep.join(filter(None, sys.path)),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return records


@pytest.mark.slow
@pytest.mark.parametrize("name", LIBRARIES)
def test_the_ports_learn_within_the_budget(records: dict[str, Record], name: str) -> None:
    """Kills: samples in the script's own range of -1 to 1, a loop that ends early, a loader that runs ahead."""
    record = records[name]
    assert (record.status, record.spend.steps, record.spend.overrun.examples) == ("OK", 800, 0)
    assert record.spend.updates == dict.fromkeys(NETWORKS[name], 800)
    assert record.marks[0].updates == dict.fromkeys(NETWORKS[name], 400)
    assert record.measure("fd:classifier") < 20  # noise: 45
    assert record.kept


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_the_sources_run_as_they_stand(tmp_path: Path, name: str) -> None:
    """Kills: a source that is only part of a program."""
    pytest.importorskip(LIBRARIES[name])
    source = FOLDER / f"{SOURCES[name]}.py"
    done = subprocess.run([sys.executable, source], cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", SOURCES)
def test_the_ports_keep_the_contract(run_genbench, name: str) -> None:
    """Kills: precision set once for the whole process by Accelerate, whatever the task says."""
    pytest.importorskip(LIBRARIES[name])
    done = run_genbench("test-plugin", name, "--plugin", str(FOLDER / f"{name}.py"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_figures_of_speed_are_those_that_were_measured() -> None:
    """Kills: a page that tells of another measurement than the one beside it."""
    told = json.loads((ROOT / "results" / "bench" / "porting.json").read_text(encoding="utf-8"))
    for name, each in told["ports"].items():
        row = re.search(rf"^\| `{name}` .*$", PAGE, re.M)[0]
        assert all(f"{each[column]['median']:.2f}" in row for column in ("own", "resident"))
