"""A check written by hand that has everything: each verdict, each reason, notes, a control arm, reported measures."""

from __future__ import annotations

import pytest

from genbench.check.findings import Checked, Finding, Gate, Host
from genbench.check.rules import Rules
from genbench.check.timings import Pair, Timing
from genbench.record import Environment

BETTER = {"recall:classifier": "higher", "training": "higher", "sampling": "higher"}


def _gate(model, measure, *, data="digits", **fields):
    return Gate(model=model, data=data, measure=measure, better=BETTER.get(measure, "lower"), **fields)


def _passed():
    return Finding(
        gate=_gate("alpha", "fd:classifier", detectable=0.21), verdict="PASS", effect=0.016, interval=(-0.041, 0.072),
        baseline=12.4, candidate=12.6, n=(20, 5), looks=(1, 3), p_worse=0.31, p_worse_level=0.00025,
        p_tolerable=0.004, p_tolerable_level=0.0167, detectable=0.18,
    )  # fmt: skip


def _failed():
    return Finding(
        gate=_gate("alpha", "training"), verdict="FAIL", effect=0.106, interval=(0.089, 0.124), baseline=2412.0,
        candidate=2181.0, n=(24, 24), looks=(2, 3), p_worse=0.00000006, p_worse_level=0.000375, p_tolerable=0.83,
        p_tolerable_level=0.0167, detectable=0.061, control=0.003,
    )  # fmt: skip


def _findings():
    return (
        _passed(),
        Finding(
            gate=_gate("alpha", "collapse", scale="rate"), verdict="PASS", reason="identical", effect=0.0,
            interval=(-0.1, 0.1), baseline=0.05, candidate=0.05, n=(20, 5), looks=(1, 3),
        ),
        _failed(),
        Finding(
            gate=_gate("alpha", "sampling"), verdict="INCONCLUSIVE", reason="host bias", effect=0.071,
            interval=(0.05, 0.09), baseline=151_000.0, candidate=141_000.0, n=(48, 48), looks=(3, 3), control=0.044,
            detectable=0.068,
        ),
        Finding(gate=_gate("beta", "fd:classifier"), verdict="FAIL", reason="missing", baseline=9.7, n=(20, 0)),
        Finding(
            gate=_gate("beta", "kd:classifier", scale="deviations", deviation=0.002), verdict="INCONCLUSIVE",
            effect=1.24, interval=(-0.3, 2.6), baseline=0.021, candidate=0.0235, n=(20, 20), looks=(3, 3),
        ),
        Finding(
            gate=_gate("beta", "recall:classifier", data="ring8"), verdict="PASS", effect=-0.85, interval=(-0.9, -0.8),
            baseline=0.12, candidate=0.8, n=(20, 5), looks=(1, 3),
            notes=("much better than the baseline: verify",),
        ),
        Finding(
            gate=_gate("alpha", "setup"), verdict="FAIL", is_gated=False, effect=0.4, interval=(0.3, 0.5),
            baseline=0.5, candidate=0.7, n=(24, 24), looks=(2, 3),
        ),
        Finding(
            gate=_gate("alpha", "precision:classifier"), verdict="PASS", is_gated=False, effect=0.01,
            interval=(-0.05, 0.05), baseline=0.91, candidate=0.9, n=(20, 5), looks=(1, 3),
        ),
    )  # fmt: skip


ENVIRONMENT = Environment(
    genbench="0.1.0", python="3.11.9", platform="Linux-6.8.0-x86_64-with-glibc2.39", cpu="A CPU @ 2.40GHz", cores=2,
    memory_bytes=8 << 30, device="cpu", device_name="A CPU @ 2.40GHz", driver=None, packages={"torch": "2.13.0"},
    settings={}, commit="1a2b3c4d5e6f-dirty",
)  # fmt: skip


@pytest.fixture(scope="session")
def checked():
    """Return a check that has everything."""
    return Checked(
        baseline="results/baselines/ours", baseline_digest="3f2a9c0d1e4b5a69", rules=Rules(), rules_from="origin/main",
        is_baseline_changed=True, against="origin/main = 1a2b3c4d5e6f", seed=7, findings=_findings(),
        differences=("cpu: B CPU there, A CPU @ 2.40GHz here",), warnings=("2 of 48 pairs were timed again",),
        environment=ENVIRONMENT, host=Host(cores=2, load=(0.31, 1.92), steal=0.012, spread=0.045, throttled=()),
        started="2026-11-23T09:30:00+00:00", seconds=412.4, run="results/20261123-0011223344556677",
        timings="results/20261123-0011223344556677/timings",
    )  # fmt: skip


@pytest.fixture(scope="session")
def passed(checked):
    """Return a check of which everything passed."""
    return checked.model_copy(update={"findings": (_passed(),), "is_baseline_changed": False})


@pytest.fixture(scope="session")
def hostile(checked):
    """Return a check whose names and messages want to be markup, commands, new lines or the end of something."""
    evil = "</system-out>]]>|`*\n::error::%0A\x1b[31m\x00‮<script>@all,a:b\ud7ff\ufffe"
    gate = Gate(model=evil, data=evil, measure=evil, better="lower")
    found = Finding(
        gate=gate, verdict="FAIL", reason=evil, notes=(evil,), effect=float("inf"), interval=(0.1, float("inf")),
        baseline=1.0, candidate=float("inf"), n=(20, 5), looks=(1, 3),
    )  # fmt: skip
    return checked.model_copy(
        update={"findings": (found,), "baseline": evil, "against": evil, "rules_from": evil, "differences": (evil,),
                "warnings": (evil,), "run": evil, "timings": evil}
    )  # fmt: skip


@pytest.fixture(scope="session")
def pairs():
    """Return two pairs and a control, each process with three windows."""

    def timing(rate):
        return Timing(training=(rate, rate * 1.1, rate * 0.9), sampling=(60 * rate, 61 * rate), setup=0.5)

    return tuple(
        Pair(
            model="alpha", data="digits", number=number, is_control=is_control, first="baseline", hash_seed=number,
            padding=64, baseline=timing(2400.0 + number), candidate=timing(2200.0 - number),
            started="2026-11-23T09:31:00+00:00", seconds=8.0, load=0.4,
        )
        for number, is_control in ((1, False), (0, False), (2, True))
    )  # fmt: skip
