"""Are the built-in likelihood models as good as pythae's? `python -m benchmarks.noninferior [--quick] [--only vae]`.

Both sides train the same networks from the same weights on the same rows for as many examples with the same Adam, seed
by seed; pythae by its own trainer in an environment of its own. One evaluator judges both.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import surroundings, verdicts
from benchmarks.rotation import Absent, Rotation, Side, ask
from benchmarks.rows import check_agreement
from benchmarks.table import where
from benchmarks.verdicts import Comparison

MARGIN, STRICT = 0.25, 0.01  # as ratios; a quarter of a bound is 25 nats, so a hundredth of it is told besides
LR, BATCH = 2e-3, 50  # which divides the 55,000 rows
CODER = {"lr": LR, "backbone": "canonical"}


READING = """READING TO COME"""


@dataclass(frozen=True)
class Size:
    """How much is done."""

    seeds: int
    epochs: int
    samples: int  # and held-out rows that they are compared with
    judged: int  # held-out rows of which the bound is computed
    k: int  # importance samples of it


FULL, QUICK = Size(5, 2, 10_000, 2_000, 200), Size(1, 1, 2_000, 200, 100)


@dataclass(frozen=True)
class Rival:
    """A model that both sides have, and how it is set on both."""

    model: str
    options: dict[str, Any] = field(default_factory=dict)
    data: str = "mnist"

    def asked(self, size: Size, seed: int, folder: str) -> dict[str, Any]:
        """Return what a side's process is told."""
        given = {"model": self.model, "options": CODER | self.options, "data": self.data, "batch": BATCH}
        return given | asdict(size) | {"seed": seed, "folder": folder}


RIVALS = (Rival("vae"), Rival("iwae", {"k": 5}), Rival("beta_vae", {"beta": 4.0}))


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noninferior", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two seeds, an epoch: shows that it runs, proves nothing")
    parser.add_argument("--only", default="", help="models, by comma")
    parser.add_argument("--processes", type=int, default=1, help="seeds side by side")
    parser.add_argument("--output", type=Path, help="default: results/bench; of a part .bench")
    given = parser.parse_args()
    is_part = given.quick or bool(given.only)
    folder = given.output or (surroundings.FOLDER if is_part else Path("results/bench"))
    os.environ.update(surroundings.ONE_THREAD)
    if reason := surroundings.install().get("pythae"):
        sys.exit(f"no pythae, nothing to compare with: {reason}")
    size, begun, load = QUICK if given.quick else FULL, time.monotonic(), os.getloadavg()[0]
    wanted = [each for each in RIVALS if not given.only or each.model in given.only.split(",")]
    told: dict[str, list[dict[str, Any]]] = {}
    for rival in wanted:
        told[rival.model] = seeds(rival, size, given.processes)
        print(f"{time.monotonic() - begun:5.0f} s  {rival.model}", file=sys.stderr)
        found = surroundings.found(load, begun) | {"is_quick": given.quick, "size": asdict(size), "told": told}
        _write(folder, page(told, found), found)
    print(page(told, found))


def seeds(rival: Rival, size: Size, processes: int) -> list[dict[str, Any]]:
    """Return what both sides came to, a row per seed."""
    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(partial(pair, rival, size), range(size.seeds)))


def pair(rival: Rival, size: Size, seed: int) -> dict[str, Any]:
    """Train both sides of one seed, and judge them; where the peer's fails, say why in its place.

    Raises:
        Absent: ours fails.
        AssertionError: the sides do not compute the same on equal weights, or are not what they were read as.
    """
    with tempfile.TemporaryDirectory(prefix="genbench-peers-") as folder:
        asked = rival.asked(size, seed, folder)
        ours = ask(Side("ours", "coders:train", asked))
        try:
            theirs = ask(Side("pythae", "coders_of_pythae:train", asked, of_peers=True))
        except Absent as reason:
            judged = ask(Side("judge", "coders:judge", asked | {"sides": ["ours"]}))
            return {"seed": seed, "failed": str(reason), **judged}
        judged = ask(Side("judge", "coders:judge", asked | {"sides": ["ours", "theirs"]}))
    work = f"{rival.model}, seed {seed}"
    check_agreement(work, Rotation({}, {"ours": ours, "pythae": theirs}, {}))
    after = {"pythae": {"losses": [theirs["plain"]]}, "our evaluator": {"losses": [judged["theirs"]["plain"]]}}
    check_agreement(f"{work}, trained", Rotation({}, after, {}))
    assert ours["examples"] == theirs["examples"], f"{work}: {ours['examples']} and {theirs['examples']} examples"
    return {"seed": seed, "examples": ours["examples"], "cpu": [ours["cpu"], theirs["cpu"]], **judged}


def comparisons(told: dict[str, list[dict[str, Any]]], size: dict[str, int]) -> list[Comparison]:
    """Return every comparison of what the seeds told."""
    found = []
    for model, rows in told.items():
        measures = [
            (f"FD of {size['samples']:,} samples, classifier", "distance", MARGIN, True),
            (f"minus iwae@{size['k']}, nats, {size['judged']:,} rows", "bound", MARGIN, True),
            (f"minus iwae@{size['k']}, nats, {size['judged']:,} rows", "bound", STRICT, False),
        ]
        for words, name, margin, asked in measures:
            ours, theirs = ([row.get(side, {}).get(name) for row in rows] for side in ("ours", "theirs"))
            found.append(
                Comparison(model=model, measure=words, ours=ours, theirs=theirs, margin=margin, asked=asked)
            )  # fmt: skip
    return found


def page(told: dict[str, list[dict[str, Any]]], found: dict[str, Any]) -> str:
    """Return the whole page."""
    return "\n".join(
        ["# `make noninferior`", "", where(found), "", verdicts.lines(comparisons(told, found["size"])), "",
         _costs(told), "", READING, ""]
    )  # fmt: skip


def _costs(told: dict[str, list[dict[str, Any]]]) -> str:
    """Return what each training took."""
    rows = [("model", "set to", "examples of each training", "ours, CPU-s", "pythae, CPU-s"), ["---"] * 5]
    for model, seeds in told.items():
        whole = [each for each in seeds if "cpu" in each]
        ours, theirs = ([each["cpu"][side] for each in whole] for side in (0, 1))
        (options,) = (each.options for each in RIVALS if each.model == model)
        said = ", ".join(f"{name} {value:g}" for name, value in options.items()) or "–"
        rows.append([model, said, f"{whole[0]['examples']:,}", f"{median(ours):.0f}", f"{median(theirs):.0f}"])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _write(folder: Path, text: str, found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "noninferior.md").write_text(text, encoding="utf-8")
    (folder / "noninferior.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
