"""What stands between pluggy's call and a plugin's function: the clock innermost, seeds and watch outermost."""

from __future__ import annotations

import hashlib
import random
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from genbench.audit import Audit
from genbench.deaths import Deaths
from genbench.hookspecs import hookimpl
from genbench.hygiene import Surroundings
from genbench.tampering import Fabric
from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from genbench.meter import Meter

CPU = torch.device("cpu")


class Timing:
    """The innermost wrapper: charges `train` from entry to return, and times `sample` apart."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._is_held = False
        self.sampling_seconds = 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for no draw inside, and time none."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False

    @hookimpl(wrapper=True, trylast=True)
    def train(self) -> Generator[None, Any, Any]:
        """Start the meter, let the model train, stop it."""
        self._meter.start()
        try:
            return (yield)
        finally:
            self._meter.stop()

    @hookimpl(wrapper=True, trylast=True)
    def sample(self) -> Generator[None, Any, Any]:
        """Time a draw."""
        if self._is_held:
            return (yield)
        with self._meter.lap() as lap:
            drawn = yield
        self.sampling_seconds = lap.seconds
        return drawn


class Guard:
    """The outermost wrapper: seeds each phase, keeps autograd out of all but `train`, and cleans up after each hook.

    Args:
        seed: of the trial.
        device: whose generators are seeded beside the CPU's.
        audit: notes the protected files that a hook opens.
    """

    def __init__(self, seed: int, device: torch.device, audit: Audit | None = None) -> None:
        self._seed = seed
        self._device = device
        self._audit = Audit() if audit is None else audit
        self._remarks: dict[str, None] = {}
        self._is_held = False
        self._fabric = Fabric()
        self.replaced: list[str] = []  # of genbench itself, put back
        self.deaths = Deaths()
        self.phase = ""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What hooks did that they had better not done, each once: "`train` changed the umask ..., put back"."""
        return tuple(self._remarks)

    @hookimpl(wrapper=True, tryfirst=True)
    def build(self) -> Generator[None, Any, Any]:
        """Seed the initial weights."""
        with self._watched("build"):
            return (yield)

    @hookimpl(wrapper=True, tryfirst=True)
    def train(self) -> Generator[None, Any, Any]:
        """Seed the training."""
        with self._watched("train"):
            return (yield)

    @hookimpl(wrapper=True, tryfirst=True)
    def sample(self, model: Any) -> Generator[None, Any, Any]:
        """Seed a draw."""
        if self._is_held:
            return (yield)
        with self._watched("sample", model), torch.no_grad():
            return (yield)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Seed, watch and clean up once for all the draws inside."""
        with self._watched("sample"), torch.no_grad():
            self._is_held = True
            try:
                yield
            finally:
                self._is_held = False

    @hookimpl(wrapper=True, tryfirst=True)
    def log_likelihood(self, model: Any) -> Generator[None, Any, Any]:
        """Seed a scoring."""
        with self._watched("log_likelihood", model), torch.no_grad():
            return (yield)

    @hookimpl(wrapper=True, tryfirst=True)
    def reconstruct(self, model: Any) -> Generator[None, Any, Any]:
        """Seed a reconstruction."""
        with self._watched("reconstruct", model), torch.no_grad():
            return (yield)

    @contextmanager
    def _watched(self, hook: str, idle: Any = None) -> Iterator[None]:
        """Seed; afterwards put back what the hook has changed around it, whether it returned or raised.

        A model that had better be `idle` is told if optimisers update it: nothing of that is charged.
        """
        seed_everything(self._seed, self.phase, self._device)
        surroundings = Surroundings()
        try:
            with self.deaths.watched(), self._audit.armed(), UpdateCounter(idle) as updates:
                yield
        finally:
            self.replaced += self._fabric.put_back()
            told = [*surroundings.put_back(), *self.deaths.told()]
            if idle is not None and updates.seen:
                told.append(f"updated {', '.join(updates.seen)} off the clock: train in `train` alone")
            if opened := self._audit.told():
                told.append(opened)
            self._remarks |= dict.fromkeys(f"`{hook}` {each}" for each in told)


def seed_everything(seed: int, phase: str, device: torch.device = CPU) -> None:
    """Seed torch (on the CPU and on `device`), numpy and random from a trial's seed and the name of a phase."""
    drawn = int.from_bytes(hashlib.sha256(f"{seed}:{phase}".encode()).digest()[:8], "big")
    torch.default_generator.manual_seed(drawn >> 1)
    if device.type == "cuda":
        torch.cuda.manual_seed_all(drawn >> 1)
    elif device.type == "mps":
        torch.mps.manual_seed(drawn >> 1)
    np.random.seed(drawn & 0xFFFFFFFF)
    random.seed(drawn)
