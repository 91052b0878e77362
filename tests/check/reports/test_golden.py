"""Every report of a check written by hand, byte for byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from genbench.check.findings import Checked
from genbench.check.reports import write_all
from genbench.errors import UsageError

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.name for path in GOLDEN.iterdir()) if GOLDEN.is_dir() else []


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_as_it_was(checked, pairs, tmp_path, name) -> None:
    """Kills: baseline and candidate swapped, a sign turned, an arm left out, a column lost."""
    write_all(checked, pairs, tmp_path)
    assert (tmp_path / name).read_text(encoding="utf-8") == (GOLDEN / name).read_text(encoding="utf-8")


def test_all_are_written_and_the_json_is_the_check(checked, pairs, tmp_path) -> None:
    """Kills: a report that is not named among those that were written."""
    written = write_all(checked, pairs, tmp_path / "new" / "folder")
    assert sorted(path.name for path in written) == NAMES
    assert all(path.is_file() for path in written)
    assert Checked.model_validate_json((tmp_path / "new" / "folder" / "check.json").read_text()) == checked


def test_former_reports_are_replaced(checked, passed, pairs, tmp_path) -> None:
    write_all(checked, pairs, tmp_path)
    write_all(passed, (), tmp_path)
    assert "FAIL:" not in (tmp_path / "check.txt").read_text(encoding="utf-8")
    assert len(list(tmp_path.iterdir())) == len(NAMES)


def test_hostile_texts_leave_every_format_whole(hostile, tmp_path) -> None:
    """Kills: infinity in JSON, control characters, a second line or a tag smuggled into a table."""
    for path in write_all(hostile, (), tmp_path):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".json":
            json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
        if path.name != "check.json":
            assert not set("\x1b\x00‮￾") & set(text), path
            assert not any(line.startswith("::") for line in text.splitlines()), path
    assert "<script>" not in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_the_users_mistake(checked, tmp_path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="--reports"):
        write_all(checked, (), tmp_path / "file")


def test_reports_need_no_torch() -> None:
    """Kills: an import that makes every report wait for torch."""
    code = "import sys, genbench.check.reports, genbench.check.reports.github\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
