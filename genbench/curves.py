"""Curves that a model logs while it trains, kept without making the device wait and without growing for ever."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import torch

from genbench.escaping import quoted

if TYPE_CHECKING:
    from torch import Tensor

NAME = re.compile(r"[A-Za-z0-9_./-]{1,64}")  # of a curve
LAG = 256  # values of a curve that stay on the device before they are fetched together
LONGEST = 8_192  # points a curve keeps; a longer one keeps every second, and so on


class Curves:
    """Named series of (hand-outs so far, value).

    A value on the CPU is read at once. One on a device is copied there and fetched `LAG` values later, when it has long
    been computed. `diverged_at` is the hand-out at which a curve whose name starts with `loss` was first not finite.
    """

    def __init__(self) -> None:
        self._points: dict[str, _Series] = {}
        self._behind: dict[str, list[tuple[int, Tensor]]] = {}
        self.diverged_at: int | None = None

    def add(self, step: int, name: str, value: Tensor | float) -> None:
        """Keep `value`, a scalar, as what `name` was after `step` hand-outs."""
        if isinstance(value, torch.Tensor) and value.device.type != "cpu":
            waiting = self._behind.setdefault(name, [])
            waiting.append((step, value.detach().clone()))
            if len(waiting) >= 2 * LAG:
                self._fetch(name, LAG)
        else:
            self._keep(step, name, float(value.item() if isinstance(value, torch.Tensor) else value))

    def fetch(self) -> None:
        """Bring everything that waits on the device; called where the device is idle anyway."""
        for name, waiting in self._behind.items():
            self._fetch(name, len(waiting))

    def series(self) -> dict[str, list[tuple[int, float]]]:
        """Return every curve as its points."""
        return {name: series.points for name, series in self._points.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return what was fetched so far, for a checkpoint."""
        return {
            "series": {name: series.state_dict() for name, series in self._points.items()},
            "diverged_at": self.diverged_at,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take the curves of an earlier attempt in place of one's own."""
        self._behind.clear()
        self._points = {name: _Series(each) for name, each in state["series"].items()}
        self.diverged_at = state["diverged_at"]

    def _fetch(self, name: str, count: int) -> None:
        taken, self._behind[name] = self._behind[name][:count], self._behind[name][count:]
        if taken:
            values = torch.stack([value.reshape(()) for _, value in taken]).tolist()
            for (step, _), value in zip(taken, values, strict=True):
                self._keep(step, name, value)

    def _keep(self, step: int, name: str, value: float) -> None:
        series = self._points.get(name)
        if series is None:
            if not NAME.fullmatch(name):
                raise ValueError(f"batches.log: got {quoted(name)}, expected a name of letters, digits and _ . - /")
            series = self._points[name] = _Series()
        series.add(step, value)
        if not math.isfinite(value) and name.startswith("loss") and self.diverged_at is None:
            self.diverged_at = step


class _Series:
    """Points of one curve, thinned to every `stride`-th once there are too many."""

    __slots__ = ("points", "seen", "stride")

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        self.points: list[tuple[int, float]] = []
        self.stride = 1
        self.seen = 0
        if state is not None:
            self.points = list(zip(state["steps"].tolist(), state["values"].tolist(), strict=True))
            self.stride, self.seen = state["stride"], state["seen"]

    def state_dict(self) -> dict[str, Any]:
        steps, values = zip(*self.points, strict=True)
        return {
            "steps": torch.tensor(steps, dtype=torch.int64),
            "values": torch.tensor(values, dtype=torch.float64),
            "stride": self.stride,
            "seen": self.seen,
        }

    def add(self, step: int, value: float) -> None:
        if self.seen % self.stride == 0:
            self.points.append((step, value))
            if len(self.points) > LONGEST:
                self.points = self.points[::2]
                self.stride *= 2
        self.seen += 1
