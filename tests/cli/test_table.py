"""`genbench table`: what the flags do to the tables."""

from __future__ import annotations

import csv
import io
import json

import pytest
from click.testing import CliRunner

from genbench.cli.table import command
from genbench.errors import ResultsError, UnknownName


def _printed(*arguments):
    done = CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_by_names_currencies(written):
    """Kills: one currency alone, the order of asking, a name that prints nothing."""
    folder = written()
    text = _printed(folder, "--by", "flops, seconds")
    assert text.index("Quality at equal seconds") < text.index("Quality at equal FLOPs")
    assert "Sample quality" not in text
    assert "leads" in text
    everything = _printed(folder, "--by", "all")
    assert all(
        f"Quality at equal {name}" in everything for name in ("seconds", "FLOPs", "examples", "updates", "joules")
    )


def test_a_currency_that_is_none(written):
    with pytest.raises(UnknownName, match="did you mean 'seconds'"):
        _printed(written(), "--by", "second")


def test_a_currency_that_cannot_be_told(written):
    with pytest.raises(ResultsError, match="the device did not count its energy"):
        _printed(written(), "--by", "energy")


def test_by_for_machines(written):
    folder = written()
    sheets = json.loads(_printed(folder, "--by", "flops", "--format", "json"))["blocks"][0]["sheets"]
    assert [each["name"] for each in sheets] == ["equal_flops"]
    assert sheets[0]["leads"][0] == {"at": "85 G", "leader": "vae", "seeds_tell": True}
    lines = list(csv.DictReader(io.StringIO(_printed(folder, "--by", "flops", "--format", "csv"))))
    assert {each["model"] for each in lines if each["measure"].startswith("equal_flops:")} == {"vae", "gan"}


def test_the_plan_s_looks_and_absent_models_come_along(written):
    """Kills: verdicts at 5 % of seeds that were looked at before, a model for other kinds of data left out."""
    folder = written(looks=(5, 10), absent=(("tabular", "ring8"),))
    text = _printed(folder)
    assert "decided at 5 seeds" in text
    assert "tabular" in text
    assert "n/a" in text
    lines = list(csv.DictReader(io.StringIO(_printed(folder, "--format", "csv"))))
    assert [(each["data"], each["status"]) for each in lines if each["model"] == "tabular"] == [("ring8", "n/a")]


def test_a_damaged_record_is_named_and_left_out(written):
    """Kills: tables that pass over damage in silence, or show nothing because of it."""
    folder = written()
    path = sorted(folder.glob("trials/*/attempt-1/record.json"))[0]
    path.write_bytes(path.read_bytes()[:-7])
    done = CliRunner().invoke(command, [str(folder)], catch_exceptions=False)
    assert done.exit_code == 1
    assert "Sample quality" in done.stdout
    assert f"damaged: {path}" in done.stderr
    assert "go on: genbench run --resume" in done.stderr
