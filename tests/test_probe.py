"""A probe of a small model, whole: what its record states, in what order it was measured."""

from __future__ import annotations

import statistics
from types import SimpleNamespace

import pytest

from genbench import probe
from genbench.record import Gauge
from genbench.requests import Requests
from genbench.windows import QUICK_WINDOW, WINDOW


@pytest.fixture
def probed(attempt, importable):
    """Probe a toy on a data set that is prepared in no time."""

    def run(model: str = "null", **changes):
        outcome, _ = attempt(model, "tiny", purpose="probe", **changes)
        return outcome

    return run


def test_a_record_states_how_it_was_measured(probed) -> None:
    """Kills: fewer windows than were promised; a percentile of another; clocks of a GPU that is not there."""
    outcome = probed()
    assert outcome.status == "OK", outcome.message
    found = outcome.probe
    assert len(found.samples_per_second) == probe.WINDOWS == 10
    assert 5 <= len(found.examples_per_second) <= 10  # a step that a busy machine held up joins two windows
    assert len(found.gauges) > len(found.examples_per_second)
    assert {each.model_copy(update={"load": None}) for each in found.gauges} == {Gauge()}
    assert found.window_seconds == QUICK_WINDOW
    assert found.latency_ms[0] <= found.latency_ms[1] <= found.latency_p99_ms
    assert probe.LEAST_SINGLE <= found.latency_draws <= probe.MOST_SINGLE
    assert found.matmul_peak_flops > 1e7
    assert found.matmul_arithmetic == "float32, highest"
    assert found.joules_per_1000_examples is found.peak_reserved_bytes is None


def test_joules_are_of_a_thousand_examples(probed, monkeypatch) -> None:
    """Kills: joules of one example; of the warm-up too; a gauge that is read once."""
    state = SimpleNamespace(reads=0)

    def read() -> Gauge:
        state.reads += 1
        return Gauge(joules=5.0 * state.reads)

    monkeypatch.setattr(probe, "gauges", lambda device: read)
    found = probed().probe
    joules = [each.joules for each in found.gauges]
    assert joules == [5.0 * (1 + k) for k in range(len(joules))]
    examples = statistics.fmean(found.examples_per_second) * QUICK_WINDOW * probe.WINDOWS  # about
    assert found.joules_per_1000_examples == pytest.approx(1000 * (joules[-1] - joules[0]) / examples, rel=0.5)


def test_flops_are_counted_last(probed, monkeypatch) -> None:
    """Kills: a count that warms the process, and allocates what training then need not, before they are measured."""
    order = []
    for name in ("time_training", "peak_bytes", "time_streak", "time_single", "_flops"):
        whole = getattr(probe, name)

        def noted(*arguments, whole=whole, name=name, **named):
            order.append(name)
            return whole(*arguments, **named)

        monkeypatch.setattr(probe, name, noted)
    assert probed().status == "OK"
    assert order == ["time_training", "peak_bytes", "time_streak", "time_single", "_flops"]


@pytest.mark.parametrize(("is_quick", "window"), [(False, WINDOW), (True, QUICK_WINDOW)])
def test_quick_windows_are_asked_for(make_trial, tmp_path, is_quick, window) -> None:
    """Kills: --quick that nobody hears; windows that are quick for all."""
    trial = make_trial(purpose="probe")
    spec = SimpleNamespace(quick=is_quick, sample_batch=8, observers=(), data_root=None)
    found = SimpleNamespace(data={"digits": SimpleNamespace(data=SimpleNamespace(folder=tmp_path))})
    course = SimpleNamespace(trial=trial, folder=tmp_path, earlier=None)
    job = Requests(spec=spec, found=found, run=tmp_path, cache=tmp_path).job(course, None)
    assert job.window == window
    table = probe.timetable(job.window)
    assert (table.window, table.count) == (window, 10)
    assert table.warming == min(window, 0.2)
