"""A search that is killed goes on by the same command, and trains nothing twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from genbench.store import RunFolder

STUDY = """
models = ["tunable", "tunable@near"]
datasets = ["tiny"]
budget = "320examples"
batch_size = 16
seeds = 2
probe = false
[options."tunable@near"]
shift = 0.5
[tune]
trials = 5
"""
WAIT = 240.0  # seconds for a record to appear, on a machine that others keep busy


def _records(folder):
    return {path: path.read_bytes() for path in folder.glob("*/trials/*/attempt-*/record.json")}


def _begin(command, variables, folder, count):
    """Start a search, and kill it with all that it started once there are so many records."""
    harness = subprocess.Popen(
        command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    end = time.monotonic() + WAIT
    while len(_records(folder)) < count and harness.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    is_alive = harness.poll() is None
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait()
    return is_alive


@pytest.mark.slow
def test_a_killed_search_goes_on_with_the_same_command(tune, tmp_path, toys, cache) -> None:
    """Kills: configurations drawn anew or tried twice, a choice made anew, a search begun again in another folder."""
    study, results = tmp_path / "study.toml", tmp_path / "results"
    study.write_text(STUDY)
    variables = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(toys), os.environ.get("PYTHONPATH", "")]), "GENBENCH_CACHE": str(cache),
    }  # fmt: skip
    command = [sys.executable, "-m", "genbench", "tune", str(study), "--output", str(results), "--workers", "1"]
    for count in (2, 11):  # amid the configurations, and amid the chosen ones' trials
        assert _begin(command, variables, results, count)
        kept = _records(results)
    done = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    (run,) = results.iterdir()
    after = _records(results)
    assert kept.items() <= after.items()
    read = RunFolder(run).read()
    assert not read.missing
    assert len(read.records) == 5 + 5 + 4  # the near one has no shift to search, but a rate and a mode
    finished = [path for path, content in after.items() if b'\n "status": "OK"' in content]
    assert len({path.parents[1] for path in finished}) == len(finished)
    assert done.returncode == 0
    whole = tune("tune", str(study), "--output", str(tmp_path / "whole"), "--workers", "1")
    (other,) = (tmp_path / "whole").iterdir()
    assert whole.returncode == 0
    ids = {each.trial.id: each.digests.get("weights") for each in read.records}
    assert ids == {each.trial.id: each.digests.get("weights") for each in RunFolder(other).read().records}
