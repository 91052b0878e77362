"""The fastest matrix product: sizes that a machine can bear, the best of many moments."""

from __future__ import annotations

import time

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genbench import peak as room
from genbench.peak import LARGEST, LONGEST, SMALLEST, MatmulPeak, following

CPU = torch.device("cpu")


@given(st.floats(1e-9, 1e3), st.integers(0, 5))
def test_no_product_takes_much_longer_than_it_may(taken: float, doublings: int) -> None:
    """Kills: sizes that grow for ever; four times the work where it is eight; staying at a size that is too large."""
    size = SMALLEST * 2**doublings
    after = following(size, taken)
    assert after == SMALLEST or (after == 2 * size <= LARGEST and taken * 8 <= LONGEST)
    assert following(LARGEST, 1e-9) == SMALLEST
    assert (following(SMALLEST, 0.99 * LONGEST / 8), following(SMALLEST, 1.01 * LONGEST / 8)) == (
        2 * SMALLEST,
        SMALLEST,
    )


def _looking(monkeypatch, seconds: list[float]) -> MatmulPeak:
    """Let every window take so many seconds a product, by a clock of its own."""
    now, found = [0.0], iter(seconds)
    peak = MatmulPeak(CPU, "fp32")

    def window(size: int) -> float:
        now[0] += 0.1
        return next(found)

    monkeypatch.setattr(peak, "_window", window)
    monkeypatch.setattr(room.time, "perf_counter", lambda: now[0])
    peak.look(0.1 * len(seconds) - 0.05)
    return peak


def test_a_busy_moment_does_not_decide(monkeypatch) -> None:
    """Kills: the last rate, the mean, one multiplication or addition for two operations."""
    assert _looking(monkeypatch, [1.0, 0.5, 4.0]).flops == 2 * SMALLEST**3 / 0.5


def test_two_looks_are_one_peak(monkeypatch) -> None:
    """Kills: a second look that forgets the first."""
    peak = _looking(monkeypatch, [0.5])
    monkeypatch.undo()
    monkeypatch.setattr(peak, "_window", lambda size: 2.0)
    peak.look(0.001)
    assert peak.flops == 2 * SMALLEST**3 / 0.5


def test_no_memory_for_it_is_no_failure(monkeypatch) -> None:
    """Kills: a probe lost for want of room beside a large model."""

    def window(size: int) -> float:
        raise torch.OutOfMemoryError

    peak = MatmulPeak(CPU, "fp32")
    monkeypatch.setattr(peak, "_window", window)
    peak.look(1.0)
    assert peak.flops == 0.0


def test_products_are_timed_one_by_one(monkeypatch) -> None:
    """Kills: the seconds of a window for those of one product; a clock that is read before the device is done."""
    now, calls = [0.0], []
    peak = MatmulPeak(CPU, "fp32")
    pending: list[float] = []

    def mm(left, right, out) -> None:
        calls.append(left.shape)
        pending.append(0.002)

    def wait() -> None:
        now[0] += sum(pending)
        pending.clear()

    monkeypatch.setattr(room.torch, "mm", mm)
    monkeypatch.setattr(room.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(peak, "_wait", wait)
    assert peak._window(SMALLEST) == pytest.approx(0.002)
    assert len(calls) == 1 + 5


@pytest.mark.parametrize(("precision", "arithmetic"), [("fp32", "float32, highest"), ("bf16", "bfloat16")])
def test_a_real_machine_multiplies(precision, arithmetic) -> None:
    """Kills: an arithmetic that is not that of the flags, seconds without end where products are slow."""
    peak, begun = MatmulPeak(CPU, precision), time.perf_counter()
    peak.look(0.05)
    assert peak.flops > 1e7
    assert peak.arithmetic == arithmetic
    assert time.perf_counter() - begun < 60
