"""The verdict between models of known quality, by whole runs: it is seldom wrong and mostly decided."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import combinations

import numpy as np
import pytest

BETTER, WORSE, COPIES = 1.0, 1.2, 5  # Frechet distances, and models of each
SEED_CV = 0.1  # and what sampling 2,000 rows adds makes it 12 %
MODEL = """
import torch
from torch import nn
from genbench import hookimpl

@hookimpl
def kinds():
    return ("points",)

@hookimpl
def build(task):
    model = nn.Module()
    model.shift = nn.Parameter(torch.sqrt({distance} * torch.exp({cv} * torch.randn(()))))
    return model.to(task.device)

@hookimpl
def train(model, batches):
    for _ in batches:
        pass

@hookimpl
def sample(model, count):
    return torch.randn(count, 2) + model.shift * torch.tensor([1.0, 0.0])
"""


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_difference_of_a_fifth_is_told_by_ten_seeds(tmp_path):
    """Kills: a two-sided level of 0.2 for 0.05 (wrong among equals), a test that drops the tails (undecided)."""
    packages, names = tmp_path / "packages", []
    info = packages / "shifted-0.1.dist-info"
    info.mkdir(parents=True)
    for kind, distance in (("better", BETTER), ("worse", WORSE)):
        for number in range(COPIES):
            names.append(f"{kind}{number}")
            (packages / f"shifted_{names[-1]}.py").write_text(MODEL.format(distance=distance, cv=SEED_CV))
    entries = "\n".join(f"{name} = shifted_{name}" for name in names)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shifted\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[genbench.models]\n{entries}\n")
    rows = np.random.default_rng(0).normal(size=(9000, 2))
    np.savez(tmp_path / "cloud.npz", x_train=rows[:5000], x_validation=rows[5000:7000], x_test=rows[7000:])
    # Seeds differ from model to model, else equal models draw equal noise: every copy has ten seeds of its own.
    found = [_values(tmp_path, name, first) for first, name in zip(range(0, 1000, 10), names, strict=False)]
    verdicts = _verdicts(dict(zip(names, found, strict=True)))
    apart = [each for each in verdicts if each[0] != each[1]]
    equal = [each for each in verdicts if each[0] == each[1]]
    wrong = [each for each in verdicts if each[2] and each[2] != "better"] + [each for each in equal if each[2]]
    told = sum(each[2] == "better" for each in apart)
    print(f"told {told} of {len(apart)}, wrong {len(wrong)} of {len(verdicts)}")
    assert told >= 0.8 * len(apart)
    assert len(wrong) <= 0.05 * len(verdicts) + 3 * (0.05 * 0.95 * len(verdicts)) ** 0.5


def _values(folder, name, first):
    """Run one model on ten seeds; return its distances."""
    command = [sys.executable, "-m", "genbench", "run", "--models", name, "--datasets", f"arrays:{folder}/cloud.npz"]
    command += ["--budget", "2steps", "--seeds", ",".join(str(first + number) for number in range(10))]
    command += ["--no-probe", "--marks", "0.5", "--json", "--output", str(folder / "results")]
    environment = os.environ | {"PYTHONPATH": str(folder / "packages"), "GENBENCH_CACHE": str(folder / "cache")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    (block,) = json.loads(done.stdout)["blocks"]
    (line,) = [each for each in block["measures"] if (each["measure"], each["split"]) == ("fd:coordinates", "held_out")]
    return line["values"]


def _verdicts(values):
    """Return (kind, kind, kind that is said to be better or None) of every pair."""
    from genbench.stats.pairs import compare

    made = []
    for first, second in combinations(values, 2):
        kinds = [name.rstrip("0123456789") for name in (first, second)]
        found = compare(values[first], values[second])
        winner = kinds[0] if 2 * found.better > found.pairs - found.ties else kinds[1]
        made.append((*kinds, winner if found.distinguishable else None))
    return made
