"""The state of the random generators that a plugin draws from: as tensors and numbers, and back."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import torch

from genbench.errors import CheckpointError


def generators(device: torch.device) -> dict[str, Any]:
    """Return the state of every generator that `genbench.hooks.seed_everything` seeds.

    Raises:
        CheckpointError: numpy's global generator was replaced by one of another kind.
    """
    state = np.random.get_state(legacy=False)
    if state["bit_generator"] != "MT19937":
        raise CheckpointError(f"numpy's global generator is {state['bit_generator']}, expected MT19937")
    keys, place = torch.from_numpy(state["state"]["key"].astype(np.int64)), int(state["state"]["pos"])
    version, words, spare = random.getstate()
    return {
        "torch": torch.get_rng_state(),
        "device": _device_state(device),
        "numpy": ("MT19937", keys, place, int(state["has_gauss"]), float(state["gauss"])),
        "random": (version, torch.tensor(words), spare),
    }


def set_generators(state: dict[str, Any], device: torch.device) -> None:
    """Put every generator back to where it was."""
    kind, keys, *rest = state["numpy"]
    version, words, spare = state["random"]
    torch.set_rng_state(state["torch"])
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["device"], device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state["device"])
    np.random.set_state((kind, keys.numpy().astype(np.uint32), *rest))
    random.setstate((version, tuple(words.tolist()), spare))


def _device_state(device: torch.device) -> torch.Tensor | None:
    if device.type == "cuda":
        return torch.cuda.get_rng_state(device)
    return torch.mps.get_rng_state() if device.type == "mps" else None
