"""Options that many models of the family have, and what a search may change of any: each with a default of its own."""

from __future__ import annotations

from typing import Any

from pydantic import Field

KEPT: dict[str, Any] = {"tune": False}  # what makes a network larger, or the model another


def ranged(low: float, high: float) -> dict[str, Any]:
    """Return what a search draws from: by the logarithm where that spans two decades."""
    return {"tune": {"low": low, "high": high}}


def learning_rate(default: float = 1e-3) -> Any:
    """Return the option of that name."""
    return Field(default, ge=1e-5, le=1e-1, json_schema_extra=ranged(1e-4, 1e-2), description="learning rate")


def first_decay(default: float = 0.5) -> Any:
    """Return Adam's first."""
    said = "Adam's decay of the gradient's mean"
    return Field(default, ge=0, lt=1, json_schema_extra=ranged(0.0, 0.9), description=said)


def second_decay(default: float = 0.999) -> Any:
    """Return Adam's second."""
    said = "Adam's decay of its square"
    return Field(default, ge=0, lt=1, json_schema_extra=ranged(0.9, 0.999), description=said)


def critic_steps(default: int = 1) -> Any:
    """Return how many hand-outs there are to a step of the others."""
    said = "hand-outs, and so discriminator steps, to one of the other"
    return Field(default, ge=1, le=20, json_schema_extra=ranged(1, 5), description=said)
