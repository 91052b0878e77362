"""Are the built-in models as good as others' of their names? `python -m benchmarks.noninferior [--against loops]`.

Both sides train the same networks from the same weights on the same rows for as many examples with the same Adam, seed
by seed. The likelihood family is compared with pythae's, by its own trainer in an environment of its own, the
adversarial family with plain training loops. One evaluator judges both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import surroundings, verdicts
from benchmarks.rivals import FULL, OPPONENTS, QUICK, Opponent, Rival, Size
from benchmarks.rotation import Absent, Rotation, Side, ask
from benchmarks.rows import check_agreement
from benchmarks.table import where

Told = dict[str, list[dict[str, Any]]]  # by model, a row per seed


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noninferior", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one seed, one epoch: shows that it runs, proves nothing")
    parser.add_argument("--against", choices=list(OPPONENTS), default="pythae", help="whose models (pythae)")
    parser.add_argument("--only", default="", help="models, by comma; others are kept as they are known")
    parser.add_argument("--processes", type=int, default=1, help="seeds side by side")
    parser.add_argument("--output", type=Path, help="default: results/bench; of a part .bench")
    given = parser.parse_args()
    folder = given.output or (surroundings.FOLDER if given.quick or given.only else Path("results/bench"))
    opponent = OPPONENTS[given.against]
    os.environ.update(surroundings.ONE_THREAD)
    if opponent.package and (reason := surroundings.install().get(opponent.package)):
        sys.exit(f"no {opponent.package}, nothing to compare with: {reason}")
    size, begun, load = QUICK if given.quick else FULL, time.monotonic(), os.getloadavg()[0]
    told = kept(folder, opponent, size) if given.only else {}
    for name in given.only.split(",") if given.only else opponent.rivals:
        told[name] = seeds(opponent, opponent.rivals[name], size, given.processes)
        print(f"{time.monotonic() - begun:5.0f} s  {name}", file=sys.stderr)
        found = surroundings.found(load, begun) | {"is_quick": given.quick, "size": asdict(size)}
        found["told"] = {each: told[each] for each in opponent.rivals if each in told}
        _write(folder, opponent, found)
    print((folder / f"{opponent.page}.md").read_text(encoding="utf-8"))


def kept(folder: Path, opponent: Opponent, size: Size) -> Told:
    """Return what the folder has of models that were run before at the same size."""
    path = folder / f"{opponent.page}.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found["told"] if found.get("size") == asdict(size) else {}


def seeds(opponent: Opponent, rival: Rival, size: Size, processes: int) -> list[dict[str, Any]]:
    """Return what both sides came to, a row per seed."""
    with ThreadPoolExecutor(processes) as pool:
        return list(pool.map(partial(pair, opponent, rival, size), range(size.seeds)))


def pair(opponent: Opponent, rival: Rival, size: Size, seed: int) -> dict[str, Any]:
    """Train both sides of one seed, and judge them; where the peer's fails, say why in its place.

    Raises:
        Absent: ours fails.
        AssertionError: the sides do not compute the same on equal weights, or are not what they were read as.
    """
    family, work = rival.family, f"{rival.model}, seed {seed}"
    with tempfile.TemporaryDirectory(prefix="genbench-peers-") as folder:
        asked = rival.asked(size, seed, folder)
        ours = ask(Side("ours", family.ours, asked))
        try:
            theirs = ask(Side(opponent.name, family.theirs, asked, of_peers=bool(opponent.package)))
        except Absent as reason:
            return {
                "seed": seed,
                "failed": str(reason),
                **ask(Side("judge", family.judge, asked | {"sides": ["ours"]})),
            }
        judged = ask(Side("judge", family.judge, asked | {"sides": ["ours", "theirs"]}))
    check_agreement(work, Rotation({}, {"ours": ours, opponent.name: theirs}, {}))
    if "plain" in theirs:  # by the peer's own loss, of weights that our evaluator has read
        plain = {opponent.name: {"losses": [theirs["plain"]]}, "our evaluator": {"losses": [judged["theirs"]["plain"]]}}
        check_agreement(f"{work}, trained", Rotation({}, plain, {}))
    assert ours["examples"] == theirs["examples"], f"{work}: {ours['examples']} and {theirs['examples']} examples"
    return {"seed": seed, "examples": ours["examples"], "cpu": [ours["cpu"], theirs["cpu"]], **judged}


def page(opponent: Opponent, found: dict[str, Any]) -> str:
    """Return the whole page."""
    rivals, told = opponent.rivals, found["told"]
    judged = [
        each for name, rows in told.items() for each in rivals[name].family.comparisons(name, rows, found["size"])
    ]
    missing = [f"`{each}`" for each in rivals if each not in told]
    left_out = [f"**Not run: {', '.join(missing)}.**"] if missing else []
    head = [opponent.title, where(found), verdicts.lines(judged, opponent.name), *left_out]
    return "\n\n".join([*head, _costs(opponent, told), opponent.reading]) + "\n"


def _costs(opponent: Opponent, told: Told) -> str:
    """Return how both sides were set, and what a training took."""
    rows = [("model", "set to, on both sides", "examples", "ours, CPU-s", f"{opponent.name}, CPU-s"), ["---"] * 5]
    for model, trained in told.items():
        whole = [each for each in trained if "cpu" in each]
        ours, theirs = (f"{median(each['cpu'][side] for each in whole):.0f}" for side in (0, 1))
        said = ", ".join(f"{name} {value}" for name, value in opponent.rivals[model].settings.items())
        rows.append([model, said, f"{whole[0]['examples']:,}", ours, theirs])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _write(folder: Path, opponent: Opponent, found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{opponent.page}.md").write_text(page(opponent, found), encoding="utf-8")
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (folder / f"{opponent.page}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
