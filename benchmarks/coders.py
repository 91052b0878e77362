"""Our side of `benchmarks.noninferior`: built-in models trained as in a trial, and the judge of both sides."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.equal import ROWS, SAMPLES, START, WEIGHTS, few, leave, lengths, load, save, steps

if TYPE_CHECKING:
    from torch import Tensor

    from benchmarks.pacing import Pacer
    from genbench.timed import TimedModel
    from genbench_vae.coder import Coder


def train(pacer: Pacer, **asked: Any) -> None:
    """Train; lay out rows and first weights for the other side before."""
    folder = Path(asked["folder"])
    timed, rows = timed_of(asked, folder), rows_of(asked["data"], "train")
    model = timed.build()
    save(folder / START, model.state_dict())
    np.save(folder / ROWS, rows)
    told = _checked(model, asked, rows)
    begun = time.process_time()
    timed.train(steps(asked, len(rows)))
    cpu = time.process_time() - begun
    leave(folder / "ours", model.state_dict(), timed.sample(asked["samples"]))
    pacer.ready(losses=told, cpu=cpu, examples=steps(asked, len(rows)) * asked["batch"])


def judge(pacer: Pacer, **asked: Any) -> None:
    """Tell what both sides come to by one evaluator: the distance of samples, the bound by our coder, the plain one."""
    folder = Path(asked["folder"])
    timed, rows = timed_of(asked, folder), rows_of(asked["data"], "held_out")
    model = timed.build()
    found = {}
    for side in asked["sides"]:
        model.load_state_dict(load(folder / side / WEIGHTS))
        found[side] = {
            "distance": distance(asked["data"], np.load(folder / side / SAMPLES)),
            "bound": _bound(model, rows[: asked["judged"]], asked["k"]),
            "plain": plain(model, asked["model"], *few(np.load(folder / ROWS), model.latent, _samples(asked))),
        }
    pacer.ready(**found)


def distance(data: str, samples: np.ndarray) -> float:
    """Return the Frechet distance of samples in [0, 1] to as many held-out rows in the features of the classifier."""
    from genbench.evaluate.spaces import open_spaces
    from genbench.machine import cache_folder
    from genbench.messages import Places
    from genbench.metrics.frechet import fd

    (space,) = open_spaces(Places(cache=cache_folder()), _prepared(data), ("classifier",))
    pixels = np.rint(samples.clip(0, 1) * 255).astype(np.uint8)
    value = fd(space.real("held_out", len(pixels)), space.of(pixels)).value
    assert value is not None
    return value


def plain(model: Coder, name: str, x: Tensor, noise: Tensor) -> float:
    """Return minus the evidence bound in nats at noise [k, n, latent]; of `iwae` the divergence is sampled."""
    from genbench_vae.bounds import elbo, log_weights

    with torch.no_grad():
        bound = log_weights(model, x, noise) if name == "iwae" else elbo(model, x, noise[0])
        return -bound.mean().item()


def _bound(model: Coder, rows: np.ndarray, k: int) -> float:
    """Return minus the importance bound, averaged over rows; both sides are given the same noise."""
    from genbench_vae.bounds import likelihood_bound

    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return -likelihood_bound(model, torch.from_numpy(rows).float() / 255, k).double().mean().item()


def _checked(model: Coder, asked: dict[str, Any], rows: np.ndarray) -> list[float]:
    """Return minus the plain bound at equal noise, and how long the gradients of the model's own objective are."""
    from genbench_vae import beta_vae, vae
    from genbench_vae.bounds import importance_bound

    objective: Any = {"vae": vae.objective, "beta_vae": beta_vae.objective, "iwae": importance_bound}[asked["model"]]
    x, noise = few(rows, model.latent, _samples(asked))
    (-objective(model, x, noise if asked["model"] == "iwae" else noise[0]).mean()).backward()
    return [plain(model, asked["model"], x, noise), *lengths(model.encoder, model.decoder)]


def _samples(asked: dict[str, Any]) -> int:
    return int(asked["options"].get("k", 1))


def timed_of(asked: dict[str, Any], folder: Path) -> TimedModel:
    """Return our model, as a trial would have it."""
    from genbench.timed import timed_model

    given = {"options": asked["options"], "batch_size": asked["batch"], "seed": asked["seed"], "data_root": _root()}
    return timed_model(asked["model"], asked["data"], folder, **given)


def rows_of(data: str, split: Any) -> np.ndarray:
    """Return a split's rows, uint8."""
    return np.array(_prepared(data).rows(split))


def _prepared(data: str) -> Any:
    from genbench.data import prepare
    from genbench.machine import cache_folder

    return prepare(data, data_root=_root(), cache=cache_folder())


def _root() -> Path | None:
    return Path(root) if (root := os.environ.get("GENBENCH_DATA")) else None
