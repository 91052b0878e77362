"""What a package consists of: equal content is equal wherever it lies, and quality is judged of the right one."""

from __future__ import annotations

from pathlib import Path

import pytest

from genbench.check.content import check_installed, digest_of
from genbench.errors import UsageError

FILES = {
    "pace/__init__.py": "SPEED = 1\n", "pace/deep/model.py": "x = 1\n", "pace/table.csv": "1,2\n", "one.py": "y = 1\n",
    "pace-0.1.dist-info/entry_points.txt": "[genbench]\npace = pace\n", "pace-0.1.dist-info/RECORD": "a",
    "pace/__pycache__/__init__.cpython-311.pyc": "compiled",
}  # fmt: skip
MADE_BY_TOOLS = ("pace-0.1.dist-info/RECORD", "pace/__pycache__/__init__.cpython-311.pyc")


def _laid_out(folder: Path, **changes: str | None) -> Path:
    for name, text in (FILES | changes).items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    return folder


def test_the_same_package_is_the_same_wherever_it_lies(tmp_path, monkeypatch) -> None:
    """Kills: absolute names, or an order that the file system chooses, in the digest."""
    first = digest_of(_laid_out(tmp_path / "a"))
    assert len(first) == 16
    listed = Path.rglob
    monkeypatch.setattr(Path, "rglob", lambda *arguments: sorted(listed(*arguments), reverse=True))
    assert digest_of(_laid_out(tmp_path / "else" / "where")) == first


@pytest.mark.parametrize("name", FILES)
def test_a_file_counts_unless_tools_made_it(name, tmp_path) -> None:
    """Kills: data files, or the entry points that choose the model, left out; records of pip, with times, counted."""
    plain = digest_of(_laid_out(tmp_path / "plain"))
    edited = digest_of(_laid_out(tmp_path / "edited", **{name: "other"}))
    removed = digest_of(_laid_out(tmp_path / "removed", **{name: None}))
    assert (edited == plain) is (removed == plain) is (name in MADE_BY_TOOLS)
    assert edited == plain or edited != removed


def test_a_version_that_counts_commits_is_no_other_package(tmp_path) -> None:
    """Kills: pairs thrown away since a version has the date in it."""
    dated = {name.replace("0.1", "0.1.dev3+d20261123"): text for name, text in FILES.items()}
    gone = {name: None for name in FILES if "0.1" in name}
    assert digest_of(_laid_out(tmp_path / "a")) == digest_of(_laid_out(tmp_path / "b", **dated, **gone))


def test_a_name_moved_is_another_package(tmp_path) -> None:
    """Kills: contents without names, or names run into the contents before them."""
    moved = {"pace/deep/model.py": None, "pace/deep/models.py": "x = 1\n"}
    assert digest_of(_laid_out(tmp_path / "a")) != digest_of(_laid_out(tmp_path / "b", **moved))


NAMES = ("tidypace", "tidysingle", "tidyspace")
INSTALLED = {
    "tidypace/__init__.py": "", "tidypace/model.py": "x = 1\n", "tidypace/data.csv": "1", "tidysingle.py": "y = 1\n",
    "tidyspace/own/__init__.py": "", "tidyspace/others/__init__.py": "z = 1\n",
}  # fmt: skip


@pytest.fixture
def judged(tmp_path, monkeypatch) -> Path:
    """Install a package, a module and a share of a namespace; lay out the same as the candidate."""
    here, there = tmp_path / "here", tmp_path / "there"
    for name, text in INSTALLED.items():
        for folder in (here, there):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
    (there / "tidyspace/others/__init__.py").unlink()
    (there / "tidyspace/others").rmdir()
    monkeypatch.syspath_prepend(str(here))
    return there


def test_what_is_installed_may_be_judged(judged) -> None:
    """Kills: other shares of a namespace, or data, taken for other code."""
    (judged / "tidypace/data.csv").write_text("2")
    check_installed(judged, NAMES)


@pytest.mark.parametrize(
    ("name", "path"),
    [("tidypace", "tidypace/model.py"), ("tidysingle", "tidysingle.py"), ("tidyspace", "tidyspace/own/__init__.py")],
)
def test_other_code_is_not_judged(judged, name, path) -> None:
    """Kills: packages of one file, or without an `__init__.py`, not looked at; PASS of code that was never run."""
    (judged / path).write_text("other\n")
    with pytest.raises(UsageError, match=rf"package {name}: the one that is installed \(.*here"):
        check_installed(judged, NAMES)


def test_a_module_that_is_left_over_is_other_code(judged) -> None:
    """Kills: a file that the change removed, still there for the run."""
    (judged / "tidypace/model.py").unlink()
    with pytest.raises(UsageError, match="package tidypace"):
        check_installed(judged, NAMES)


def test_a_package_that_is_not_installed_is_not_judged(judged) -> None:
    (judged / "tidynew.py").write_text("")
    with pytest.raises(UsageError, match=r"\(none\) is not the one that is judged"):
        check_installed(judged, ("tidynew",))


def test_what_else_lies_there_is_nobodys_business(judged) -> None:
    """Kills: dependencies of an environment of its own, which may differ, compared with those here."""
    (judged / "pytest").mkdir()
    (judged / "pytest/__init__.py").write_text("other\n")
    check_installed(judged, NAMES)
