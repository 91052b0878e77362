"""Measure on a CUDA device: graphs, pairwise measures, every built-in model in every precision; JSON and tables."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks import gpu_rows, table
from benchmarks.rows import as_json

GRAPHS = 110.0  # seconds after which no further case of graphs is begun
DEADLINE = 280.0  # seconds from the beginning after which no further setting is begun
PAIRWISE = (("kd",), ("precision", "recall", "density", "coverage"), ("energy",), ("mmd",), ("swd",))
SETTINGS = [(precision, compiled) for compiled in (False, True) for precision in ("fp32", "bf16")]


def measure(models: str, datasets: str, device: str, precision: str, compiled: bool) -> dict[str, Any]:
    """Run one setting and return its tables, or what it said when it failed."""
    command = [
        sys.executable, "-m", "genbench", "run", "--models", models, "--datasets", datasets, "--device", device,
        "--precision", precision, "--seeds", "2", "--budget", "1000steps", "--json",
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        command += ["--output", folder, *(["--compile"] if compiled else [])]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    tables = json.loads(done.stdout) if done.returncode in (0, 1) else None
    said = done.stderr[-2000:]
    return {"precision": precision, "compile": compiled, "exit": done.returncode, "tables": tables, "said": said}


def throughput(results: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the throughput rows of all settings in one frame: medians over windows."""
    rows = [
        {"precision": each["precision"], "compile": each["compile"], "data": block["data"], "model": row["label"]}
        | {name: cell.get("value") for name, cell in row["cells"].items()}
        for each in results
        for block in (each["tables"] or {"blocks": []})["blocks"]
        for sheet in block["sheets"]
        if sheet["name"] == "throughput"
        for row in sheet["rows"]
    ]
    return pd.DataFrame(rows)


def pairwise(device: str, rows: int = 10_000, columns: int = 512) -> pd.DataFrame:
    """Return the seconds of the pairwise measures on the device and on the host, and how far their values differ."""
    import numpy as np
    import torch

    from genbench.evaluate.scores import COMPARISONS, Sides

    drawn = np.random.default_rng(0).normal(size=(2, rows, columns)).astype(np.float32)
    there = torch.from_numpy(drawn).to(device)
    lines = []
    for names in PAIRWISE:
        compute = COMPARISONS[names]
        compute(Sides(real=there[0], fake=there[1]))  # the first call makes handles and workspaces
        on_device, quick = _timed(lambda compute=compute: compute(Sides(real=there[0], fake=there[1])))
        on_host, slow = _timed(lambda compute=compute: compute(Sides(real=drawn[0], fake=drawn[1])))
        apart = max(abs(on_device[name].value - on_host[name].value) for name in names)
        lines.append(
            {"measures": ", ".join(names), "device s": quick, "host s": slow, "ratio": slow / quick, "apart": apart}
        )
    return pd.DataFrame(lines)


def graphs(device: str, output: Path) -> str:
    """Write how fast training is beside loops written by hand; return the table."""
    rows = []
    for row in gpu_rows.rows(device, GRAPHS):
        rows.append(row)
        (output / "graphs.json").write_text(json.dumps([as_json(each) for each in rows], indent=1))
        (output / "graphs.md").write_text(table.lines(rows) + "\n")
    return table.lines(rows)


def _timed(compute: Any) -> tuple[Any, float]:
    started = time.perf_counter()
    found = compute()  # ends with numbers on the host, and so with the device's work done
    return found, time.perf_counter() - started


def main() -> None:
    """Measure as many settings as the time allows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("results/gpu"))
    parser.add_argument("--models", default="vae,gan")
    parser.add_argument("--datasets", default="digits,fashion_mnist")
    parser.add_argument("--device", default="cuda:0")
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    started, results = time.monotonic(), []
    print(graphs(arguments.device, arguments.output))
    compared = pairwise(arguments.device)
    compared.to_json(arguments.output / "pairwise.json", orient="records", indent=1)
    (arguments.output / "pairwise.md").write_text(compared.to_markdown(index=False) + "\n")
    for precision, compiled in SETTINGS:
        if time.monotonic() - started < DEADLINE:
            results.append(measure(arguments.models, arguments.datasets, arguments.device, precision, compiled))
            (arguments.output / "throughput.json").write_text(json.dumps(results, indent=1))
    table = throughput(results).to_markdown(index=False)
    (arguments.output / "throughput.md").write_text(table + "\n")
    print(table)


if __name__ == "__main__":
    main()
