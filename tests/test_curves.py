"""Curves keep what was logged, stay small, and notice a loss that is not finite."""

from __future__ import annotations

import math
from itertools import pairwise

import torch

from genbench import curves
from genbench.curves import Curves


def test_keeps_points_in_order() -> None:
    kept = Curves()
    for step in range(5):
        kept.add(step, "loss", torch.tensor(float(step), requires_grad=True))
        kept.add(step, "lr", 0.1)
    assert kept.series() == {"loss": [(k, float(k)) for k in range(5)], "lr": [(k, 0.1) for k in range(5)]}
    assert kept.diverged_at is None


def test_only_a_loss_diverges() -> None:
    """Kills: stopping for any curve that is not finite, a ratio that divides by zero included."""
    kept = Curves()
    kept.add(3, "ratio", math.inf)
    assert kept.diverged_at is None
    kept.add(7, "loss_d", torch.tensor(math.nan))
    kept.add(9, "loss_d", torch.tensor(math.nan))
    assert kept.diverged_at == 7


def test_a_long_curve_is_thinned(monkeypatch) -> None:
    """Kills: memory that grows with the length of the training."""
    monkeypatch.setattr(curves, "LONGEST", 16)
    kept = Curves()
    for step in range(1000):
        kept.add(step, "loss", float(step))
    points = kept.series()["loss"]
    assert len(points) <= 17
    assert points[0] == (0, 0.0)
    gaps = {after[0] - before[0] for before, after in pairwise(points)}
    assert len(gaps) == 1


def test_values_on_a_device_wait_there(monkeypatch) -> None:
    """Kills: reading a device's value at once, which makes every step wait; a meta tensor cannot be read at all."""
    kept = Curves()
    for step in range(100):
        kept.add(step, "loss", torch.empty((), device="meta"))
    assert kept.series() == {}


def test_goes_on_from_a_state(monkeypatch) -> None:
    """Kills: points doubled, a stride that is forgotten so that the rest of a curve is denser than its start."""
    monkeypatch.setattr(curves, "LONGEST", 16)
    whole, first, second = Curves(), Curves(), Curves()
    second.add(0, "loss", math.nan)
    for step in range(100):
        if step == 71:
            second.load_state_dict(first.state_dict())
            assert second.diverged_at is None
        for kept in (whole, first if step < 71 else second):
            kept.add(step, "loss", step / 3)
            kept.add(step, "ratio", math.inf)
    assert second.series() == whole.series()


def test_where_it_diverged_is_state() -> None:
    first, second = Curves(), Curves()
    first.add(3, "loss", math.nan)
    second.load_state_dict(first.state_dict())
    assert second.diverged_at == 3
