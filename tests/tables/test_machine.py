from __future__ import annotations

import csv
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench import tables
from genbench.tables.machine import _field, is_number

FACTORS = {"k": 1e3, "M": 1e6, "G": 1e9, "%": 0.01, "kB": 1e3, "MB": 1e6, "GB": 1e9}
NUMBER = re.compile(r"(?<![\w.@:-])(-?(?:\d[\d,]*)?\.?\d+(?:e-?\d+)?)(?: (k|M|G|kB|MB|GB|%)(?![\w]))?(?![\w])")


def _read(text):
    return list(csv.DictReader(io.StringIO(text), quoting=csv.QUOTE_NONNUMERIC))


@pytest.fixture
def records(built):
    return built.images + built.points


def test_json_has_no_nan(built, records):
    """Kills: NaN or Infinity tokens, which no other reader of JSON accepts."""
    hurt = built.record(
        built.trial(seed=7), measures=(built.measure("fd", float("nan")),), clamped={"default": float("nan")}
    )
    text = tables.json((*records, hurt), built.references, run="r")

    def refuse(token):
        raise AssertionError(token)

    json.loads(text, parse_constant=refuse)


def test_every_null_has_a_status(built, records):
    for block in json.loads(tables.json(records, built.references, run="r"))["blocks"]:
        for sheet in block["sheets"]:
            for row in sheet["rows"]:
                for cell in row["cells"].values():
                    assert None not in (cell.get("value", 0),) or cell["status"] != "ok"
                    assert None not in (cell.get("low", 0), cell.get("high", 0)) or cell["status"] == "bound failed"


def _numbers(value):
    if isinstance(value, dict):
        return [each for own in value.values() for each in _numbers(own)]
    if isinstance(value, list):
        return [each for own in value for each in _numbers(own)]
    return [float(value)] if isinstance(value, int | float) else []


def _strings(value):
    if isinstance(value, dict):
        return [each for own in value.values() for each in _strings(own)]
    if isinstance(value, list):
        return [each for own in value for each in _strings(own)]
    return [value] if isinstance(value, str) else []


def test_every_number_of_the_text_is_in_the_json(built, records):
    """Kills: numbers that the text computes for itself, a unit printed wrongly."""
    content = json.loads(tables.json(records, built.references, run="r"))
    known = _numbers(content)
    sentences = " ".join(_strings(content))
    for line in tables.text(records, built.references, run="r").splitlines():
        for digits, unit in NUMBER.findall(line):
            value = float(digits.replace(",", "")) * FACTORS.get(unit, 1)
            is_known = any(abs(each - value) <= 0.006 * abs(each) + 5e-5 or round(each, 2) == value for each in known)
            assert is_known or digits in sentences, (digits, unit, line)


def test_json_numbers_are_unrounded(built):
    content = json.loads(tables.json(built.images, built.references, run="r"))
    quality = content["blocks"][0]["sheets"][0]
    (cell,) = [row["cells"]["fd:classifier"] for row in quality["rows"] if row["label"] == "vae"]
    values = sorted(
        each.measure("fd:classifier") for each in built.images if each.trial.model.name == "vae" and each.measures
    )
    assert (cell["value"], cell["low"], cell["high"]) == (values[2], values[0], values[4])


def test_json_is_safe_in_a_page(built):
    record = built.record(status="OOM(host)", message="</script><!--&\u2028")
    text = tables.json((record,), {}, run="<r>")
    assert not set(text) & set("<>&\u2028")
    assert "</script><!--&" in json.loads(text)["blocks"][0]["failures"][0]


def test_json_has_the_share_of_seeds_that_reach_every_value(built, records):
    """Kills: thresholds from the worst on, a failed seed that reaches something."""
    digits, ring = json.loads(tables.json(records, built.references, run="r"))["blocks"]
    profile = digits["profile"]
    assert profile["measure"] == "fd:classifier"
    assert profile["thresholds"] == sorted(profile["thresholds"])
    assert (profile["shares"]["gan"][-1], profile["shares"]["vae"][-1]) == (0.8, 1.0)
    assert ring["profile"]["thresholds"] == sorted(ring["profile"]["thresholds"], reverse=True)
    assert ring["profile"]["shares"]["gan"][5] == 1.0
    assert ring["profile"]["shares"]["vae"][5] == 0.0


def test_json_says_how_models_were_compared(built, records):
    _, ring = json.loads(tables.json(records, built.references, run="r", looks=(5, 6)))["blocks"]
    found = next(each for each in ring["comparisons"] if each["measure"] == "hq_share:coordinates")
    assert (found["probability"], found["seeds"], found["p_holm"]) == (1.0, [5, 5], None)
    assert found["level"] == pytest.approx(0.02)
    _, ring = json.loads(tables.json(records, built.references, run="r"))["blocks"]
    found = next(each for each in ring["comparisons"] if each["measure"] == "hq_share:coordinates")
    assert (found["p_holm"], found["level"]) == (2 * found["p"], 0.05)


def test_csv_round_trip(built, records):
    """Kills: rounded numbers, numbers as strings, an empty cell as 0."""
    lines = _read(tables.csv(records, built.references, run="r"))
    frames = [page.measures for page in tables.pages(records, built.references, run="r")]
    expected = [line for frame in frames for line in frame.to_dict("records")]
    found = [line for line in lines if line["split"]]
    assert len(found) == len(expected)
    for line, original in zip(found, expected, strict=True):
        for name in ("median", "low", "high", "mean_of_measured", "floor"):
            assert line[name] == ("" if original[name] is None else original[name])
        assert json.loads(line["values"]) == original["values"]


def test_csv_holds_speed_stability_and_spending(built, records):
    lines = {(line["model"], line["measure"]): line for line in _read(tables.csv(records, built.references, run="r"))}
    assert lines["vae", "throughput:examples_per_second"]["median"] == 51_000
    assert lines["gan", "spend:updates:generator"]["median"] == 2400
    assert lines["gan", "stability:diverged"]["median"] == 0 or lines["gan", "stability:diverged"]["median"] == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd", "-2+3+cmd|' /C calc'!A0", "@SUM(A1)", " =1", "＝1", "-", "--1", "+1-1"]
)
def test_formulas_are_quoted(text):
    assert _field(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-0.5", "+3", "-1e-5", ".5", -0.5, 3, True, "plain", "a=b", "[-1, null]"])
def test_real_numbers_and_words_are_untouched(value):
    """Kills: a minus sign taken for a formula."""
    assert _field(value) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_is_a_number(value):
    assert is_number(repr(value))


@given(st.text(max_size=30))
def test_no_field_begins_a_formula(text):
    field = _field(text)
    assert is_number(field) or not re.match(r"\s*[=+\-@]", field)


def test_a_hostile_name_in_csv(built):
    model = built.model("=cmd|'/C calc'!A0", distribution="@evil 1", options={"=x": "=y"})
    record = built.record(built.trial(model=model), measures=built.image_measures(9.0))
    for line in _read(tables.csv((record,), {}, run="-1+1")):
        assert line["model"].startswith("'=")
        assert line["run"] == "'-1+1"
