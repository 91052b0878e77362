"""How many calls side by side a session allows, given its devices, cores and memory."""

from __future__ import annotations

import pytest

from genbench import machine, session
from genbench.engines import LocalEngine, local
from genbench.record import Environment
from genbench.session import Session, Ways
from genbench.spec import make_spec
from genbench.survey import Survey

HERE = Environment(
    genbench="0", python="3", platform="p", cpu="c", cores=16, memory_bytes=1, device="cuda:0", device_name="g",
    device_count=2, driver=None, packages={}, settings={},
)  # fmt: skip


class Said(list[str]):
    """A reporter that keeps what is said."""

    say = list.append


@pytest.fixture
def settle(monkeypatch: pytest.MonkeyPatch, tmp_path):
    """Settle an engine on a machine of 16 cores, 100 GB and two GPUs; return its workers and what was said."""
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    for module in (machine, session, local):
        monkeypatch.setattr(module, "cores", lambda: 16)
    monkeypatch.setattr(machine, "memory_share", lambda workers: 100 * 10**9 // workers)

    def settle(**asked: object) -> tuple[int, int, list[str]]:
        spec, said = make_spec({"models": ("vae",), **asked}), Said()
        engine = LocalEngine(spec.workers or 16, spec.threads)
        Session(spec, Ways(output=tmp_path))._settle(engine, Survey(known_environment=HERE), said)
        return engine.workers, engine._devices._most, said

    return settle


@pytest.mark.parametrize(
    ("asked", "workers", "most"),
    [
        ({}, 8, 8),  # one GPU: as many as are ever shared
        ({"devices": ("all",)}, 14, 7),  # 100 GB are not more, at 6 GiB each
        ({"devices": ("all",), "threads": 4}, 4, 2),  # cores
        ({"per_device": 1}, 1, 1),
        ({"per_device": 3, "devices": ("all",)}, 6, 3),
        ({"workers": 2}, 2, 8),
    ],
)
def test_workers_are_what_devices_cores_and_memory_allow(settle, asked, workers, most) -> None:
    """Kills: one trial a GPU; more than the host can feed; a user who asks for one and gets eight."""
    assert settle(**asked)[:2] == (workers, most)


def test_sharing_is_said_with_the_flag_that_ends_it(settle) -> None:
    """Kills: trials that share a GPU and nobody was told; telling it where seconds run alone."""
    (said,) = settle()[2]
    assert said == "up to 8 trials side by side on a GPU, as its memory allows; --per-device 1 for one"
    assert settle(per_device=1)[2] == settle(budget="3s")[2] == []
