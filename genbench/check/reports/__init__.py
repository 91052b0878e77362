"""What people and CI read of a check: a format a room; `write_all` writes them side by side.

check.json                   everything, as `Checked`
check.txt                    the terminal's table, all measures
summary.md                   GitHub's Markdown
junit.xml                    JUnit, for any CI
benchmark-smaller.json       github-action-benchmark, customSmallerIsBetter
benchmark-bigger.json        github-action-benchmark, customBiggerIsBetter
bencher.json                 Bencher's Metric Format
pytest-benchmark.json        raw timings, for `pytest-benchmark compare`
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.check.reports import action_benchmark, bencher, junit, markdown, pytest_benchmark, terminal
from genbench.errors import UsageError
from genbench.store import durable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from genbench.check.findings import Checked
    from genbench.check.timings import Pair


def write_all(checked: Checked, pairs: Sequence[Pair], folder: Path) -> list[Path]:
    """Write every report, each whole or not at all, in the place of former ones; return where they lie.

    Raises:
        UsageError: the folder cannot be written.
    """
    contents = {
        "check.json": checked.model_dump_json(indent=1) + "\n",
        "check.txt": terminal.text(checked, is_full=True) + "\n",
        "summary.md": markdown.text(checked),
        "junit.xml": junit.text(checked),
        "benchmark-smaller.json": action_benchmark.text(checked, "lower"),
        "benchmark-bigger.json": action_benchmark.text(checked, "higher"),
        "bencher.json": bencher.text(checked),
        "pytest-benchmark.json": pytest_benchmark.text(checked, pairs),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            durable.replace(folder / name, content.encode())
    except OSError as error:
        raise UsageError(f"--reports {folder}: cannot be written ({error}); name another folder") from error
    return [folder / name for name in contents]
