"""The pages on extending: their examples pass the checks, and bad plugins are told what the pages show."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from genbench.testing.datasets import check_dataset
from genbench.testing.features import check_features
from genbench.testing.metrics import check_metric
from genbench.testing.observers import check_observer

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
EXTRAS = ROOT / "examples" / "extending"
PROJECT = tomllib.loads((EXTRAS / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = {
    "datasets": (check_dataset, "moons", "restless"),
    "metrics": (check_metric, "quantiles", "careless"),
    "features": (check_features, "histogram", "sociable"),
    "observers": (check_observer, "journal", "meddler"),
}
FENCE = re.compile(r"^<!-- (?P<marker>[^\n]*?) -->\n```(?P<kind>\w*)\n(?P<code>.*?)^```$", re.S | re.M)


def _blocks(page: str) -> list[re.Match[str]]:
    text = (ROOT / "docs" / "extending" / f"{page}.md").read_text(encoding="utf-8")
    found = list(FENCE.finditer(text))
    assert len(found) == text.count("\n```") // 2, f"{page}: a block without a marker"
    return found


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the examples and the bad plugins are installed, on the path of this process."""
    shutil.copytree(EXTRAS / "genbench_extras", tmp_path / "genbench_extras")
    shutil.copytree(Path(__file__).parent / "bad", tmp_path / "genbench_bad")
    groups = {group: dict(names) for group, names in PROJECT["entry-points"].items()}
    _distribution(tmp_path, "genbench-extras", groups)
    bad = {f"genbench.{page}": {name: f"genbench_bad.{name}"} for page, (_, _, name) in PAGES.items()}
    _distribution(tmp_path, "genbench-bad", bad)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("GENBENCH_JOURNAL", str(tmp_path / "journal.jsonl"))
    return tmp_path


def _distribution(folder: Path, name: str, groups: dict[str, dict[str, str]]) -> None:
    info = folder / f"{name.replace('-', '_')}-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    lines = [
        f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in names.items())
        for group, names in groups.items()
    ]
    (info / "entry_points.txt").write_text("\n".join(lines))


@pytest.mark.parametrize("page", PAGES)
def test_the_example_of_each_page_passes(page: str, site: Path) -> None:
    """Kills: an example that does not keep the contract, a check that nothing passes."""
    check, good, _ = PAGES[page]
    check(good)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_wrong_is_told_as_each_page_shows(page: str, site: Path) -> None:
    """Kills: a check that lets a fault pass, a page that shows what nobody sees."""
    check, _, bad = PAGES[page]
    with pytest.raises(AssertionError) as error:
        check(bad)
    (shown,) = (block["code"] for block in _blocks(page) if block["kind"] == "text")
    assert _without_numbers(shown) == _without_numbers(str(error.value)), (
        f"the page shows other text than:\n{error.value}"
    )


def _without_numbers(text: str) -> list[str]:
    return re.sub(r"\d+(\.\d+)?(e-?\d+)?", "N", text).split()


@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_the_files_as_they_are(page: str) -> None:
    """Kills: a page whose code is not what the tests run, an entry point that is not the package's."""
    blocks = _blocks(page)
    for block in blocks:
        word, _, path = block["marker"].partition(": ")
        if word == "file":
            assert (ROOT / path).read_text(encoding="utf-8") == block["code"]
    assert sum(block["marker"].startswith("file: examples/extending/") for block in blocks) == 1
    (entry,) = (tomllib.loads(block["code"]) for block in blocks if block["kind"] == "toml")
    group = f"genbench.{page}"
    assert entry["project"]["entry-points"] == {group: PROJECT["entry-points"][group]}
    (checked,) = (
        block["code"] for block in blocks if block["kind"] == "python" and "genbench.testing" in block["code"]
    )
    compile(checked, page, "exec")
    assert PAGES[page][0].__name__ in checked


@pytest.mark.parametrize(
    ("check", "name"), [(check, "nobody_s") for check, _, _ in PAGES.values()], ids=list(PAGES)
)  # fmt: skip
def test_a_name_that_is_not_installed_is_told(check: Callable[[str], None], name: str) -> None:
    with pytest.raises(AssertionError, match=r"(?s)1 finding.*no .* 'nobody_s'"):
        check(name)


def test_the_journal_holds_each_training(site: Path) -> None:
    """Kills: `begin` that is not called, curves that an observer cannot read."""
    check_observer("journal")
    lines = [json.loads(line) for line in (site / "journal.jsonl").read_text().splitlines()]
    assert [(line["data"], line["seed"], "loss" in line) for line in lines] == [
        ("digits", 0, True),
        ("digits", 0, False),
    ]


def test_the_checks_leave_no_trace(site: Path) -> None:
    """Kills: a check that leaves its model installed, or the path longer, in an author's test session."""
    before = dict(os.environ), list(sys.path)
    check_observer("journal")
    assert (dict(os.environ), list(sys.path)) == before


def test_an_observer_is_looked_up_before_anything_runs(run_genbench) -> None:
    """Kills: trials that all fail of a name that is spelt wrong."""
    done = run_genbench("run", "--models", "gmm", "--observers", "nobody_s", "--budget", "5steps")
    assert done.returncode == 2
    assert "no observer 'nobody_s'" in done.stderr


def test_observers_that_cannot_look_on_are_refused_before_anything_runs(run_genbench, tmp_path) -> None:
    """Kills: minutes of floors and controls, after which every trial fails of the same missing library."""
    info = tmp_path / "packages" / "watchers-0.1.dist-info"
    info.mkdir(parents=True)
    (info.parent / "lost.py").write_text("import a_library_that_is_missing")
    (info.parent / "bare.py").write_text("from genbench import hookimpl\n\n@hookimpl\ndef sample(model): pass\n")
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: watchers\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[genbench.observers]\nlost = lost\nbare = bare\n")
    asked = ("run", "--models", "gmm", "--datasets", "ring8", "--observers", "lost,bare", "--budget", "5steps")
    done = run_genbench(*asked, PYTHONPATH=str(info.parent))
    assert done.returncode == 2, done.stdout + done.stderr
    assert "watchers 0.1 [lost]: cannot import lost: ModuleNotFoundError" in " ".join(done.stderr.split())
    assert "watchers 0.1 [bare]: sample is no wrapper of a model's hook" in " ".join(done.stderr.split())
    assert not list((tmp_path / "results").glob("*"))


def test_every_example_is_described() -> None:
    for values in PROJECT["entry-points"].values():
        for value in values.values():
            assert (EXTRAS / Path(*value.split("."))).with_suffix(".py").read_text().startswith('"""')
