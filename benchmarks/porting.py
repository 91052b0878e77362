"""Do ports by unchanged source keep their speed? `python -m benchmarks.porting [--quick] [--output FOLDER]`.

Three processes take turns: the port under the harness, the script's own loop over its own DataLoader, and that loop
over batches that lie ready, which is the fastest that it can be. Processor seconds of a batch, one thread.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import surroundings
from benchmarks.ports import PORTS
from benchmarks.rotation import Absent, Rotation, Side, rotate
from benchmarks.table import where

LEAST = 0.95  # of its own speed


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.porting", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="three rounds in place of 11")
    parser.add_argument("--output", type=Path, help="default: results/bench, when quick .bench")
    given = parser.parse_args()
    os.environ.update(surroundings.ONE_THREAD)
    begun, load, ports = time.monotonic(), os.getloadavg()[0], {}
    for name in PORTS:
        turns = rotate(sides(name), rounds=3 if given.quick else 11, seconds=0.3 if given.quick else 0.6)
        if turns.absent:
            raise Absent(f"{name}: {turns.absent}")
        ports[name] = told(turns)
    found = surroundings.found(load, begun) | {"is_quick": given.quick, "least": LEAST, "ports": ports}
    folder = given.output or (surroundings.FOLDER if given.quick else Path("results/bench"))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "porting.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (folder / "porting.md").write_text(markdown(found), encoding="utf-8")
    print(markdown(found))


def sides(name: str) -> list[Side]:
    """Return the port, its own loop, and that loop over batches that lie ready, all in one arithmetic."""
    asked = {"name": name, "matmul": "as ours"}
    return [
        Side("port", "ports:port", {"name": name}),
        Side("own", "ports:alone", asked),
        Side("resident", "ports:alone", asked | {"resident": True}),
    ]


def told(turns: Rotation) -> dict[str, Any]:
    """Return how many times as fast the port is as either loop, with all rounds, and what a batch of each costs."""
    ratios = {side: turns.ratios(side, "port") for side in ("own", "resident")}
    return {side: {"median": median(each), "rounds": each} for side, each in ratios.items()} | {
        "milliseconds": {side: 1000 * median(turns.costs(side)) for side in turns.bursts}
    }


def markdown(found: dict[str, Any]) -> str:
    """Return the table."""
    lines = [
        "# Ports by unchanged source: their speed as a share of their own\n",
        f"{where(found)}\n",
        f"Medians [range] of interleaved rounds, processor seconds, one thread; at least {LEAST} is asked.\n",
        "| port | of its own loop and DataLoader | of its own loop over batches that lie ready | ms a batch |",
        "|---|---|---|---|",
    ]
    for name, each in found["ports"].items():
        cells = [
            f"{each[side]['median']:.2f} [{min(each[side]['rounds']):.2f}, {max(each[side]['rounds']):.2f}]"
            for side in ("own", "resident")
        ]
        lines.append(f"| `{name}` | {' | '.join(cells)} | {each['milliseconds']['port']:.2f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
