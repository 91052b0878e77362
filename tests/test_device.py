"""What a device tells of itself, and how its absence is borne."""

from __future__ import annotations

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from genbench.device import energy
from genbench.engines.order import environment

UUID = "8a5d0f0e"


def _nvml(readings, *, counts=True):
    """An NVML whose devices have drawn so many millijoules at each reading."""
    found = iter(readings)

    def total(handle):
        assert handle == f"GPU-{UUID}"
        if not counts:
            raise RuntimeError("Not Supported")
        return next(found)

    return SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByUUID=lambda name: name,
        nvmlDeviceGetTotalEnergyConsumption=total,
    )


@pytest.fixture
def _gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid=UUID))


@pytest.mark.usefixtures("_gpu")
def test_joules_are_read_off_the_device(monkeypatch):
    """Kills: millijoules taken for joules; the device of the same index in NVML's own order."""
    monkeypatch.setitem(sys.modules, "pynvml", _nvml([1_000, 5_000, 7_500]))
    read = energy(torch.device("cuda:0"))
    assert (read(), read()) == (5.0, 7.5)


@pytest.mark.usefixtures("_gpu")
def test_a_device_that_does_not_count_is_none(monkeypatch):
    """Kills: a trial lost for want of a counter."""
    monkeypatch.setitem(sys.modules, "pynvml", _nvml([], counts=False))
    assert energy(torch.device("cuda:0"))() is None


def test_a_cpu_has_none():
    assert energy(torch.device("cpu"))() is None


def test_a_trial_states_none_where_nothing_counts(attempt):
    outcome, _ = attempt("vae", steps=4, marks=(0.5,))
    assert outcome.spend.joules is None
    assert {mark.joules for mark in outcome.marks} == {None}


HEAP = """
import resource
import torch
from genbench.device import peak_bytes, reset_peak
from genbench.engines.child import _limit_memory
from genbench.engines.order import environment

def fill(megabytes):
    kept = [torch.ones(2**18) for _ in range(megabytes)]  # 1 MiB each, from the heap

device = torch.device("cpu")
torch.set_num_threads(1)
fill(200)
base = reset_peak(device)
fill(100)
print((peak_bytes(device) - base) / 2**20)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill(100)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults)
_limit_memory(300 * 2**20)
for _ in range(4):
    fill(200)
try:
    fill(500)
except RuntimeError as error:
    print("refused", "memory" in str(error))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="pages and limits are Linux's")
def test_memory_that_is_kept_is_neither_hidden_nor_counted_twice() -> None:
    """In a process with the allocator's settings of a trial, which keep freed pages.

    Kills: a rise that is not seen since pages of what was freed before are filled again (measured: 0 of 100 MiB); a
    limit that counts them again, or not at all; settings that keep nothing (25,600 page faults in the place of none).
    """
    variables = os.environ | environment(1)
    done = subprocess.run(
        [sys.executable, "-c", HEAP], capture_output=True, text=True, check=True, env=variables, timeout=200
    )
    rise, faults, refused = done.stdout.splitlines()
    assert 90 < float(rise) < 130
    assert int(faults) < 2_000
    assert refused == "refused True"
