"""What both sides of `benchmarks.noninferior` start from and leave behind: rows, weights by name, and equal noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

FEW, SEED = 100, 7  # rows, and the seed of the noise, on which both sides must compute the same
ROWS, START, WEIGHTS, SAMPLES = "rows.npy", "start.npz", "weights.npz", "samples.npy"


def steps(asked: dict[str, Any], rows: int) -> int:
    """Return how many batches so many epochs are.

    Raises:
        ValueError: the batch does not divide the rows, and a smaller last one would be one side's alone.
    """
    if rows % asked["batch"]:
        raise ValueError(f"batch {asked['batch']}: got {rows} rows, expected a multiple of it")
    return int(asked["epochs"] * rows // asked["batch"])


def leave(folder: Path, state: dict[str, Tensor], samples: Tensor) -> None:
    """Write what a side has come to: its weights, and samples or reconstructions in [0, 1]."""
    folder.mkdir(exist_ok=True)
    save(folder / WEIGHTS, state)
    np.save(folder / SAMPLES, samples.numpy())


def save(path: Path, state: dict[str, Tensor]) -> None:
    """Write weights by name."""
    np.savez(path, **{name: each.detach().cpu().numpy() for name, each in state.items()})


def load(path: Path) -> dict[str, Tensor]:
    """Read weights by name."""
    with np.load(path, allow_pickle=False) as found:
        return {name: torch.from_numpy(found[name]) for name in found.files}


def few(rows: np.ndarray, latent: int, samples: int = 1) -> tuple[Tensor, Tensor]:
    """Return the first rows, and noise [samples, n, latent], on which both sides must compute the same."""
    noise = torch.randn(samples, FEW, latent, generator=torch.Generator().manual_seed(SEED))
    return torch.from_numpy(rows[:FEW]).float() / 255, noise


def lengths(*networks: nn.Module) -> list[float]:
    """Return how long the gradient of each network is, and forget it."""
    found = []
    for network in networks:
        found.append(sum(each.grad.square().sum() for each in network.parameters()).sqrt().item())
        network.zero_grad(set_to_none=True)
    return found
