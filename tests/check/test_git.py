"""Where a change began: refs, shallow clones, and files as they were."""

from __future__ import annotations

import os
import runpy
from pathlib import Path

import pytest

from genbench.check.git import (
    commit_of,
    export,
    export_folder,
    export_working_tree,
    merge_base,
    read_file,
    toplevel,
)
from genbench.errors import UsageError

git = runpy.run_path(str(Path(__file__).parent / "packages" / "repository.py"))["git"]


def _commit(folder: Path, name: str, text: str = "") -> str:
    """Commit a file; return the commit."""
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text or name)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bare repository: `feature` left `main` at `fork`, and both went on for two commits."""
    folder = tmp_path_factory.mktemp("origin")
    work, bare = folder / "work", folder / "bare.git"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch", "main")
    _commit(work, "early")
    git(work, "tag", "fork", _commit(work, "baselines/a/base.json", "old"))
    git(work, "checkout", "--quiet", "-b", "feature")
    _commit(work, "one")
    _commit(work, "two")
    git(work, "checkout", "--quiet", "main")
    _commit(work, "baselines/a/base.json", "new")
    _commit(work, "later")
    git(folder, "clone", "--quiet", "--bare", str(work), str(bare))
    return bare


def _clone(origin: Path, folder: Path, *options: str) -> Path:
    git(folder, "clone", "--quiet", *options, origin.as_uri(), str(folder / "clone"))
    return folder / "clone"


def test_a_change_is_compared_with_where_it_began(origin: Path, tmp_path: Path) -> None:
    """Kills: the tip of the base, which others have changed since."""
    clone = _clone(origin, tmp_path, "--branch", "feature")
    assert merge_base("origin/main", clone) == git(origin, "rev-parse", "fork")
    assert merge_base("HEAD", clone) == git(clone, "rev-parse", "HEAD")
    (clone / "deep").mkdir()
    assert toplevel(clone / "deep").samefile(clone)


@pytest.mark.parametrize("branches", ["--single-branch", "--no-single-branch"])
def test_a_shallow_clone_is_deepened(branches: str, origin: Path, tmp_path: Path) -> None:
    """Kills: giving up where CI fetched one commit, of one branch or of each."""
    clone = _clone(origin, tmp_path, "--branch", "feature", "--depth", "1", branches)
    assert merge_base("origin/main", clone) == git(origin, "rev-parse", "fork")


def test_a_branch_that_was_not_fetched_is_fetched(origin: Path, tmp_path: Path) -> None:
    clone = _clone(origin, tmp_path, "--branch", "feature", "--single-branch")
    assert merge_base("origin/main", clone) == git(origin, "rev-parse", "fork")


@pytest.mark.parametrize("ref", ["origin/main", "main", "fork"])
def test_a_shallow_clone_that_cannot_be_deepened_says_what_to_do(ref: str, origin: Path, tmp_path: Path) -> None:
    """Kills: "unknown ref" for one that is there but was not fetched."""
    clone = _clone(origin, tmp_path, "--branch", "feature", "--depth", "1")
    git(clone, "remote", "set-url", "origin", (tmp_path / "gone").as_uri())
    with pytest.raises(UsageError, match="fetch-depth: 0"):
        merge_base(ref, clone)


def test_no_common_history_is_no_ref_that_is_unknown(origin: Path, tmp_path: Path) -> None:
    clone = _clone(origin, tmp_path)
    git(clone, "checkout", "--quiet", "--orphan", "other")
    git(clone, "commit", "--quiet", "--message", "alone")
    with pytest.raises(UsageError, match="no commit in common"):
        merge_base("origin/main", clone)


@pytest.mark.parametrize(
    "ref", ["nobody", "", "-h", "--upload-pack=touch x;", "--output=x", "a..b", "origin/\n", "\x00"]
)
def test_what_is_no_ref_is_refused(ref: str, origin: Path, tmp_path: Path) -> None:
    """Kills: a ref that git takes for an option."""
    clone = _clone(origin, tmp_path)
    before = sorted(clone.rglob("*"))
    with pytest.raises(UsageError, match="no ref"):
        merge_base(ref, clone)
    assert sorted(each for each in clone.rglob("*") if each.name != "FETCH_HEAD") == before


def test_neither_a_repository_nor_git(origin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: a traceback where there is no git."""
    with pytest.raises(UsageError, match="no git repository"):
        commit_of("main", tmp_path)
    assert toplevel(tmp_path) is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert toplevel(tmp_path) is None
    with pytest.raises(UsageError, match="git is not installed"):
        commit_of("main", tmp_path)


def test_variables_of_a_hook_do_not_lead_elsewhere(origin: Path, tmp_path: Path, monkeypatch) -> None:
    """Kills: GIT_DIR of the repository whose hook runs the gate."""
    clone = _clone(origin, tmp_path)
    expected = commit_of("fork", clone)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    assert commit_of("fork", clone) == expected


def test_files_of_a_ref(origin: Path, tmp_path: Path) -> None:
    """Kills: files as the change left them, so that it sets its own rules."""
    clone = _clone(origin, tmp_path, "--branch", "feature")
    path = Path("baselines/a/base.json")
    assert (read_file("origin/main", path, clone), read_file("HEAD", path, clone)) == (b"new", b"old")
    assert read_file("origin/main", Path("base.json"), clone / "baselines" / "a") == b"new"
    assert read_file("origin/main", clone / path, tmp_path / "clone") == b"new"
    assert read_file("origin/main", Path("nothing"), clone) is None
    assert export_folder("origin/main", Path("baselines"), tmp_path / "there", clone)
    assert (tmp_path / "there" / "a" / "base.json").read_text() == "new"
    assert not export_folder("origin/main", path, tmp_path / "file", clone)
    assert not export_folder("origin/main", Path("nothing"), tmp_path / "nothing", clone)
    for outside in (Path("../x"), Path("/etc/passwd")):
        with pytest.raises(UsageError, match="outside"):
            read_file("HEAD", outside, clone)


def test_a_commit_that_leads_out_of_its_folder_is_refused(origin: Path, tmp_path: Path) -> None:
    """Kills: extracting what a commit holds without a filter."""
    clone = _clone(origin, tmp_path)
    (clone / "link").symlink_to("/etc")
    commit = _commit(clone, "more")
    with pytest.raises(UsageError, match="cannot be laid out"):
        export(commit, tmp_path / "laid", clone)
    assert not (tmp_path / "laid" / "link").is_symlink()


def test_a_working_tree_is_taken_as_it_stands(origin: Path, tmp_path: Path) -> None:
    """Kills: HEAD in its place; builds of earlier days; a repository that is left with another index."""
    clone = _clone(origin, tmp_path)
    (clone / "kept.log").write_text("tracked although ignored")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "kept")
    (clone / ".gitignore").write_text("build/\n*.log\n")
    (clone / "early").unlink()
    (clone / "later").write_text("changed")
    (clone / "new").write_text("untracked")
    (clone / "build").mkdir()
    (clone / "build" / "old").write_text("ignored")
    before = git(clone, "status", "--porcelain"), git(clone, "count-objects")
    export_working_tree(tmp_path / "copy", clone)
    found = {
        each.relative_to(tmp_path / "copy").as_posix() for each in (tmp_path / "copy").rglob("*") if each.is_file()
    }
    assert found == {".gitignore", "baselines/a/base.json", "later", "new", "kept.log"}
    assert (tmp_path / "copy" / "later").read_text() == "changed"
    assert (git(clone, "status", "--porcelain"), git(clone, "count-objects")) == before
    assert os.environ.get("GIT_INDEX_FILE") is None
