"""An arm seen from outside, whatever becomes of it; a short program stands in for Python and what it would load."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest

from genbench.check.arm_pair import PairRequest, Timings, pair
from genbench.check.arm_process import Launch
from genbench.check.timings import Timing, TimingRequest
from genbench.engines.call import HAND_OUTS
from genbench.refs import DataRef

DATA = DataRef(name="noise", kind="points", shape=(4,), classes=None, labelled=False, counts={}, hash="0" * 64)
HEAD = """#!{python}
import json, os, signal, sys, time
tell = lambda text: os.write(int(sys.argv[-1]), text.encode() + b"\\n")
asked = json.loads(sys.stdin.readline())
timing = {{"training": [1.0], "sampling": [2.0], "setup": 3.0, "place": asked["model"]}}
"""
GOOD = 'tell("ready"); assert sys.stdin.readline() == "go\\n"; tell(json.dumps(timing))'
WHOLE = Timing(training=(1.0,), sampling=(2.0,), setup=3.0, place="pace")
Run = "Callable[..., tuple[tuple[Timing, ...], list[int]]]"


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run arms that do as their programs say; return their timings and the beat."""

    def run(*programs: str, loading: float = 60, measuring: float = 60) -> tuple[tuple[Timing, ...], list[int]]:
        launches = []
        for number, program in enumerate(programs):
            path = tmp_path / f"python-{number}"
            path.write_text(HEAD.format(python=sys.executable) + program + "\n")
            path.chmod(0o755)
            launches.append(Launch(python=str(path), path=None, hash_seed=0, padding=0))
        folder = tmp_path / "work"
        folder.mkdir()
        asked = PairRequest(
            request=TimingRequest(model="pace", data=DATA, train=Path("train")),
            launches=tuple(launches), folder=folder, loading=loading, measuring=measuring,
        )  # fmt: skip
        beat = [0] * 4
        return Timings.model_validate_json(pair(asked.model_dump_json(), beat)).timings, beat

    return run


def test_each_tells_its_timing(run: Run) -> None:
    timings, beat = run(GOOD, GOOD)
    assert timings == (WHOLE, WHOLE)
    assert beat[HAND_OUTS] == 2


def test_one_measures_while_the_other_sleeps(run: Run, tmp_path: Path) -> None:
    """Kills: both sent off at once; the second begun while the first still runs; loading one after the other."""
    log = tmp_path / "log"
    noting = f"note = lambda what: open({str(log)!r}, 'a').write(what + ' ')\n"
    program = (
        noting
        + """
note("loaded"); tell("ready"); sys.stdin.readline(); note("begun"); time.sleep(0.2); note("done")
tell(json.dumps(timing)); time.sleep(0.1); note("gone")
"""
    )
    run(program, program)
    assert log.read_text().split() == ["loaded"] * 2 + ["begun", "done", "gone"] * 2


def test_a_hang_is_its_own(run: Run) -> None:
    """Kills: a pair that is lost with one of its arms; an arm that is not ended, and works on beside the other."""
    (hung, good), _ = run('tell("ready"); time.sleep(3600)', GOOD, measuring=3.0)
    assert good == WHOLE
    assert (hung.failure or "").startswith("TIMEOUT: ")


def test_a_hang_while_loading_is_its_own(run: Run) -> None:
    (good, hung), _ = run(GOOD, "time.sleep(3600)", loading=5.0)
    assert good == WHOLE
    assert (hung.failure or "").startswith("TIMEOUT: ")


@pytest.mark.parametrize(
    ("program", "failure"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "CRASHED(SIGSEGV): "),
        ('tell("ready"); sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)', "CRASHED(SIGKILL): "),
        ("sys.exit('no module named x')", "NO_RESULT: the process exited with 1"),
        ('tell("ready"); os._exit(0)', "NO_RESULT: the process exited with 0"),
        ('tell("ready"); sys.stdin.readline(); tell("{}x")', "NO_RESULT: "),
        ('tell(json.dumps(timing | {"later": 1}))', "NO_RESULT: 1 fields of its answer cannot be read"),
        ('tell(json.dumps({"failure": "FAILED(build): x"}))', "FAILED(build): x"),
        ("print('ready'); print('{}'); sys.exit(3)", "NO_RESULT: the process exited with 3"),
    ],
)
def test_a_failure_is_its_own(program: str, failure: str, run: Run) -> None:
    """Kills: an exception where a timing belongs; what a plugin prints taken for its answer."""
    (failed, good), _ = run(program, GOOD)
    assert good == WHOLE
    assert (failed.failure or "").startswith(failure)


def test_an_arm_that_does_not_leave_is_made_to(run: Run, monkeypatch: Any) -> None:
    """Kills: a wait without end for what a plugin has left running."""
    monkeypatch.setattr("genbench.check.arm_process.LEAVING", 0.2)
    begun = time.monotonic()
    (told, _), _ = run(GOOD + "; time.sleep(3600)", GOOD)
    assert told == WHOLE
    assert time.monotonic() - begun < 60
