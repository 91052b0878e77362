"""`python -m benchmarks [--quick] [--only PART]`: ours beside peers, bare loops and limits, a table and JSON."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks import surroundings, table
from benchmarks.groups import groups
from benchmarks.rows import Effort, Row, as_json, guarded

FULL, QUICK = Effort(9, 0.6, is_quick=False), Effort(3, 0.2, is_quick=True)
DEADLINE = 1080.0  # seconds after which no further group is begun


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="fewer rounds, and nothing of 2,048 columns or 50,000 rows"
    )
    parser.add_argument("--only", default="", help="groups whose name has this")
    parser.add_argument("--output", type=Path, help="default: results/bench, when quick .bench")
    arguments = parser.parse_args()
    names = list(groups(QUICK if arguments.quick else FULL))
    if not any(arguments.only in name for name in names):
        parser.error(f"--only {arguments.only}: no group has this in its name; there are {', '.join(names)}")
    folder = arguments.output or (surroundings.FOLDER if arguments.quick or arguments.only else Path("results/bench"))
    os.environ.update(surroundings.ONE_THREAD)
    for name, reason in surroundings.install().items():
        print(f"without {name}: {reason}", file=sys.stderr)
    begun, load = time.monotonic(), os.getloadavg()[0]
    rows = _measure(QUICK if arguments.quick else FULL, arguments.only, begun)
    found = surroundings.found(load, begun) | {"is_quick": arguments.quick}
    _write(folder, rows, found)
    print(table.markdown(rows, found))


def _measure(effort: Effort, only: str, begun: float) -> list[Row]:
    rows: list[Row] = []
    for name, measure in groups(effort).items():
        if only not in name:
            continue
        if time.monotonic() - begun > DEADLINE:
            rows.append(Row(work=name, absent=f"no time was left after {DEADLINE / 60:.0f} minutes"))
            continue
        rows += guarded(name, measure, effort)
        print(f"{time.monotonic() - begun:4.0f} s  {name}", file=sys.stderr)
    return rows


def _write(folder: Path, rows: list[Row], found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cpu.md").write_text(table.markdown(rows, found), encoding="utf-8")
    text = json.dumps(found | {"rows": [as_json(row) for row in rows]}, indent=1, ensure_ascii=False)
    (folder / "cpu.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
