"""What dashboards and pytest-benchmark take in: numbers only, in their own formats."""

from __future__ import annotations

import json
import math
import re
import statistics
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.check.findings import Finding, Gate
from genbench.check.reports import action_benchmark, bencher, dashboards, pytest_benchmark

MEASURES = [
    ("ratio", "lower"),
    ("ratio", "higher"),
    ("deviations", "lower"),
    ("deviations", "higher"),
    ("rate", "lower"),
]


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_entries_of_the_action(checked, better) -> None:
    """Kills: both directions in one file, a null, a range that the action cannot read."""
    entries = json.loads(action_benchmark.text(checked, better), parse_constant=pytest.fail)
    wanted = {
        f"{each.gate.model} on {each.gate.data}: {each.gate.measure}": each.candidate
        for each in checked.findings
        if each.gate.better == better and each.candidate is not None
    }
    assert {entry["name"]: entry["value"] for entry in entries} == wanted
    for entry in entries:
        assert {"name", "unit", "value"} <= set(entry) <= {"name", "unit", "value", "range", "extra"}
        assert all(isinstance(text, str) and text for key, text in entry.items() if key != "value")
        assert re.fullmatch(r"± \d\S*", entry["range"])
        assert float(entry["range"].removeprefix("± ")) > 0


def test_metrics_of_bencher(checked, hostile) -> None:
    """Kills: bounds that do not hold the value, an infinite one, names of more than 64 characters for a measure."""
    found = json.loads(bencher.text(checked), parse_constant=pytest.fail)
    assert found["alpha on digits"]["training"]["value"] == 2181.0
    assert "fd:classifier" not in found["beta on digits"]
    for metrics in found.values():
        for name, metric in metrics.items():
            assert len(name) <= 64
            assert metric["lower_value"] <= metric["value"] <= metric["upper_value"]
    assert json.loads(bencher.text(hostile)) == {}


@given(
    kind=st.sampled_from(MEASURES), baseline=st.floats(0.01, 1e4), effect=st.floats(-0.5, 3), width=st.floats(0, 0.2)
)
def test_bounds_are_those_of_the_effect(kind, baseline, effect, width) -> None:
    """Kills: a slower candidate drawn as a faster one, 1 - e for 1 / (1 + e)."""
    scale, better = kind
    gate = Gate(model="m", data="d", measure="x", better=better, scale=scale, deviation=0.5)
    direction = 1 if better == "lower" else -1
    if scale == "ratio":
        candidate = baseline * (1 + effect) ** direction
    else:
        candidate = baseline + direction * effect * (0.5 if scale == "deviations" else 1)
    made = Finding(
        gate=gate, verdict="PASS", effect=effect, interval=(effect - width, effect + width), baseline=baseline,
        candidate=candidate,
    )  # fmt: skip
    low, high = dashboards.bounds(made)
    assert low <= candidate <= high
    if width == 0:
        assert low == pytest.approx(high)
    else:
        worse = high if better == "lower" else low
        reached = (worse / baseline) ** direction - 1 if scale == "ratio" else direction * (worse - baseline)
        unit = 0.5 if scale == "deviations" else 1
        assert reached / unit == pytest.approx(effect + width, abs=1e-6)


def test_raw_timings_are_read_by_pytest_benchmark(checked, pairs, tmp_path) -> None:
    """Kills: a field that `pytest-benchmark compare` misses, rates for seconds, control arms among the timings."""
    path = tmp_path / "0001_timings.json"
    path.write_text(pytest_benchmark.text(checked, pairs), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", "compare", str(path), "--columns", "min,median,rounds"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Failed to load" not in done.stdout + done.stderr
    for name in ("training[alpha-digits-baseline]", "training[alpha-digits-candidate]", "setup[alpha-digits-baseline]"):
        assert name in done.stdout
    saved = {each["name"]: each["stats"] for each in json.loads(path.read_text(encoding="utf-8"))["benchmarks"]}
    training = saved["training[alpha-digits-baseline]"]
    assert training["rounds"] == 6  # three windows of two pairs
    assert training["data"][0] == pytest.approx(1 / 2400)  # pair 0 comes first
    assert saved["setup[alpha-digits-candidate]"]["stddev"] == 0


def test_no_pairs_are_no_benchmarks(checked) -> None:
    assert json.loads(pytest_benchmark.text(checked, ()))["benchmarks"] == []


@given(st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=40) | st.floats(1e-6, 1e3).map(lambda each: [each] * 7))
def test_statistics_hold_together(seconds) -> None:
    """Kills: a mean for a median, outliers outside of which nothing lies."""
    found = pytest_benchmark.stats(seconds)
    assert found["median"] == pytest.approx(statistics.median(seconds))
    for inner in (("ld15iqr", "hd15iqr"), ("q1", "q3")):
        ordered = [found[name] for name in ("min", inner[0], "median", inner[1], "max")]
        assert ordered == pytest.approx(sorted(ordered), rel=1e-9)
    assert found["ops"] == pytest.approx(1 / found["mean"])
    assert found["data"] == seconds
    assert all(math.isfinite(value) for key, value in found.items() if key not in ("data", "outliers"))
