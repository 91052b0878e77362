"""What pairs say, and how steady the machine was."""

from __future__ import annotations

import math
import sys
from statistics import stdev
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.check import host
from genbench.check.host import HostWatch, slowdowns, spread, stolen
from genbench.check.timings import Pair, Timing

RATES = st.lists(st.floats(1.0, 1e6), min_size=1, max_size=12).map(tuple)


def _timing(training=(100.0,), sampling=(1000.0,), setup=0.5, failure=None) -> Timing:
    if failure is not None:
        return Timing(failure=failure)
    return Timing(training=training, sampling=sampling, setup=setup)


def _pair(baseline: Timing, candidate: Timing, *, model: str = "pace", is_control: bool = False) -> Pair:
    return Pair(
        model=model, data="noise", number=0, is_control=is_control, first="baseline", hash_seed=0, padding=0,
        baseline=baseline, candidate=candidate, started="2026-01-01T00:00:00+00:00", seconds=1.0, load=0.0,
    )  # fmt: skip


@given(RATES, st.floats(1.01, 10), st.sampled_from(["training", "sampling"]))
def test_fewer_a_second_is_slower(rates: tuple[float, ...], factor: float, measure: str) -> None:
    """Kills: the sign of a throughput, arms swapped."""
    quick, slow = _timing(**{measure: rates}), _timing(**{measure: tuple(each / factor for each in rates)})
    assert slowdowns([_pair(quick, slow)], measure) == pytest.approx([math.log(factor)])
    assert slowdowns([_pair(slow, quick)], measure) == pytest.approx([-math.log(factor)])


def test_more_seconds_of_set_up_are_slower() -> None:
    """Kills: seconds taken for a rate."""
    pair = _pair(_timing(setup=1.0), _timing(setup=2.0))
    assert slowdowns([pair], "setup") == pytest.approx([math.log(2)])


def test_one_window_that_was_disturbed_changes_nothing() -> None:
    """Kills: a mean for the median."""
    calm, disturbed = _timing(training=(100.0,) * 5), _timing(training=(*(100.0,) * 4, 1.0))
    assert slowdowns([_pair(calm, disturbed)], "training") == [0.0]


@pytest.mark.parametrize(
    ("baseline", "candidate", "expected"),
    [
        (None, "FAILED(train): x", math.inf),
        (None, "TIMEOUT: x", math.inf),
        ("FAILED(train): x", None, -math.inf),
        ("CRASHED(SIGSEGV): x", "CRASHED(SIGSEGV): x", math.nan),
        ("LOST: with the other", "OOM(host): x", math.inf),
        ("OOM(host): x", "LOST: with the other", -math.inf),
        ("LOST: its process ended before it began", "LOST: its process ended before it began", math.nan),
        (None, "LOST: x", math.nan),
    ],
)
def test_failures(baseline: str | None, candidate: str | None, expected: float) -> None:
    """Kills: failed pairs left out; another rule for one arm than for the other, so that chance makes FAILs."""
    pair = _pair(_timing(failure=baseline), _timing(failure=candidate))
    for measure in ("training", "sampling", "setup"):
        assert slowdowns([pair], measure) == pytest.approx([expected], nan_ok=True)


def test_the_spread_is_the_median_over_cells() -> None:
    """Kills: controls and failures among the pairs, effects taken for spread."""
    sampled = [_pair(_timing(training=(100.0,)), _timing(training=(100.0 / each,))) for each in (2.0, 2.2, 2.4)]
    failed = [
        _pair(_timing(), _timing(failure="TIMEOUT: x")),
        _pair(_timing(), _timing(training=(1.0,)), is_control=True),
    ]
    training = stdev([math.log(each) for each in (2.0, 2.2, 2.4)])
    assert spread(sampled + failed) == pytest.approx(training / 2)  # that of sampling is 0
    assert spread([]) is None


def test_the_share_that_the_host_took() -> None:
    """Kills: jiffies for a share, guests counted twice."""
    before, after = (100, 0, 50, 800, 10, 0, 5, 20), (160, 0, 60, 820, 10, 0, 5, 30)
    assert stolen(before, after) == pytest.approx(0.1)
    assert stolen(before, before) == 0.0
    assert stolen(None, None) is None


def test_a_machine_is_watched() -> None:
    found = HostWatch().host()
    assert found.cores >= 1
    assert all(each >= 0 for each in found.load)
    assert (found.steal is not None) == (sys.platform == "linux")
    assert found.throttled == ()


def test_reasons_of_a_gpu_are_collected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: the last look alone; an idle GPU, or all reasons at once, taken for a reason."""
    held = iter([0x1, 0x20, 0x4, 0x20])
    nvml = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByIndex=lambda index: index,
        nvmlDeviceGetHandleByUUID=lambda name: name,
        nvmlDeviceGetCurrentClocksThrottleReasons=lambda gpu: next(held),
        nvmlClocksThrottleReasonGpuIdle=0x1,
        nvmlClocksThrottleReasonSwPowerCap=0x4,
        nvmlClocksThrottleReasonSwThermalSlowdown=0x20,
        nvmlClocksThrottleReasonAll=0x25,
        nvmlClocksThrottleReasonNone=0,
    )
    monkeypatch.setitem(sys.modules, "pynvml", nvml)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-abc")
    assert [host._gpu(each) for each in ("cuda:0", "cuda:1", "cpu")] == [3, "GPU-abc", None]
    watch = HostWatch("cuda:0")
    watch.look()
    watch.look()
    assert watch.host().throttled == ("SwThermalSlowdown", "SwPowerCap")
