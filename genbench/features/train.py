"""Train the classifier whose features judge images and waves: once per known data set, once per run for any other.

The weights that come with genbench were made by

    python -m genbench.features.train digits mnist fashion_mnist cifar10 spoken_digits --data-root FOLDER

The script lives beside the network, not among the benchmarks, because a run trains on its own data by the same recipe.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional
from torch.optim.lr_scheduler import OneCycleLR

from genbench.arithmetic import one_thread
from genbench.features import network
from genbench.features.artefact import BATCH, STORED, Artefact, write
from genbench.features.classifier import COMMITTED, as_images

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.record import Prepared

SEED = 0
STEPS = 1_500
ROWS = 128  # a step
RATE, DECAY = 2e-3, 0.05
SCALED = 10_000  # train rows by which features are scaled
SHIFT = 16  # images are shifted by up to a sixteenth of their side


def train(data: Prepared, *, steps: int = STEPS) -> Artefact:
    """Train on the train split, on one thread; the held-out split serves to state an accuracy and nothing else."""
    kind = data.ref.kind
    with one_thread():
        images = torch.from_numpy(np.array(as_images(kind, data.rows("train"))))
        weights = _to_unit_variance(_fit(images, _labels(data, "train"), steps), images[:SCALED])
        arrays = {name: value.numpy().astype(STORED) for name, value in weights.items()}
        reached = accuracy(arrays, as_images(kind, data.rows("held_out")), _labels(data, "held_out"))
    ref = data.ref
    card = {"data": ref.name, "data_hash": ref.hash, "rows": ref.counts["train"], "accuracy": reached}
    card |= {"split": "held_out", "seed": SEED, "steps": steps, "batch": ROWS, "torch": torch.__version__}
    return Artefact(arrays, card)


def accuracy(arrays: dict[str, NDArray[np.float16]], rows: NDArray[Any], labels: NDArray[Any]) -> float:
    """Return the share of images [n, c, h, w] whose largest logit is their label's."""
    weights = network.tensors(arrays)
    with torch.inference_mode():
        parts = (rows[start : start + BATCH] for start in range(0, len(rows), BATCH))
        guesses = [network.logits(weights, torch.from_numpy(np.array(part))).argmax(1).numpy() for part in parts]
    return float((np.concatenate(guesses) == labels).mean())


def _fit(images: torch.Tensor, labels: NDArray[np.int64], steps: int) -> network.Weights:
    """Minimise cross-entropy by AdamW with a one-cycle learning rate."""
    generator = torch.Generator().manual_seed(SEED)
    targets = torch.from_numpy(labels)
    weights = network.fresh(tuple(images.shape[1:]), int(labels.max()) + 1, generator)
    parameters = [value.requires_grad_() for value in weights.values()]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=DECAY)
    schedule = OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(steps):
        drawn = torch.randint(len(images), (ROWS,), generator=generator)
        loss = functional.cross_entropy(network.logits(weights, _shifted(images[drawn], generator)), targets[drawn])
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return {name: value.detach() for name, value in weights.items()}


def _to_unit_variance(weights: network.Weights, images: torch.Tensor) -> network.Weights:
    """Divide all features by one number, so that a feature has variance 1 on average; the logits stay as they are.

    Distances of one data set then read like those of another. The rectifier passes positive factors on.
    """
    with torch.inference_mode():
        parts = [network.features(weights, images[start : start + BATCH]) for start in range(0, len(images), BATCH)]
    spread = float(torch.cat(parts).double().var(0).mean().sqrt())
    factors = {"dense.weight": 1 / spread, "dense.bias": 1 / spread, "logits.weight": spread}
    return {name: value * factors.get(name, 1.0) for name, value in weights.items()}


def _shifted(images: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Roll a whole batch by a few pixels; the smallest images stay where they are."""
    sides = images.shape[2:]
    moves = [int(torch.randint(-(side // SHIFT), side // SHIFT + 1, (), generator=generator)) for side in sides]
    return images.roll(moves, (2, 3))


def _labels(data: Prepared, split: Any) -> NDArray[np.int64]:
    labels = data.labels(split)
    assert labels is not None, f"{data.ref.name} has no labels"
    return labels


def main() -> None:
    """Train the weights that are committed; existing files are kept, delete one to make it anew."""
    from genbench.data import prepare

    parser = argparse.ArgumentParser(description="Train the classifiers that come with genbench.")
    parser.add_argument("names", nargs="+", choices=sorted(set(COMMITTED.values())))
    parser.add_argument("--data-root", type=Path)
    asked = parser.parse_args()
    for name in asked.names:
        with tempfile.TemporaryDirectory() as cache:
            artefact = train(prepare(name, data_root=asked.data_root, cache=Path(cache)))
        write(artefact, Path(__file__).parent / "weights" / f"{name}.npz")
        print(f"{name}: accuracy {artefact.card['accuracy']:.4f}, {artefact.hash[:16]}")


if __name__ == "__main__":
    main()
