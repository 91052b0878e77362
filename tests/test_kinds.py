"""A whole run over a table, sounds, tokens and colour images: trained, sampled, judged, drawn and tabulated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from PIL import Image

from genbench.store import RunFolder

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.record import Record

SETS = ("tiny_table", "tiny_wave", "tiny_tokens", "tiny_colour")


class Run(NamedTuple):
    folder: Path
    records: dict[str, Record]
    printed: str

    def attempt(self, name: str) -> Path:
        """Return the folder of the only attempt on a data set."""
        return self.folder / "trials" / self.records[name].trial.id / "attempt-1"

    def samples(self, name: str) -> np.ndarray:
        return np.load(self.attempt(name) / "samples" / "default-held_out-1.000000.npy", allow_pickle=False)


@pytest.fixture(scope="module")
def run(launch, tmp_path_factory) -> Run:
    into = tmp_path_factory.mktemp("kinds")
    done, _ = launch(
        "--models", "anything", "--datasets", ",".join(SETS), "--seeds", "1", "--budget", "20steps", "--marks", "0.5",
        "--batch-size", "8", "--features", "flat", "--no-probe", "--keep-samples", into=into,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = into.iterdir()
    records = {record.trial.data.name: record for record in RunFolder(folder).read().records}
    return Run(folder, records, done.stdout)


def test_every_kind_is_a_row(run):
    """Kills: a kind that a stage takes for floats or for images; a table that no block is printed for."""
    assert {name: run.records[name].status for name in SETS} == dict.fromkeys(SETS, "OK")
    assert all(run.records[name].measure("fd:flat") > 0 for name in SETS)
    assert all(f"{name} · 20 steps" in run.printed for name in SETS)
    assert run.printed.count("Sample quality against held-out") == len(SETS)


@pytest.mark.parametrize(
    ("name", "dtype", "shape"),
    [
        ("tiny_table", np.float32, (64, 3)),
        ("tiny_wave", np.float32, (40, 1, 512)),
        ("tiny_tokens", np.int64, (40, 16)),
        ("tiny_colour", np.uint8, (40, 3, 8, 8)),
    ],
)
def test_samples_have_the_form_of_the_data(run, name, dtype, shape):
    """Kills: encoded rows handed to the judge, tokens as floats."""
    rows = run.samples(name)
    assert (rows.dtype, rows.shape) == (dtype, shape)


def test_samples_of_a_table_are_in_its_units(run):
    """Kills: codes out of range or not whole, integers that are not, a standardised width."""
    code, width, holes = run.samples("tiny_table").T
    assert set(code) == {0.0, 1.0, 2.0}
    assert 90 < width.mean() < 130 and not (width == np.rint(width)).all()
    assert (holes == np.rint(holes)).all() and 2 < holes.mean() < 8


@pytest.mark.parametrize("name", ["tiny_table", "tiny_wave", "tiny_colour"])
def test_a_picture_is_listed_and_there(run, name):
    assert run.records[name].files["picture"] == "samples.png"
    with Image.open(run.attempt(name) / "samples.png") as picture:
        assert min(picture.size) > 100


def test_text_is_there_to_read_and_steers_nothing(run):
    """Kills: a picture of codes, an escape sequence of a model's in a file that people print."""
    assert "picture" not in run.records["tiny_tokens"].files
    assert run.records["tiny_tokens"].files["excerpts"] == "samples.txt"
    text = (run.attempt("tiny_tokens") / "samples.txt").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert len(lines) == 20
    assert all(line.isprintable() for line in lines)
    first = run.samples("tiny_tokens")[0]
    assert lines[0] == "".join((r"\n", r"\x1b", "a", "b", "é")[code] for code in first)


def test_likelihoods_are_of_what_the_model_sees(run):
    """Kills: a table scored in its own units, bytes scored for pixels, bits per window in place of bits per token."""
    stated = {name: {each.identity.metric: each.value for each in run.records[name].measures} for name in SETS}
    assert stated["tiny_tokens"]["bits_per_dim"] == pytest.approx(math.log2(5))
    assert stated["tiny_colour"]["bits_per_dim"] == pytest.approx(8)
    assert stated["tiny_wave"]["log_likelihood"] == pytest.approx(-512 * math.log(2), rel=1e-5)
    nats = stated["tiny_table"]["log_likelihood"]  # of 2 standardised numbers, and of 3 coordinates of which one is 1
    assert nats == pytest.approx(-2.5 * math.log(2 * math.pi) - 1.5, abs=0.4)


@pytest.mark.slow
@pytest.mark.usefixtures("importable")
def test_a_probe_of_tokens_measures(attempt):
    """Kills: a probe that counts operations, or draws, on floats alone."""
    outcome, _ = attempt("anything", "tiny_tokens", purpose="probe", batch_size=8)
    assert outcome.status == "OK", outcome.message
    assert min(outcome.probe.examples_per_second) > 0 and min(outcome.probe.samples_per_second) > 0
