"""A call's start from the warmed server against a fresh interpreter's, on one machine, in turns."""

from __future__ import annotations

import subprocess
import sys

from genbench.engines import Call, LocalEngine
from genbench.messages import Inspect

LIMIT = 0.024  # measured 0.013 to 0.016; without the warmed server 1 and more
FRESH = "import torch, torch._dynamo"


def test_a_start_is_a_fraction_of_importing_torch(genbench_ratio) -> None:
    """Wall time, of which both sides lose a share to others on the machine.

    Kills: a server that has not loaded torch, or loads what the first optimiser needs at each start anew; two starts.
    """
    payload = Inspect(name="vae").model_dump_json()
    with LocalEngine(1) as engine:
        start = lambda: engine.call(Call(name="vae", function="inspect", payload=payload))  # noqa: E731
        assert start().status == "OK"
        fresh = lambda: subprocess.run([sys.executable, "-c", FRESH], check=True)  # noqa: E731
        found = genbench_ratio(start, fresh, rounds=6, warm_up=0)
    assert min(found.median, found.best) < LIMIT, found
