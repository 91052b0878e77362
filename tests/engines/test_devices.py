"""A device goes from call to call, each time only when the memory of the last call is back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from genbench.engines import devices
from genbench.engines.devices import BACK_WITHIN, Devices, Usage

GB = 10**9


class Bench:
    """A clock, and devices whose memory a test sets."""

    def __init__(self, *names: str, most: int = 1) -> None:
        self.now = 0.0
        self.usage: dict[str, Usage | None] = {name: Usage(GB, free=10 * GB) for name in names}
        self.devices = Devices(names, most=most, memory=self.usage.__getitem__, clock=lambda: self.now)


def test_each_is_handed_out_once() -> None:
    """Kills: two calls on one device."""
    bench = Bench("0", "1")
    assert [bench.devices.take(), bench.devices.take()] == ["0", "1"]
    assert not bench.devices.has_room()
    bench.devices.give_back("1")
    assert bench.devices.take() == "1"


def test_the_next_call_waits_for_the_memory_of_the_last() -> None:
    """Kills: a call that starts on a device which is still half full, and fails for want of memory."""
    bench = Bench("0")
    bench.devices.take()
    bench.usage["0"] = Usage(4 * GB)
    bench.devices.give_back("0")
    assert not bench.devices.has_room()
    assert bench.devices.wait_for_memory() is None
    bench.usage["0"] = Usage(GB + 10**6)
    assert bench.devices.has_room()


def test_memory_that_does_not_come_back_is_told_with_its_holder() -> None:
    """Kills: waiting for ever; a message that does not say for whom."""
    bench = Bench("0")
    bench.devices.take()
    bench.usage["0"] = Usage(4_100_000_000, (1234,))
    bench.devices.give_back("0")
    bench.now = BACK_WITHIN
    assert bench.devices.wait_for_memory() == "device 0: 3.1 GB still in use by pid 1234 after 30 s"
    bench.usage["0"] = Usage(GB)
    assert bench.devices.wait_for_memory() is None
    assert bench.devices.has_room()


def test_one_stuck_device_does_not_stop_the_others() -> None:
    bench = Bench("0", "1")
    bench.devices.take()
    bench.usage["0"] = Usage(4 * GB)
    bench.devices.give_back("0")
    bench.now = 99.0
    assert bench.devices.take() == "1"
    assert bench.devices.wait_for_memory() is None


def test_where_nobody_knows_nobody_waits() -> None:
    """Kills: a machine without NVML on which no second call ever starts."""
    bench = Bench("0")
    bench.usage["0"] = None
    bench.devices.take()
    bench.devices.give_back("0")
    assert bench.devices.has_room()
    bench.usage["0"] = Usage(GB)
    bench.devices.take()
    bench.usage["0"] = None  # a driver that no longer answers
    bench.devices.give_back("0")
    assert bench.devices.has_room()


@pytest.mark.parametrize(("name", "by"), [("1", "index 1"), ("GPU-8f", "uuid GPU-8f")])
def test_the_driver_is_asked(monkeypatch: pytest.MonkeyPatch, name: str, by: str) -> None:
    """Kills: another device's memory; a name that is no number taken for one."""
    asked = []
    nvml = SimpleNamespace(
        NVMLError=RuntimeError,
        nvmlDeviceGetHandleByIndex=lambda index: f"index {index}",
        nvmlDeviceGetHandleByUUID=lambda uuid: f"uuid {uuid}",
        nvmlDeviceGetMemoryInfo=lambda handle: asked.append(handle) or SimpleNamespace(used=5, free=9),
        nvmlDeviceGetComputeRunningProcesses=lambda handle: [SimpleNamespace(pid=7)],
    )
    monkeypatch.setattr(devices, "_driver", lambda: nvml)
    assert devices.ask_driver(name) == Usage(5, (7,), 9)
    assert asked == [by]


def test_a_driver_that_cannot_tell_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(index: int) -> None:
        raise RuntimeError

    monkeypatch.setattr(
        devices, "_driver", lambda: SimpleNamespace(NVMLError=RuntimeError, nvmlDeviceGetHandleByIndex=fail)
    )
    assert devices.ask_driver("0") is None


def test_calls_that_tell_their_memory_share_a_device() -> None:
    """Kills: more than the most; one beside a call that has the device to itself; memory promised twice."""
    bench = Bench("0", most=3)
    assert [bench.devices.take(3 * GB) for _ in range(2)] == ["0", "0"]
    assert not bench.devices.has_room()  # for one that has it to itself
    assert not bench.devices.has_room(3 * GB)  # 9 of 10 GB free: more than is shared
    assert bench.devices.has_room(2 * GB)
    bench.devices.take(2 * GB)
    assert not bench.devices.has_room(0)
    for size in (3 * GB, 3 * GB, 2 * GB):
        bench.devices.give_back("0", size)
    bench.devices.take()
    assert not bench.devices.has_room(GB)


def test_calls_side_by_side_are_spread_over_devices() -> None:
    """Kills: a first device that is filled while the second idles."""
    bench = Bench("0", "1", most=2)
    assert [bench.devices.take(GB) for _ in range(4)] == ["0", "1", "0", "1"]
    assert not bench.devices.has_room(GB)


def test_no_call_goes_beside_others_where_memory_is_gone_or_unknown() -> None:
    """Kills: trusting estimates alone, though another program fills the device; sharing what nobody knows."""
    bench = Bench("0", most=4)
    bench.devices.take(GB)
    bench.usage["0"] = Usage(11 * GB, free=GB // 2)
    assert not bench.devices.has_room(GB)
    bench = Bench("0", most=4)
    bench.usage["0"] = None
    bench.devices.take(GB)
    assert not bench.devices.has_room(GB)
    bench.devices.give_back("0", GB)
    bench.devices.take(0)
    assert bench.devices.has_room(0)  # the user says that there is room


def test_one_that_ends_beside_others_frees_its_part_and_the_last_is_waited_for() -> None:
    """Kills: waiting for the level of an empty device while others are on it; not waiting once all have ended."""
    bench = Bench("0", most=2)
    bench.devices.take(2 * GB)
    bench.devices.take(4 * GB)
    bench.usage["0"] = Usage(5 * GB, free=6 * GB)
    bench.devices.give_back("0", 2 * GB)
    assert bench.devices.has_room(3 * GB)
    bench.devices.give_back("0", 4 * GB)
    assert not bench.devices.has_room(3 * GB)
    bench.usage["0"] = Usage(GB, free=10 * GB)
    assert bench.devices.has_room(3 * GB)
