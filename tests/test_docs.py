"""What the pages show runs as it stands, prints what they say, and leaves no measure out."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genbench import status
from genbench.cli.score import command as score
from genbench.looks import PLANNED
from genbench.metrics import memorisation, modes
from genbench.metrics.catalogue import CATALOGUE
from genbench.stats import looks, stability

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[1] / "docs" / "measures.md"
TEXT = PAGE.read_text(encoding="utf-8")
OF_KINDS = (PAGE.parent / "kinds.md").read_text(encoding="utf-8")
BLOCK = re.compile(
    r"<!-- run(?P<slow>: slow)? -->\n```(?P<kind>\w+)\n(?P<code>.*?)```\n(?:<!-- prints -->\n```\n(?P<said>.*?)```)?",
    re.S,
)
BLOCKS = list(BLOCK.finditer(TEXT))
NUMBER = re.compile(r"-?\d+(\.\d+)?")
EXACT = 0.02  # relative, of printed numbers: other machines round otherwise


def _is_alike(shown: str, printed: str) -> bool:
    """Whether two lines have the same words, and nearly the same numbers."""
    ours, theirs = ([word.strip("[],±") for word in line.split()] for line in (shown, printed))
    return len(ours) == len(theirs) and all(map(_is_same, ours, theirs))


def _is_same(ours: str, theirs: str) -> bool:
    if NUMBER.fullmatch(ours) and NUMBER.fullmatch(theirs):
        return abs(float(ours) - float(theirs)) <= EXACT * abs(float(ours)) + 1e-9
    return ours == theirs


def _missing(said: str, printed: str) -> str | None:
    """Return the first line shown that does not follow in what was printed; lines may be left out between."""
    lines = iter(printed.splitlines())
    return next((shown for shown in said.splitlines() if not any(_is_alike(shown, line) for line in lines)), None)


def _run(block: re.Match[str], folder: Path, run_genbench: Callable[..., subprocess.CompletedProcess[str]]) -> str:
    if block["kind"] == "python":
        subprocess.run([sys.executable, "-c", block["code"]], cwd=folder, check=True, timeout=60)
        return ""
    printed = ""
    for line in block["code"].splitlines():
        program, *arguments = shlex.split(line)
        assert program == "genbench"
        done = run_genbench(*(path for each in arguments for path in _paths(each, folder)))
        assert done.returncode == 0, done.stdout + done.stderr
        printed += done.stdout
    return printed


def _paths(argument: str, folder: Path) -> list[str]:
    return sorted(map(str, folder.glob(argument))) if "*" in argument else [argument]


def _check(slow: bool, folder: Path, run_genbench: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    for block in BLOCKS:
        if bool(block["slow"]) == slow:
            printed = _run(block, folder, run_genbench)
            assert _missing(block["said"] or "", printed) is None, printed


def test_the_examples_run_and_print_what_is_shown(run_genbench, tmp_path) -> None:
    """Kills: an option renamed, a number that has moved, a measure that sees what the page says it misses."""
    assert [block["kind"] for block in BLOCKS] == ["python", "sh", "sh", "sh", "sh"]
    _check(False, tmp_path, run_genbench)


@pytest.mark.slow
def test_the_training_examples_run(run_genbench, tmp_path) -> None:
    _check(True, tmp_path, run_genbench)


def test_what_is_shown_must_follow_in_order() -> None:
    """Kills: a comparison that finds everything in everything."""
    assert _missing("a ± .5\nb [1.001, 2]", "a ± .5\nx\nb [1, 2]") is None
    assert _missing("b 1\na 2", "a 2\nb 1") == "a 2"
    assert _missing("fd 1.5", "fd 1.6") == "fd 1.5"
    assert _missing("copies YES", "copies no") == "copies YES"


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
