from __future__ import annotations

from genbench.tables.blocks import blocks
from genbench.tables.throughput import throughput


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
