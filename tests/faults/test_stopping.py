"""F33-F35: a run that is asked to stop, in whatever way, keeps what it has, says how to go on, and goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from toolkit import content

from genbench.store import RunFolder
from genbench.validation import validate

if TYPE_CHECKING:
    from pathlib import Path

NULL = ("--models", "null", "--datasets", "tiny", "--no-probe", "--seeds", "3", "--workers", "1")
SLOW = (*NULL, "--budget", "80steps", "--set", "null.sleep=0.03")


class Started:
    """A run in a process of its own, whose progress is read."""

    def __init__(self, toys: Path, cache: str, output: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "genbench", "run", "--output", str(output), *arguments]
        variables = os.environ | {"PYTHONPATH": str(toys), "GENBENCH_CACHE": cache, "PYTHONUNBUFFERED": "1"}
        variables["GENBENCH_DATA"] = str(output.parent)  # a flag that nobody gave
        self.output = output
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, env=variables, text=True, start_new_session=True, **pipes)
        self.told = ""

    def wait_for(self, words: str) -> None:
        """Read the progress up to a line that holds these words."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.told += line
            if words in line:
                return
        pytest.fail(f"never said {words!r}: {self.told}")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.process.pid, number)

    def end(self, limit: float = 120) -> tuple[int, str, float]:
        """Return exit code, tables and how long it took."""
        started = time.monotonic()
        out, err = self.process.communicate(timeout=limit)
        self.told += err
        return self.process.returncode, out, time.monotonic() - started

    @property
    def folder(self) -> RunFolder:
        (folder,) = self.output.iterdir()
        return RunFolder(folder)


@pytest.fixture
def start(toys: Path, tmp_path: Path):
    """Start a run; what still runs at the end of the test is killed."""
    started: list[Started] = []
    cache = os.environ.get("GENBENCH_CACHE") or str(tmp_path / "cache")

    def begin(*arguments: str, output: str = "results") -> Started:
        started.append(Started(toys, cache, tmp_path / output, *arguments))
        return started[-1]

    yield begin
    for each in started:
        each.process.kill()
        each.process.wait()


SIGNALS = {"SIGINT": (signal.SIGINT, 130), "SIGTERM": (signal.SIGTERM, 143)}


@pytest.mark.parametrize("order", [["SIGTERM"], pytest.param(["SIGINT", "SIGTERM"], marks=pytest.mark.slow)])
def test_f33_f35_stopped_and_gone_on(start, order) -> None:
    """Kills: a trial that is lost or run twice, a table that is not printed, a hint that does not go on.

    SIGINT by itself is in tests/cli/test_commands.py.
    """
    whole = start(*SLOW, output="whole")
    assert whole.end()[0] == 0
    stopped = []
    for name in order:
        number, expected = SIGNALS[name]
        run = start(*SLOW)
        run.wait_for(f"null on tiny, seed {len(stopped)}: OK")
        run.signal(number)
        code, out, seconds = run.end()
        assert code == expected
        assert seconds < 20
        assert "Sample quality" in out
        assert f"stopped by {name}" in run.told
        assert f"genbench run --resume {run.folder.path}" in run.told
        assert "Traceback" not in run.told
        assert validate(run.folder.path).problems == ()
        stopped.append(len(run.folder.read().records))
    assert stopped == sorted(set(stopped)), "each harness finished something"
    last = start("--resume", str(run.folder.path))
    code, out, _ = last.end()
    assert code == 0
    assert content(run.folder.read()) == content(whole.folder.read())
    assert f"{stopped[-1]} of 3 trials and probes have their record" in last.told


def test_f34_a_plugin_that_swallows_it_is_killed(start) -> None:
    """Kills: waiting for a plugin that catches everything; an interrupted trial that counts as failed."""
    run = start("--models", "swallows", "--datasets", "tiny", "--no-probe", "--budget", "1000s", "--seeds", "1")
    run.wait_for("floor and controls")
    deadline = time.monotonic() + 60
    while not list(run.folder.path.glob("trials/*/attempt-1")) and time.monotonic() < deadline:
        time.sleep(0.05)
    run.signal(signal.SIGINT)
    code, _, seconds = run.end()
    assert code == 130
    assert seconds < 20
    assert [record.status for record in run.folder.read().unfinished] == ["INTERRUPTED"]


def test_f34_twice_is_at_once(start) -> None:
    run = start("--models", "swallows", "--datasets", "tiny", "--no-probe", "--budget", "1000s", "--seeds", "1")
    run.wait_for("floor and controls")
    run.signal(signal.SIGINT)
    time.sleep(0.7)
    run.signal(signal.SIGINT)
    assert run.end(20)[0] == 130
    assert validate(run.folder.path).problems == ()


def test_f28_a_folder_that_cannot_be_used_is_told_before_anything_is_trained(start, tmp_path: Path) -> None:
    """Kills: hours of training whose results have no place."""
    (tmp_path / "results").write_text("a file")
    run = start(*NULL, "--budget", "10steps")
    code, out, _ = run.end()
    assert code == 2
    assert "choose another --output" in run.told
    assert out == ""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs mount namespaces")
def test_f27_f28_real_disks_that_are_full_or_read_only(toys: Path, tmp_path: Path) -> None:
    """Kills: a real ENOSPC or EROFS that ends in a traceback, loses a record, or is no exit 4 or 2."""
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode:
        pytest.skip("mount namespaces are forbidden here")
    (tmp_path / "disk").mkdir()
    program = f"{sys.executable} -m genbench run --output {tmp_path}/disk"
    script = f"""
        mount -t tmpfs -o size=300m tmpfs {tmp_path}/disk
        cd {tmp_path}
        head -c 200m /dev/zero > disk/filler
        {program} {" ".join(SLOW)} > refused 2>&1; echo $? >> codes
        rm disk/filler
        {program} {" ".join(SLOW)} > full 2>&1 &
        for k in $(seq 900); do ls disk/*/trials/*/attempt-1/record.json > /dev/null 2>&1 && break; sleep 0.1; done
        head -c 1000m /dev/zero > disk/filler 2> /dev/null
        wait $!; echo $? >> codes
        {sys.executable} -m genbench validate disk/2* > validated; echo $? >> codes
        rm disk/filler
        {program} {" ".join(SLOW)} > again 2>&1; echo $? >> codes
        mount -o remount,ro {tmp_path}/disk
        {program} {" ".join(SLOW)} --fresh > readonly 2>&1; echo $? >> codes
    """
    variables = os.environ | {"PYTHONPATH": str(toys), "GENBENCH_CACHE": os.environ.get("GENBENCH_CACHE") or "cache"}
    subprocess.run(["unshare", "-rm", "bash", "-c", script], env=variables, check=True, timeout=280)
    told = {name: (tmp_path / name).read_text() for name in ("refused", "full", "again", "readonly")}
    assert (tmp_path / "codes").read_text().split() == ["2", "4", "0", "0", "2"], told
    assert "are free, expected" in told["refused"]
    assert "No space left on device" in told["full"]
    assert "genbench run --resume" in told["full"]
    assert "going on with run" in told["again"]
    assert "Read-only file system" in told["readonly"]
    assert not any("Traceback" in text for text in told.values())


def test_a_reader_that_has_gone_stops_nothing(start) -> None:
    """Kills: a run that ends when its terminal is closed or its pipe is left, and is told to be a fault of the disk."""
    run = start(*NULL, "--budget", "10steps")
    run.process.stdout.close()
    run.process.stderr.close()
    assert run.process.wait(120) == 0
    assert len(run.folder.read().records) == 3
