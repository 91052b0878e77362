"""Kill a grid again and again at random moments, and go on each time, for as long as is wanted.

    python tests/faults/soak.py --kills 300
    python tests/faults/soak.py --hours 24

After each kill the run's folder must be whole, hold every record that was told as done or published before, and at
the end equal what an uninterrupted run gives. Prints one line for each kill, and a summary. Exits 1 at the first loss.
"""

from __future__ import annotations

import argparse
import os
import random
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from genbench.store import RunFolder
from genbench.validation import validate

HERE = Path(__file__).parent
GRID = ("--models", "null,ema", "--datasets", "tiny", "--no-probe", "--seeds", "6", "--marks", "0.5")
BUDGET = ("--budget", "2560examples", "--set", "null.sleep=0.005")
FAULTS = (signal.SIGKILL, signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


def start(output: Path, toys: Path) -> subprocess.Popen[bytes]:
    """Start the grid, or go on with it."""
    command = [sys.executable, "-m", "genbench", "run", *GRID, *BUDGET, "--output", str(output)]
    variables = os.environ | {"PYTHONPATH": f"{toys}:{os.environ.get('PYTHONPATH', '')}"}
    return subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def records(output: Path) -> dict[str, tuple[str, str]]:
    """Return what is acknowledged: digests by trial."""
    found = {}
    for folder in output.glob("*/plan.json"):
        report = validate(folder.parent)
        if report.problems:
            sys.exit(f"DAMAGED: {report.problems}")
        for record in RunFolder(folder.parent).read().records:
            found[record.trial.id] = (record.status, str(sorted(record.digests.items())))
    return found


def round_of(output: Path, toys: Path, whole: dict[str, tuple[str, str]], most: int, until: float) -> int:
    """Bring one grid to its end through kills; return how many it took."""
    kills, known = 0, dict[str, tuple[str, str]]()
    while kills < most and time.monotonic() < until:
        process = start(output, toys)
        try:
            code = process.wait(random.uniform(0.5, 12))
        except subprocess.TimeoutExpired:
            process.send_signal(random.choice(FAULTS))
            code = process.wait()
        now = records(output)
        if any(now.get(trial) != told for trial, told in known.items()):
            sys.exit(f"LOST: {known} was acknowledged, {now} is left")
        known = now
        if code == 0:
            break
        kills += 1
        print(f"kill {kills}: exit {code}, {len(known)} of {len(whole)} acknowledged", flush=True)
    if len(known) == len(whole) and known != whole:
        sys.exit(f"DIFFERENT: {known}, uninterrupted {whole}")
    return kills


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--hours", type=float, default=1e9)
    asked = parser.parse_args()
    until = time.monotonic() + 3600 * asked.hours
    with tempfile.TemporaryDirectory() as folder:
        toys, place = Path(folder) / "toys", Path(folder)
        runpy.run_path(str(HERE.parent / "toys" / "install.py"))["install"](toys)
        if start(place / "whole", toys).wait():
            sys.exit("the uninterrupted run failed")
        whole, kills, grids = records(place / "whole"), 0, 0
        while kills < asked.kills and time.monotonic() < until:
            kills += round_of(place / f"grid-{grids}", toys, whole, asked.kills - kills, until)
            grids += 1
    print(f"{kills} kills over {grids} grids of {len(whole)} trials: no acknowledged record lost, no number changed")


if __name__ == "__main__":
    main()
