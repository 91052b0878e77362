"""What docs/ci.md says is so."""

from __future__ import annotations

import re
from pathlib import Path

from genbench.check.findings import ALL_PASSED, REGRESSED, UNDECIDED
from genbench.check.reports import write_all
from genbench.check.rules import Rules
from genbench.cli.init_ci import workflow

PAGE = (Path(__file__).parents[2] / "docs" / "ci.md").read_text(encoding="utf-8")


def test_every_report_is_named() -> None:
    """Kills: a report that is renamed, or added, where only the code says so."""
    names = re.findall(r"^(\S+\.\w+)  ", write_all.__globals__["__doc__"], re.M)
    assert len(names) == 8
    assert [name for name in names if f"`{name}`" not in PAGE] == []


def test_every_exit_code_is_named() -> None:
    assert re.findall(r"^\| (\d) \|", PAGE, re.M) == ["0", "1", "2", "3", "4"]
    assert (ALL_PASSED, REGRESSED, UNDECIDED) == (0, 1, 3)


def test_thresholds_are_those_of_the_rules() -> None:
    """Kills: a margin or an error rate that was changed where only the code says so."""
    rules, said = Rules(), " ".join(PAGE.split())
    assert (rules.slower, rules.much_slower, rules.worse, rules.much_worse) == (0.05, 0.1, 0.1, 0.25)
    assert "what was lost is at least 5 % of speed (10 % of FD or recall)" in said
    assert "a loss of 10 % of speed (25 % of FD or recall) is ruled out" in said
    assert (2 * rules.alpha, rules.beta) == (0.01, 0.05)
    assert (rules.more_collapsed, "of collapse a rise by 60 points" in said) == (0.6, True)
    assert (rules.pairs, rules.seeds, rules.least_seeds) == ((12, 24, 48), (5, 10, 20), 20)
    assert "after 12, 24 and 48 pairs, and after 5, 10 and 20 seeds" in said


def test_the_workflow_is_the_one_explained() -> None:
    for each in ("fetch-depth: 0", "TORCH_INDEX", "genbench cache key", "timeout-minutes: 60", "--max-minutes 45"):
        assert each in PAGE
        assert each in workflow()


def test_the_page_is_short() -> None:
    assert len(PAGE.splitlines()) <= 160
    assert max(len(line) for line in PAGE.splitlines() if not line.startswith("|")) <= 160
    assert not re.search(r"https?://", PAGE)
