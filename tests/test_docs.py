"""The pages of measures and faults leave nothing out, and state the thresholds of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from genbench import status
from genbench.cli.score import command as score
from genbench.looks import PLANNED
from genbench.metrics import memorisation, modes
from genbench.metrics.catalogue import CATALOGUE
from genbench.stats import looks, stability

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
TEXT = PAGE.read_text(encoding="utf-8")
OF_KINDS = (PAGE.parent / "kinds.md").read_text(encoding="utf-8")


def test_every_measure_is_explained() -> None:
    """Kills: a measure in the catalogue that no reader can look up, or whose arrow points the other way."""
    arrows = {"lower": " ↓", "higher": " ↑", "no": ""}
    said = TEXT + OF_KINDS
    bold = " ".join(re.findall(r"\*\*(`[^*]+)\*\*", said))
    told = dict(re.findall(r"`(\w+)`( [↓↑])?", bold))
    for entry in CATALOGUE:
        assert f"`{entry.metric}`" in said
        assert told.get(entry.metric, arrows[entry.better]) == arrows[entry.better], entry.metric
    assert len(told) > 20


def test_every_option_of_score_is_explained() -> None:
    flags = [flag for parameter in score.params for flag in parameter.opts if flag.startswith("-")]
    assert [flag for flag in flags if f"`{flag}`" not in TEXT and f" {flag} " not in TEXT] == []


def test_every_trap_is_answered_once() -> None:
    assert re.findall(r"^\| (B\d+) \|", TEXT, re.M) == [f"B{number}" for number in range(1, 26)]


@pytest.mark.parametrize(
    ("value", "expected", "sentence"),
    [
        (round(modes.HQ_CEILING, 5), 0.98889, "= .98889, not 1"),
        (stability.COLLAPSED_RECALL, 0.1, "recall under a tenth"),
        (stability.COLLAPSED_DIVERSITY, 0.25, "under a quarter"),
        (stability.COLLAPSED_DUPLICATES, 0.05, "over 5 % duplicates"),
        (stability.DETERIORATED, 1.5, "above 1.5"),
        (memorisation.COPYING_Z, -3, "z ≤ -3 or"),
        (memorisation.COPYING_SHARE, 0.05, "more than 5 % is copying"),
        (PLANNED, (5, 10, 20), "looks at 5, 10 and 20 seeds"),
        (looks.spend(PLANNED), pytest.approx((0.02, 0.015, 0.015)), "(p ≤ .02, .015, .015)"),
    ],
)
def test_thresholds_are_those_of_the_code(value: object, expected: object, sentence: str) -> None:
    """Kills: a rule that was changed where only the code says so."""
    assert value == expected
    assert sentence in " ".join(TEXT.split())


def test_the_page_is_short() -> None:
    assert len(TEXT.splitlines()) <= 250
    assert max(map(len, TEXT.splitlines())) <= 160


def test_every_row_of_faults_has_a_test() -> None:
    """Kills: a promise in the documentation that nothing holds, a test of faults that the page does not tell of."""
    page = (PAGE.parent / "reliability.md").read_text(encoding="utf-8")
    told = {int(row) for row in re.findall(r"^\| F(\d+) \|", page, re.M)}
    sources = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("faults/test_*.py")]
    names = [name for text in sources for name in re.findall(r"def (test_f\d\w+)", text)]
    assert told == {int(row) for name in names for row in re.findall(r"f(\d\d)", name)}


def test_every_status_is_explained() -> None:
    """Kills: a status that appears in tables and in no documentation."""
    page = (PAGE.parent / "reliability.md").read_text(encoding="utf-8")
    known = {status.OK, status.INTERRUPTED, status.LOST, status.SKIPPED, status.OOM_HOST, status.OOM_DEVICE}
    told = set(re.findall(r"`([A-Z_]+(?:\([a-z]+\))?)`", page))
    assert known <= told
