"""A machine whose times tell nothing: the gate says so, and why; it does not fail what has not changed."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import pytest

from genbench.check import throughput
from genbench.check.findings import Checked, Gate
from genbench.check.host import HostWatch
from genbench.check.reports import terminal
from genbench.check.rules import Rules
from genbench.check.throughput import Throughput
from genbench.check.timings import Pair, Timing, TimingRequest
from genbench.cli.progress import Silent
from genbench.refs import DataRef

sys.path.append(str(Path(__file__).parents[1] / "check"))
from noise import HOSTS
from toolkit import HERE

CHECKS = 150
GATES = tuple(Gate(model="a", data="d", measure=name, better="higher") for name in ("training", "sampling"))
DATA = DataRef(name="d", kind="points", shape=(2,), classes=None, labelled=False, counts={}, hash="0" * 64)


class Noisy:
    """Pairs of the same code, `slower` or not, on a host whose log ratios were drawn."""

    def __init__(self, slowdowns: np.ndarray) -> None:
        self._slowdowns = slowdowns  # [2 for the control, measures, pairs]

    def run(self, request: TimingRequest, number: int, *, is_control: bool = False) -> Pair:
        training, sampling = self._slowdowns[int(is_control), :, number]
        candidate = Timing(training=(1000 / math.exp(training),), sampling=(1000 / math.exp(sampling),), setup=1.0)
        return Pair(
            model="a", data="d", number=number, is_control=is_control, first="baseline", hash_seed=0, padding=0,
            baseline=Timing(training=(1000.0,), sampling=(1000.0,), setup=1.0), candidate=candidate, started="",
            seconds=1, load=8,
        )  # fmt: skip


@pytest.fixture
def check(tmp_path, monkeypatch):
    """Check on a host of a profile; return the findings and the pairs."""
    monkeypatch.setattr(throughput, "publish", lambda path, pair: None)

    def run(profile, rng, slower=0.0):
        noise = np.stack([profile.slowdowns(rng, 2, 48, slower=slower), profile.slowdowns(rng, 2, 48)])
        timing = Throughput(
            gates=GATES, comparisons=2, rules=Rules(), pairs=Noisy(noise), folder=tmp_path, reporter=Silent(),
            requests={("a", "d"): TimingRequest(model="a", data=DATA, train=tmp_path)}, until=math.inf,
        )  # fmt: skip
        return timing.run(), timing.all_pairs()

    return run


def test_f45_noisy_host_fails_nothing_that_has_not_changed(check) -> None:
    """Kills: a threshold on the median alone, however p stands."""
    rng = np.random.default_rng(45)
    told = [{each.verdict for each in check(HOSTS["awful"], rng)[0]} for _ in range(CHECKS)]
    assert sum("FAIL" in each for each in told) <= 4  # 0.75 expected at the nominal 0.5 %
    assert sum("INCONCLUSIVE" in each for each in told) > CHECKS / 10


def test_f45_noisy_host_is_told_as_what_it_is(check) -> None:
    """Kills: an INCONCLUSIVE that does not say how the machine was, or exits 0."""
    rng = np.random.default_rng(1)
    checks = (check(HOSTS["awful"], rng) for _ in range(50))
    found, pairs = next(each for each in checks if all(one.verdict == "INCONCLUSIVE" for one in each[0]))
    checked = Checked(
        baseline="b", baseline_digest="0", rules=Rules(), findings=tuple(found), environment=HERE,
        host=HostWatch().host(pairs), started="", seconds=1,
    )  # fmt: skip
    assert checked.exit_code() == 3
    shown = terminal.text(checked)
    assert "INCONCLUSIVE" in shown.splitlines()[-1]
    assert "load" in shown and "ratios of pairs spread by" in " ".join(shown.split())


def test_f45_noisy_host_seldom_passes_what_is_slower(check) -> None:
    rng = np.random.default_rng(2)
    told = [each.verdict for _ in range(CHECKS) for each in check(HOSTS["awful"], rng, slower=0.1)[0]]
    assert told.count("PASS") / len(told) <= 0.08  # nominal 0.05, 300 comparisons
