"""Where benchmarks run: the machine, and an environment of the peers' own beside the packages of ours."""

from __future__ import annotations

import os
import site
import subprocess
import sys
import time
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".bench"  # git ignores it
PYTHON = FOLDER / "venv" / "bin" / "python"
LIST = Path(__file__).with_name("peers.txt")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1")

PLACES = ("GENBENCH_CACHE", "GENBENCH_DATA")  # of one machine, and nobody's business


def found(load: float, begun: float) -> dict[str, Any]:
    """Return what was measured on, given the load and the monotonic clock at the beginning."""
    from genbench.environment import environment

    here = environment("cpu").model_dump(mode="json")
    here["settings"] = {name: value for name, value in here["settings"].items() if name not in PLACES}
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "environment": here,
        "peers": pins(),
        "load": [load, os.getloadavg()[0]],
        "minutes": (time.monotonic() - begun) / 60,
    }


def pins() -> dict[str, str]:
    """Return the version that is pinned of each peer."""
    lines = (line.strip() for line in LIST.read_text(encoding="utf-8").splitlines())
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def install() -> dict[str, str]:
    """Make the environment where it is not yet made; return why a peer could not be had, by name."""
    if not PYTHON.exists():
        venv.create(FOLDER / "venv", with_pip=False)
        (library,) = (FOLDER / "venv" / "lib").glob("python3*/site-packages")
        (library / "outer.pth").write_text("\n".join(site.getsitepackages()) + "\n", encoding="utf-8")
    reasons = {name: _install(name, version) for name, version in pins().items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _install(name: str, version: str) -> str:
    """Install one peer; return why not, or nothing."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(PYTHON),
        "install",
        "--quiet",
        "--no-deps",
        f"{name}=={version}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": ""})
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    return said[-1].removeprefix("ERROR: ")[:200] if said else f"pip ended with {done.returncode}"
