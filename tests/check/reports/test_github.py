"""Workflow commands that nothing can break out of, and a summary that GitHub takes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from genbench.check.reports import github, markdown, remarks

COMMAND = re.compile(r"::(error|warning|notice) title=([^,:\r\n]*)::([^\r\n]*)")


def test_each_verdict_has_its_kind(checked, passed) -> None:
    """Kills: a FAIL as a warning, an annotation for what passed or is only reported."""
    kinds = [COMMAND.fullmatch(line)[1] for line in github.commands(checked)]
    assert kinds == ["error"] * 2 + ["warning"] * 3 + ["notice"] * 2
    assert [COMMAND.fullmatch(line)[1] for line in github.commands(passed)] == ["notice"]


@given(text=st.text())
def test_escaped_text_comes_back_and_ends_nowhere(text) -> None:
    """Kills: `%` escaped last, a title that its own colon or comma ends."""
    found = github.escaped(text, github.PROPERTY)
    assert not set(",:\r\n") & set(found)
    for character, code in reversed(github.PROPERTY.items()):
        found = found.replace(code, character)
    assert found == text


def test_hostile_texts_stay_in_their_command(hostile) -> None:
    assert all(COMMAND.fullmatch(line) for line in github.commands(hostile))


def test_ten_of_a_kind_are_shown_and_the_rest_counted(checked) -> None:
    """Kills: annotations that GitHub drops in silence."""
    many = checked.model_copy(update={"findings": checked.findings[2:3] * 14})
    errors = [line for line in github.commands(many) if line.startswith("::error")]
    assert len(errors) == github.SHOWN
    assert "5 more" in errors[-1]
    exact = checked.model_copy(update={"findings": checked.findings[2:3] * 10})
    assert "more" not in [line for line in github.commands(exact) if line.startswith("::error")][-1]


def test_it_tells_only_where_github_listens(checked, tmp_path) -> None:
    said: list[str] = []
    github.tell(checked, {}, said.append)
    assert said == []
    summary = tmp_path / "summary"
    github.tell(checked, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}, said.append)
    assert said == github.commands(checked)
    assert summary.read_text(encoding="utf-8") == markdown.text(checked) + "\n"


def test_a_summary_is_appended_and_never_too_large(checked, tmp_path) -> None:
    """Kills: another step's summary overwritten; 1 MiB and a byte, which GitHub refuses; a character cut in two."""
    summary = tmp_path / "summary"
    summary.write_text("before\n")
    github.summarize("é" * 79 + "\n" + ("ü" * 79 + "\n") * 10_000, summary)
    content = summary.read_bytes()
    assert content.startswith(b"before\n")
    assert github.LIMIT - 300 < len(content) <= github.LIMIT
    assert content.decode().endswith(github.CUT)
    github.summarize("more\n" * 1000, summary)
    assert summary.stat().st_size <= github.LIMIT


def test_markdown_is_a_table_of_equal_rows(hostile) -> None:
    """Kills: a `|` in a name that makes a column of its own."""
    rows = [line for line in markdown.text(hostile).splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", row)) for row in rows}) == 1
    assert not re.search(r"(?<!\\)\*(?!\*)(?<!\*\*)", "".join(rows))


def test_the_verdict_is_shown_whatever_else_is_noted(checked) -> None:
    """Kills: the verdict last among notices, of which GitHub shows ten."""
    gates = [checked.findings[0].gate.model_copy(update={"data": f"data{number}"}) for number in range(20)]
    noted = tuple(checked.findings[0].model_copy(update={"gate": gate, "notes": ("so",)}) for gate in gates)
    lines = github.commands(checked.model_copy(update={"findings": noted}))
    assert any("title=genbench check::PASS" in line for line in lines)


def test_one_note_on_several_measures_is_told_once(checked) -> None:
    """Kills: three times the same reason for one model that does not run."""
    gate = checked.findings[0].gate
    gates = [gate.model_copy(update={"measure": measure}) for measure in ("fd:classifier", "recall:classifier")]
    noted = tuple(checked.findings[0].model_copy(update={"gate": each, "notes": ("gone",)}) for each in gates)
    found = list(remarks.notes(checked.model_copy(update={"findings": noted})))
    assert found == [("alpha on digits: fd:classifier and recall:classifier", "gone")]


def test_a_summary_that_cannot_be_written_changes_no_verdict(checked, tmp_path) -> None:
    """Kills: a traceback, and its exit of 1, after a check that passed."""
    told = []
    github.tell(checked, {"GITHUB_STEP_SUMMARY": str(tmp_path / "none" / "summary")}, told.append)
    assert "cannot be written: No such file or directory" in told[0]
