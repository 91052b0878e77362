"""Which baseline judges: that of the working tree, or that of the base, which a change cannot edit."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from genbench.check.judges import judge
from genbench.check.reading import read, write
from genbench.check.rules import Rules
from genbench.errors import BaselineError, UsageError

PACKAGES = Path(__file__).parent / "packages"
git = runpy.run_path(str(PACKAGES / "repository.py"))["git"]
GOLDEN = read(Path(__file__).parent / "golden" / "schema-1")
LAX = GOLDEN.model_copy(update={"rules": Rules(slower=0.5, much_slower=0.9)})


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Path:
    """A checkout whose `main` holds a baseline, and one to come."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    write(GOLDEN, folder / "baselines" / "own", {})
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Record a baseline")
    monkeypatch.chdir(folder)
    return folder


OWN = Path("baselines/own")


def test_the_baseline_beside_the_change_judges_where_nothing_else_is_said(checkout) -> None:
    write(LAX, OWN, {})
    with judge(OWN, None) as found:
        assert found.baseline == LAX
        assert (found.features, found.rules_from, found.is_changed) == (OWN / "features", None, False)


@pytest.mark.parametrize("path", [OWN, OWN / "baseline.json"])
def test_an_unchanged_baseline_is_not_called_changed(checkout, path) -> None:
    """Kills: BASELINE CHANGED on every pull request."""
    with judge(path, "main") as found:
        assert found.baseline == GOLDEN
        assert (found.rules_from, found.is_changed) == ("main", False)
        assert found.features.parent.is_dir()


def test_a_change_cannot_edit_its_judge(checkout) -> None:
    """Kills: thresholds of the working tree, by which whatever it did passes; a change of them in silence."""
    write(LAX, OWN, {})
    with judge(OWN, "main") as found:
        assert found.baseline.rules == GOLDEN.rules
        assert found.is_changed


def test_a_committed_change_cannot_either(checkout) -> None:
    """Kills: HEAD for the ref that was named."""
    git(checkout, "checkout", "--quiet", "-b", "feature")
    write(LAX, OWN, {})
    git(checkout, "commit", "--quiet", "--all", "--message", "Judge less")
    with judge(OWN, "main") as found:
        assert found.baseline.rules == GOLDEN.rules
        assert found.is_changed


def test_a_baseline_that_the_change_removed_judges_still(checkout) -> None:
    """Kills: no baseline where the change took it away."""
    (OWN / "baseline.json").unlink()
    with judge(OWN, "main") as found:
        assert found.baseline == GOLDEN
        assert found.is_changed


def test_other_extractors_are_a_change(checkout) -> None:
    """Kills: weights that are not looked at."""
    (OWN / "features").mkdir(exist_ok=True)
    (OWN / "features" / "classifier-0.npz").write_bytes(b"weights")
    with judge(OWN, "main") as found:
        assert found.is_changed


@pytest.mark.parametrize("rules_from", [None, "main"])
def test_where_there_is_none_there_is_no_judge(checkout, rules_from) -> None:
    """Kills: a baseline that the change brings along, judging it by the rules of the base."""
    with judge(Path("baselines/other"), rules_from) as found:
        assert found is None
    if rules_from:
        write(LAX, Path("baselines/other"), {})
        with judge(Path("baselines/other"), rules_from) as found:
            assert found is None


def test_what_was_laid_out_is_removed(checkout) -> None:
    with judge(OWN, "main") as found:
        scratch = found.features.parent
    assert not scratch.exists()


def test_what_is_no_ref_and_what_is_no_baseline_are_refused(checkout) -> None:
    with pytest.raises(UsageError, match="no ref 'nobody'"), judge(OWN, "nobody"):
        pass
    document = (OWN / "baseline.json").read_bytes()
    newer = GOLDEN.model_copy(update={"schema_version": 99})
    (OWN / "baseline.json").write_bytes(document)
    write(newer, OWN, {})
    with pytest.raises(BaselineError, match="update genbench"), judge(OWN, None):
        pass
