"""Record how long one fixed kernel takes in many fresh processes, one after another, as noise to test the gate on.

    python benchmarks/trace.py --sessions 4 --processes 600

Rows are appended to results/gate/trace.csv: session, machine, seconds. What else the machine did is part of the record.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

TRACE = Path(__file__).parents[1] / "results" / "gate" / "trace.csv"
KERNEL = """
import time
import numpy as np
rng = np.random.default_rng(0)
rows, weights = (rng.normal(size=shape).astype(np.float32) for shape in ((128, 256), (256, 256)))
def layers():
    out = rows
    for _ in range(200):
        out = np.tanh(out @ weights) * np.float32(0.1)
layers()
started = time.perf_counter()
layers()
print(time.perf_counter() - started)
"""
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def seconds() -> float:
    """Time the kernel in a fresh process, its start and its first call left out."""
    command = [sys.executable, "-I", "-c", KERNEL]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ | THREADS)
    return float(done.stdout)


def machine() -> str:
    """Name the processor and how many there are."""
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{names[0].partition(':')[2].strip() if names else platform.processor()}, {os.cpu_count()} cores"


def record(path: Path, sessions: int, processes: int) -> None:
    """Append timings, each as soon as it is known."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = machine()
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        if is_new:
            rows.writerow(["session", "machine", "seconds"])
        for number in range(sessions):
            session = f"{datetime.now(UTC):%Y-%m-%dT%H:%M}/{number}"
            for _ in range(processes):
                rows.writerow([session, name, f"{seconds():.6f}"])
                file.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=4)
    parser.add_argument("--processes", type=int, default=600)
    parser.add_argument("--path", type=Path, default=TRACE)
    arguments = parser.parse_args()
    record(arguments.path, arguments.sessions, arguments.processes)
