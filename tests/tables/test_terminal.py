from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from genbench import tables
from genbench.tables.words import LONGEST_LABEL

GOLDEN = Path(__file__).with_name("golden.txt")
WIDTH = 100


def _text(built, records, references=None):
    return tables.text(tuple(records), built.references if references is None else references, run="20261122-7f3a")


def test_the_whole_text(built):
    """Every word of it is meant; write the file anew after a change that is meant too."""
    assert _text(built, built.images + built.points) + "\n" == GOLDEN.read_text()


@pytest.mark.parametrize("count", [1, 3, 12])
def test_width(built, count):
    long_names = [f"{'a-very-long-model-name-':a<60}{index:02d}" for index in range(count)]
    model = {name: built.model(name, variants=("raw", "v" * 60), card={"pretrained": "x" * 300}) for name in long_names}
    records = [
        built.record(
            built.trial(name, seed, model=model[name]),
            measures=(
                *built.image_measures(9e5 + seed, variant="raw"),
                *built.curve((9e6, 8e5, 7.0, 6.0), variant="raw"),
            ),
            spend=built.spend(updates={"n" * 90: 4800, "m": "unobserved"}, seconds=1e9),
            is_conditional=True,
            warnings=("w" * 500, "word " * 60),
        )
        for name in long_names
        for seed in range(2)
    ]
    records.append(built.record(built.trial("b" * 64, 0), status="CRASHED(SIGSEGV)", message="m" * 900))
    text = _text(built, records)
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "…" in text


def test_an_optional_column_goes_where_it_does_not_fit(built):
    """Kills: a table in two parts for the sake of the ranks; ranks left out where there is room."""
    assert " rank " not in _text(built, built.images)
    both = [
        built.record(built.trial(name, seed), measures=(built.measure("fd", 9.0),)) for name in "ab" for seed in (0, 1)
    ]
    assert "   rank  ok   FD classifier" in _text(built, both, {})


def test_shortened_names_stay_different(built):
    names = [f"{'x' * 40}{index}{'y' * 20}" for index in range(3)]
    records = [built.record(built.trial(name), measures=built.image_measures(9.0)) for name in names]
    lines = [line for line in _text(built, records).splitlines() if line.startswith("xxx") and "1/1" in line]
    labels = [line[: LONGEST_LABEL + 1].strip() for line in lines]
    assert len(set(labels)) == 3


@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms())
def test_order_of_records_does_not_matter(built, random):
    """Kills: rows, verdicts or footnotes numbered in the order of the records."""
    records = list(built.images + built.points)
    random.shuffle(records)
    assert _text(built, records) + "\n" == GOLDEN.read_text()


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1, max_size=40), st.text(max_size=200))
def test_foreign_strings_cannot_break_a_line(built, name, message):
    model = built.model(name, variants=("raw", f"{name}2"), card={"pretrained": message})
    record = built.record(
        built.trial(model=model),
        measures=built.image_measures(9.0, variant="raw"),
        warnings=(message,),
        spend=built.spend(updates={name: 1}),
    )
    failed = built.record(built.trial(seed=1, model=model), status=message or "X", message=message)
    text = _text(built, (record, failed))
    assert all(line.isprintable() and len(line) <= WIDTH for line in text.split("\n"))
    assert not any(line.lstrip().startswith("::") for line in text.split("\n"))


def test_a_wrapped_line_is_no_command(built):
    record = built.record(status="OOM(host)", message=f"{'word ' * 12}::error::boom ::add-mask::{'x ' * 60}")
    lines = _text(built, [record], {}).splitlines()
    assert any("error" in line for line in lines)
    assert not any(line.lstrip().startswith("::") for line in lines)


def test_footnotes_are_marked_at_the_rows(built):
    records = [built.record(measures=built.image_measures(9.0), is_conditional=True)]
    text = _text(built, records)
    assert "\nvae ⚠1" in text
    assert "\n⚠1 trained with labels (conditional)" in text


def test_all_failed(built):
    text = _text(built, [built.record(status="FAILED(import)", message="no module", spend=None)], {})
    assert "vae: 1 trial FAILED(import) (seed 0): no module" in text
    assert "Sample quality" not in text


def test_a_model_that_was_never_validated_has_no_batch_size(built):
    stub = built.model("foo", hooks=(), batch_size=1, code="")
    failed = built.record(built.trial(model=stub), status="FAILED(import)", spend=None)
    assert " · batch 128 · " in _text(built, [*built.images, failed])
