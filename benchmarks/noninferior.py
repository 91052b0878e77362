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
from dataclasses import asdict
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import surroundings, verdicts
from benchmarks.rivals import FULL, QUICK, RIVALS, Rival, Size
from benchmarks.rotation import Absent, Rotation, Side, ask
from benchmarks.rows import check_agreement
from benchmarks.table import where

READING = """\
Seeds give the median with the least and the most. The ratio is how many times as bad ours is: the Hodges-Lehmann shift
of the logarithms, with its 95 % interval. The verdict is the gate's shifted test (exact rank sums): NON-INFERIOR where
"worse by the margin or more" is rejected at 5 % (p), INFERIOR where "worse by less" is, else INCONCLUSIVE. Of a bound
in nats a quarter is much: a margin of a hundredth is judged besides.

Equal on both sides, seed by seed: networks and first weights (`vae`, `iwae`, `beta_vae`: two layers of 200 tanh units
each way, 50 latents; `vq_vae`: two strided convolutions each way, 7 x 7 codes), the 55,000 rows of mnist in [0, 1], the
examples, batches of 50, Adam (b1 0.9, b2 0.999, no decay), Bernoulli pixels (`vq_vae`: squared error). Before training
the losses on equal noise agree to 1e-4, and the lengths of the gradients of both objectives with them; after it,
pythae's own distortion and rate of a batch agree with what our evaluator reads from pythae's weights. Distances are of
the decoder's means, by our measure for both; pythae's are drawn by its own sampler.

Not equal: the order of rows and the noise (each side draws its own); ours clamps log variances to [-10, 10], pythae's
are free; ours updates all weights in one fused call. Pythae would keep the weights of its best epoch by training loss:
both sides are judged by those after the last. Its own defaults are not in play (networks of 512 ReLU units, squared
error without a variance, a rate of 1e-4, 10 importance samples, beta 1). `vq_vae`: pythae brings no prior with the
model, and one fitted afterwards would be a second model, so reconstructions of held-out rows are compared; ours trains
its prior beside, on codes that it cannot change, and puts entries that are not used back to use, which pythae does not;
pythae sums errors over pixels, so its commitment is set to weigh what ours does (its default of 0.25 weighs less)."""

Told = dict[str, list[dict[str, Any]]]  # by model, a row per seed


def main() -> None:
    """Measure, write and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.noninferior", description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="one seed, one epoch: shows that it runs, proves nothing")
    parser.add_argument("--only", default="", help="models, by comma; others are kept as they are known")
    parser.add_argument("--processes", type=int, default=1, help="seeds side by side")
    parser.add_argument("--output", type=Path, help="default: results/bench; of a part .bench")
    given = parser.parse_args()
    folder = given.output or (surroundings.FOLDER if given.quick or given.only else Path("results/bench"))
    os.environ.update(surroundings.ONE_THREAD)
    if reason := surroundings.install().get("pythae"):
        sys.exit(f"no pythae, nothing to compare with: {reason}")
    size, begun, load = QUICK if given.quick else FULL, time.monotonic(), os.getloadavg()[0]
    told = kept(folder, size) if given.only else {}
    for name in given.only.split(",") if given.only else RIVALS:
        if find_spec(f"genbench_vae.{name}") is None:
            print(f"without {name}: there is no such model", file=sys.stderr)
            continue
        told[name] = seeds(RIVALS[name], size, given.processes)
        print(f"{time.monotonic() - begun:5.0f} s  {name}", file=sys.stderr)
        found = surroundings.found(load, begun) | {"is_quick": given.quick, "size": asdict(size)}
        found["told"] = {each: told[each] for each in RIVALS if each in told}
        _write(folder, found)
    print((folder / "noninferior.md").read_text(encoding="utf-8"))


def kept(folder: Path, size: Size) -> Told:
    """Return what the folder has of models that were run before at the same size."""
    path = folder / "noninferior.json"
    found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found["told"] if found.get("size") == asdict(size) else {}


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
    family, work = rival.family, f"{rival.model}, seed {seed}"
    with tempfile.TemporaryDirectory(prefix="genbench-peers-") as folder:
        asked = rival.asked(size, seed, folder)
        ours = ask(Side("ours", family.ours, asked))
        try:
            theirs = ask(Side("pythae", family.theirs, asked, of_peers=True))
        except Absent as reason:
            return {
                "seed": seed,
                "failed": str(reason),
                **ask(Side("judge", family.judge, asked | {"sides": ["ours"]})),
            }
        judged = ask(Side("judge", family.judge, asked | {"sides": ["ours", "theirs"]}))
    check_agreement(work, Rotation({}, {"ours": ours, "pythae": theirs}, {}))
    if "plain" in theirs:  # by pythae's own loss, of weights that our evaluator has read
        plain = {"pythae": {"losses": [theirs["plain"]]}, "our evaluator": {"losses": [judged["theirs"]["plain"]]}}
        check_agreement(f"{work}, trained", Rotation({}, plain, {}))
    assert ours["examples"] == theirs["examples"], f"{work}: {ours['examples']} and {theirs['examples']} examples"
    return {"seed": seed, "examples": ours["examples"], "cpu": [ours["cpu"], theirs["cpu"]], **judged}


def page(found: dict[str, Any]) -> str:
    """Return the whole page."""
    judged = [
        each
        for name, rows in found["told"].items()
        for each in RIVALS[name].family.comparisons(name, rows, found["size"])
    ]
    missing = [f"`{each}`" for each in RIVALS if each not in found["told"]]
    left_out = [f"**Not run: {', '.join(missing)}.**"] if missing else []
    head = ["# `make noninferior`", where(found), verdicts.lines(judged), *left_out]
    return "\n\n".join([*head, _costs(found["told"]), READING]) + "\n"


def _costs(told: Told) -> str:
    """Return how both sides were set, and what a training took."""
    rows = [("model", "set to, on both sides", "examples", "ours, CPU-s", "pythae, CPU-s"), ["---"] * 5]
    for model, trained in told.items():
        whole = [each for each in trained if "cpu" in each]
        ours, theirs = (f"{median(each['cpu'][side] for each in whole):.0f}" for side in (0, 1))
        said = ", ".join(f"{name} {value}" for name, value in RIVALS[model].settings.items())
        rows.append([model, said, f"{whole[0]['examples']:,}", ours, theirs])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _write(folder: Path, found: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "noninferior.md").write_text(page(found), encoding="utf-8")
    text = json.dumps(found, indent=1, ensure_ascii=False)
    (folder / "noninferior.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
