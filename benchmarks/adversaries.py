"""Our side of `benchmarks.noninferior --against loops`: adversarial models trained as in a trial, and the judge."""

from __future__ import annotations

import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.coders import distance, rows_of, timed_of
from benchmarks.equal import ROWS, SAMPLES, SEED, START, few, leave, lengths, save, steps

if TYPE_CHECKING:
    from benchmarks.pacing import Pacer
    from genbench_gan.players import Adversaries


def train(pacer: Pacer, **asked: Any) -> None:
    """Train; lay out rows and first weights for the other side before."""
    folder = Path(asked["folder"])
    timed, rows = timed_of(asked, folder), rows_of(asked["data"], "train")
    model = timed.build()
    save(folder / START, model.state_dict())
    np.save(folder / ROWS, rows)
    told = checked(model, asked["model"], rows)
    begun = time.process_time()
    timed.train(steps(asked, len(rows)))
    cpu = time.process_time() - begun
    leave(folder / "ours", {}, timed.sample(asked["samples"]))
    pacer.ready(losses=told, cpu=cpu, examples=steps(asked, len(rows)) * asked["batch"])


def judge(pacer: Pacer, **asked: Any) -> None:
    """Tell the distance of either side's samples."""
    folder = Path(asked["folder"])
    pacer.ready(**{
        side: {"distance": distance(asked["data"], np.load(folder / side / SAMPLES))} for side in asked["sides"]
    })  # fmt: skip


def checked(model: Adversaries, name: str, rows: np.ndarray) -> list[float]:
    """Return both losses at equal noise, each with the length of its gradient; leave the model as it was."""
    module = import_module(f"genbench_gan.{name}")
    before = {name: each.clone() for name, each in model.state_dict().items()}
    x, noise = few(rows, model.latent)
    found = []
    for objective, network in (
        (module.discriminator_objective, model.discriminator),
        (module.generator_objective, model.generator),
    ):
        torch.manual_seed(SEED)
        loss = objective(model, x, noise[0])
        loss.backward()
        found += [loss.item(), *lengths(network)]
        model.zero_grad(set_to_none=True)
    model.load_state_dict(before)
    return found
