from __future__ import annotations

import json
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench import tables
from genbench.record import Probe
from genbench.tables.blocks import blocks
from genbench.tables.throughput import throughput, utilisation


def _throughput(built, *records):
    (block,) = blocks((built.record(), *records), {}, run="r")
    return throughput(block)


def test_the_probe_is_shown(built):
    """Kills: the mean of windows, p50 and p95 changed places."""
    speeds = (100.0, 90.0, 50.0)
    cells = _throughput(built, built.probe("vae", examples_per_second=speeds)).frame.loc["vae"]
    assert (cells["examples_per_second"].value, cells["examples_per_second"].low) == (90.0, 50.0)
    assert (cells["latency_p50_ms"].value, cells["latency_p95_ms"].value) == (0.21, 0.34)
    assert cells["flops_per_example"].first_line == "1.87 M"


def test_no_probe(built):
    sheet = _throughput(built)
    assert sheet.title == "Throughput: no probe (--no-probe)"
    assert sheet.frame.empty


def test_a_model_whose_probe_failed_keeps_its_row(built):
    failed = built.probe("vae").model_copy(update={"probe": None, "status": "OOM(host)"})
    (block,) = blocks((built.record(), built.record(built.trial("gan")), built.probe("gan"), failed), {}, run="r")
    frame = throughput(block).frame
    assert {cell.status for cell in frame.loc["vae"]} == {"not measured"}


def test_what_is_not_finite_is_not_measured(built):
    cells = _throughput(built, built.probe("vae", latency_ms=(float("nan"), float("inf")))).frame.loc["vae"]
    assert cells["latency_p50_ms"].status == cells["latency_p95_ms"].status == "not measured"


def test_use_is_told_against_the_fastest_product_that_any_probe_saw(built):
    """Kills: each model beside its own peak, of which one was measured in a busy moment; the mean of windows."""
    fast = {"examples_per_second": (1e4, 2e4, 9e4), "flops_per_example": 1e6}
    records = (
        built.record(built.trial("gan")),
        built.probe("vae", matmul_peak_flops=5e10, **fast),
        built.probe("gan", matmul_peak_flops=1e11, **fast),
    )
    frame = _throughput(built, *records).frame
    assert [frame.loc[name]["utilisation"].first_line for name in ("vae", "gan")] == ["20.00 %"] * 2


def test_products_by_different_arithmetic_are_different_peaks(built):
    """Kills: fp32 in full held against products that were rounded to fewer bits."""
    rounded = built.probe("gan", matmul_peak_flops=1e15, matmul_arithmetic="float32, medium")
    sheet = _throughput(built, built.record(built.trial("gan")), built.probe("vae", matmul_peak_flops=1e11), rounded)
    assert sheet.frame.loc["vae"]["utilisation"].value > 0.5
    assert "100 GFLOP/s (float32, highest) and 1 PFLOP/s (float32, medium)" in sheet.sentences[0]


def test_what_only_a_gpu_tells_is_shown_only_there(built):
    """Kills: columns of nothing on a CPU; joules of one example; allocated and reserved changed places."""
    assert not {"joules_per_1000_examples", "peak_reserved_bytes"} & set(_throughput(built, built.probe("vae")).titles)
    probe = built.probe("vae", joules_per_1000_examples=0.8, peak_memory_bytes=3e6, peak_reserved_bytes=5e6)
    sheet = _throughput(built, probe)
    shown = {name: cell.first_line for name, cell in sheet.frame.loc["vae"].items()}
    assert (shown["joules_per_1000_examples"], shown["peak_memory_bytes"], shown["peak_reserved_bytes"]) == (
        ".800",
        "3 MB",
        "5 MB",
    )
    assert "J/1000 ex = " in sheet.sentences[0]


# Of a record that genbench wrote before windows had a length in it.
OLD = """{"examples_per_second": [24122.1, 25511.9, 23874.4], "samples_per_second": [548964.2, 562010.7],
 "sample_batch": 1000, "latency_ms": [0.251, 0.359], "setup_seconds": 0.0071, "peak_memory_bytes": 692224,
 "parameters": 53953, "flops_per_example": 583680.0, "uncounted": [], "hand_outs": 64}"""


def test_an_old_record_is_shown_as_it_was(built):
    """Kills: a new field without a default; a column of nothing but dashes; windows of None s."""
    old = built.probe("vae").model_copy(update={"probe": Probe.model_validate_json(OLD)})
    sheet = _throughput(built, old)
    assert list(sheet.frame.columns) == [
        "examples_per_second", "samples_per_second", "latency_p50_ms", "latency_p95_ms", "setup_seconds",
        "peak_memory_bytes", "parameters", "flops_per_example",
    ]  # fmt: skip
    assert sheet.aside.startswith("median [range of windows];")
    assert "MFU" not in sheet.sentences[0]
    (block,) = json.loads(tables.json((built.record(), old), {}, run="r"))["blocks"]
    assert block["probes"]["vae"]["gauges"] == []


def test_machines_get_what_stands_behind_the_sheet(built):
    """Kills: windows, draws and gauges that only the record has; NaN in JSON."""
    probe = built.probe("vae", examples_per_second=(1.0, float("nan")), window_seconds=0.1)
    (block,) = json.loads(tables.json((built.record(), probe), {}, run="r"))["blocks"]
    facts = block["probes"]["vae"]
    assert (facts["examples_per_second"], facts["window_seconds"], facts["latency_draws"]) == ([1.0, None], 0.1, 1000)
    assert len(facts["gauges"]) == 11
    lines = tables.csv((built.record(), probe), {}, run="r")
    assert '"throughput:utilisation"' in lines
    assert '"throughput:latency_p99_ms"' in lines
    assert "windows of 0.1 s" in _throughput(built, probe).aside


@given(st.lists(st.floats(1, 1e9), min_size=1), st.floats(1, 1e12), st.floats(1e-3, 1e6))
def test_use_is_a_share(rates, work, scale):
    """Kills: peak over work; a rate that is not the median."""
    probe = Probe.model_validate_json(OLD).model_copy(
        update={"examples_per_second": tuple(rates), "flops_per_example": work}
    )
    peak = scale * work * statistics.median(rates)
    assert utilisation(probe, peak) == pytest.approx(1 / scale)
    assert utilisation(probe, None) is utilisation(probe, 0.0) is None
