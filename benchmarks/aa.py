"""What the gate says of code that is the same, and of code that is 10 % slower, live: checks of `pace`, one by one.

python benchmarks/aa.py --minutes 60

Each check installs two versions anew, and times and judges them as `genbench check` does, its control arm included,
with short windows. One line a check goes to the ledger, and the lines of all machines and days are counted together: x
of n, with the bound that n allows.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import runpy
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from genbench.check.findings import Finding, Gate
from genbench.check.host import HostWatch
from genbench.check.installs import install_arms
from genbench.check.pairing import Pairs
from genbench.check.rules import Rules
from genbench.check.throughput import Throughput
from genbench.check.timings import Pair, TimingRequest
from genbench.cli.progress import Silent
from genbench.engines import Limits, LocalEngine
from genbench.record import Environment
from genbench.refs import DataRef, Scale

ROOT = Path(__file__).parents[1]
LEDGER = ROOT / "results" / "gate" / "ledger.jsonl"
MEASURES = ("training", "sampling")  # that each check gates
KINDS: dict[str, tuple[dict[str, float], tuple[str, ...]]] = {  # what is changed, and what is 10 % slower by that
    "A/A": ({}, ()),
    "planted": ({"TRAINING": 44, "SAMPLING": 44}, MEASURES),
    "training": ({"TRAINING": 44}, ("training",)),
    "sampling": ({"SAMPLING": 44}, ("sampling",)),
    "one in ten": ({"TENTH": 40}, ("training",)),
}
DATA = DataRef(
    name="noise", kind="points", shape=(4,), classes=None, labelled=False, hash="0" * 64,
    counts={"train": 64, "validation": 1, "held_out": 1}, scale=Scale(mean=(0.0,) * 4, deviation=(1.0,) * 4),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="after which no further check begins")
    parser.add_argument("--kinds", default="A/A,planted", help=f"in turn, of: {', '.join(KINDS)}")
    parser.add_argument("--windows", type=int, default=10)
    parser.add_argument("--window", type=float, default=0.03, help="seconds")
    parser.add_argument("--ledger", type=Path, default=LEDGER)
    given = parser.parse_args()
    kinds = given.kinds.split(",")
    until = time.monotonic() + 60 * given.minutes
    with LocalEngine(1) as engine:
        environment = Environment.model_validate_json(_environment(engine))
        number = 0
        while time.monotonic() < until:  # a check that has begun is finished: those that take long must count as well
            line = check(engine, kinds[number % len(kinds)], windows=given.windows, window=given.window)
            line |= {"machine": f"{environment.cpu}, {environment.cores} cores", "commit": environment.commit}
            append(given.ledger, line)
            print(line, flush=True)
            number += 1
    print(pooled(given.ledger))


def check(engine: LocalEngine, kind: str, *, windows: int, window: float) -> dict[str, Any]:
    """Run one check of `pace` against itself, or against a slower copy; return its line of the ledger."""
    made = runpy.run_path(str(ROOT / "tests" / "check" / "packages" / "repository.py"))
    rules, begun, seed = Rules(), time.monotonic(), int.from_bytes(os.urandom(4), "big")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        train = folder / "train"
        train.mkdir()
        np.save(train / "rows.npy", np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32))
        asked = TimingRequest(model="pace", data=DATA, train=train, windows=windows, window=window, sample_batch=4)
        watch = HostWatch()
        with install_arms("main", made["repository"](folder / "repo", **KINDS[kind][0]), folder, _ignore) as arms:
            found, pairs = _judged(Pairs(engine, arms, seed, Limits()), asked, rules, folder / "pairs")
    findings = {each.gate.measure: each for each in found}
    host = watch.host(pairs)
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "kind": kind,
        "verdicts": {name: each.verdict for name, each in findings.items()},
        "reasons": {name: each.reason for name, each in findings.items() if each.reason},
        "pairs": sum(not each.is_control for each in pairs),
        "controls": sum(each.is_control for each in pairs),
        "control": {name: _rounded(each.control) for name, each in findings.items()},
        "effect": {name: _rounded(each.effect) for name, each in findings.items()},
        "spread": _rounded(host.spread),
        "load": host.load,
        "steal": _rounded(host.steal),
        "seed": seed,
        "windows": [windows, window],
        "seconds": round(time.monotonic() - begun, 1),
        "seconds_per_pair": _rounded(sum(each.seconds for each in pairs) / len(pairs)),
    }


def _judged(pairs: Pairs, asked: TimingRequest, rules: Rules, folder: Path) -> tuple[list[Finding], list[Pair]]:
    """Let the gate time and judge, its control arm included."""
    gates = tuple(Gate(model="pace", data=DATA.name, measure=name, better="higher") for name in MEASURES)
    folder.mkdir()
    throughput = Throughput(
        gates=gates,
        comparisons=len(gates),
        rules=rules,
        requests={gates[0].cell: asked},
        pairs=pairs,
        folder=folder,
        reporter=Silent(),
        until=math.inf,
    )
    return throughput.run(), throughput.all_pairs()


def append(ledger: Path, line: dict[str, Any]) -> None:
    ledger.parent.mkdir(parents=True, exist_ok=True)
    with ledger.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")


def pooled(ledger: Path) -> str:
    """Count every check that the ledger knows, kind by kind."""
    lines = [json.loads(line) for line in ledger.read_text(encoding="utf-8").splitlines()]
    found = []
    for kind, (_, slow) in KINDS.items():
        own = [line["verdicts"] for line in lines if line["kind"] == kind]
        if not own:
            continue
        false = sum(any(each[name] == "FAIL" for name in MEASURES if name not in slow) for each in own)
        wrong = sum(any(each[name] == "PASS" for name in slow) for each in own)
        if len(slow) < len(MEASURES):
            found.append(
                f"{kind}: {false} of {len(own)} checks with a FAIL of what had not changed, {_bound(false, own)}"
            )
        if slow:
            verdicts = dict(Counter(each[name] for each in own for name in slow))
            found.append(f"{kind}: {wrong} of {len(own)} checks with a wrong PASS, {_bound(wrong, own)}; {verdicts}")
    return "\n".join(found)


def _bound(seen: int, of: list[Any]) -> str:
    """Return the upper end of the one-sided interval of Clopper and Pearson, at 95 %."""
    from scipy.stats import binomtest

    high = binomtest(seen, len(of), alternative="less").proportion_ci(0.95, method="exact").high
    return f"at most {high:.1%} (95 %)"


def _environment(engine: LocalEngine) -> str:
    from genbench.engines import Call

    ended = engine.call(Call(name="environment", function="environment", payload="cpu"))
    assert ended.result is not None, ended.message
    return ended.result


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)


def _ignore(said: str) -> None:
    return None


if __name__ == "__main__":
    main()
