"""A whole trial on sound: trained, sampled, judged by spectra and a classifier, and tabulated."""

from __future__ import annotations

import pytest

from genbench.store import RunFolder

MODEL = """
import torch
from torch import nn
from genbench import hookimpl

@hookimpl
def kinds():
    return ("wave",)

@hookimpl
def build(task):
    model = nn.Module()
    model.register_buffer("loudness", torch.zeros(task.shape))
    return model

@hookimpl
def train(model, batches):
    for x in batches:
        model.loudness.lerp_(x.std(0), 0.1)

@hookimpl
def sample(model, count):
    return (torch.randn(count, *model.loudness.shape) * model.loudness).clamp(-1, 1)
"""


@pytest.mark.data
def test_a_model_of_sound_is_a_row(run_genbench, tmp_path, data_root):
    """Kills: waves scaled as bytes, noise drawn as points, a kind that no feature space takes."""
    info = tmp_path / "packages" / "hiss-0.1.dist-info"
    info.mkdir(parents=True)
    (info.parent / "hiss.py").write_text(MODEL)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: hiss\nVersion: 0.1\n")
    (info.parent / "pixels_only.py").write_text(MODEL.replace('("wave",)', '("image",)'))
    (info / "entry_points.txt").write_text("[genbench.models]\nhiss = hiss\npixels_only = pixels_only\n")
    done = run_genbench(
        "run", "--models", "hiss,pixels_only", "--datasets", "spoken_digits", "--data-root", str(data_root),
        "--seeds", "1", "--budget", "20steps", "--marks", "0.5", "--no-probe", PYTHONPATH=str(info.parent),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    (record,) = RunFolder(folder).read().records
    values = {name: record.measure(f"fd:{name}") for name in ("spectrum", "classifier")}
    assert all(value > 0 for value in values.values())
    assert record.measure("copies:spectrum") == 0
    assert "n/a" in done.stdout
