"""Two versions side by side: what is compared with what, and where each of them lies."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from genbench.check import environments, installs, pip, sources
from genbench.check.installs import Arms, Install, install_arms
from genbench.errors import UsageError

PACKAGES = Path(__file__).parent / "packages"
_MADE = runpy.run_path(str(PACKAGES / "repository.py"))
repository, git, change = _MADE["repository"], _MADE["git"], _MADE["change"]


def _training(place: Path) -> str:
    """Return the constant by which the versions of `pace` differ."""
    return next(x for x in (place / "pace" / "model.py").read_text().splitlines() if x.startswith("TRAINING")).split()[
        2
    ]


def _wheel(folder: Path) -> Path:
    """Build a wheel of `pace` as it is."""
    code = f"import backend; print(backend.build_wheel({str(folder)!r}))"
    folder.mkdir(exist_ok=True)
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=PACKAGES / "pace", capture_output=True, text=True)
    return folder / done.stdout.strip()


@pytest.fixture
def said() -> list[str]:
    return []


def test_a_ref_and_the_working_tree(tmp_path: Path, said: list[str]) -> None:
    """Kills: HEAD for the working tree; builds that litter it; folders' names of unequal length; things left over."""
    repo = repository(tmp_path / "repo", TRAINING=50)
    with install_arms("main", repo, tmp_path / "work", said.append) as arms:
        assert (_training(arms.baseline.place), _training(arms.candidate.place)) == ("40", "50")
        assert len(str(arms.baseline.place)) == len(str(arms.candidate.place))
        assert arms.baseline.place.parent == arms.candidate.place.parent
        assert (arms.distribution, arms.imports, arms.is_shared_environment) == ("genbench-pace", ("pace",), True)
        assert arms.baseline.what == f"main = {git(repo, 'rev-parse', '--short=12', 'HEAD')}"
        assert [list(each.place.rglob("*.pyc")) != [] for each in (arms.baseline, arms.candidate)] == [True, True]
    assert list((tmp_path / "work").iterdir()) == []
    assert git(repo, "status", "--porcelain") == "M pace/model.py"
    assert any("where HEAD left main" in each for each in said)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Stand in for pip: a folder is unpacked by its own backend; the commands that it did not run."""
    commands: list[tuple[str, ...]] = []

    def install_alone(source: Path, place: Path) -> None:
        if source.is_dir():
            code = f"import backend; print(backend.build_wheel({str(place.parent)!r}))"
            done = subprocess.run([sys.executable, "-B", "-c", code], cwd=source, capture_output=True, text=True)
            source = place.parent / done.stdout.strip()
        subprocess.run([sys.executable, "-m", "zipfile", "-e", str(source), str(place)], check=True)

    monkeypatch.setattr(pip, "install_alone", install_alone)
    monkeypatch.setattr(pip, "call", lambda command, what: commands.append(tuple(command[1:])))
    return commands


def test_a_wheel_and_a_folder(quick, tmp_path: Path, said: list[str]) -> None:
    """Kills: a merge base where a wheel or a folder was named; a build in the user's own folder."""
    repo, wheel = repository(tmp_path / "repo", TRAINING=50), _wheel(tmp_path / "wheels")
    for against in (str(wheel), str(PACKAGES / "pace")):
        with install_arms(against, repo, tmp_path / "work", said.append) as arms:
            assert (_training(arms.baseline.place), _training(arms.candidate.place)) == ("40", "50")
            assert arms.baseline.what == against
    assert quick == []


def test_a_path_wins_over_a_ref_only_if_it_looks_like_one(
    tmp_path: Path, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a folder that hides a branch; a branch that hides a folder which was written as one."""
    repo = repository(tmp_path / "repo")
    repository(tmp_path / "release", TRAINING=70)
    git(repo, "branch", "release")
    monkeypatch.chdir(tmp_path)
    chosen = [
        sources.baseline(each, repo, tmp_path / f"out{n}", said.append)
        for n, each in enumerate(("release", "./release"))
    ]
    assert [_training(each.path) for each in chosen] == ["40", "70"]
    assert any("the ref is meant" in each for each in said)
    git(repo, "branch", "-D", "release")
    assert _training(sources.baseline("release", repo, tmp_path / "out3", said.append).path) == "70"


@pytest.mark.parametrize("against", ["nobody", "no/folder", "gone.whl", "-x", "tests/", "origin/main"])
def test_what_is_nothing_is_refused(against: str, tmp_path: Path, said: list[str]) -> None:
    """Kills: a traceback, and folders left behind."""
    repo = repository(tmp_path / "repo")
    with pytest.raises(UsageError, match=r"no ref|no wheel"):
        install_arms(against, repo, tmp_path / "work", said.append)
    assert list((tmp_path / "work").iterdir()) == []


def test_the_package_under_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = repository(tmp_path / "repo")
    monkeypatch.chdir(repo / "pace")
    assert sources.package_folder(None) == repo.resolve()
    with pytest.raises(UsageError, match="--package"):
        sources.package_folder(tmp_path)


def test_a_package_within_a_repository(quick, tmp_path: Path, said: list[str]) -> None:
    """Kills: the root of the repository for the package."""
    repo = tmp_path / "repo"
    repo.mkdir()
    git(repo, "init", "--quiet", "--initial-branch", "main")
    inner = tmp_path / "inner"
    repository(inner)
    (inner / ".git").rename(tmp_path / "unused")
    inner.rename(repo / "plugins")
    git(repo, "add", "--all")
    git(repo, "commit", "--quiet", "--message", "all")
    change(repo / "plugins", TRAINING=60)
    with install_arms("main", repo / "plugins", tmp_path, said.append) as arms:
        assert (_training(arms.baseline.place), _training(arms.candidate.place)) == ("40", "60")


def test_a_build_that_fails_shows_the_end_of_what_pip_said(tmp_path: Path, said: list[str]) -> None:
    repo = repository(tmp_path / "repo")
    (repo / "backend.py").write_text("raise RuntimeError('no compiler here')")
    with pytest.raises(UsageError, match="no compiler here") as error:
        install_arms("main", repo, tmp_path / "work", said.append)
    assert len(str(error.value).splitlines()) <= 1 + pip.SHOWN
    assert list((tmp_path / "work").iterdir()) == []


def test_other_dependencies_make_other_environments(quick, tmp_path: Path, said: list[str]) -> None:
    """Kills: one environment for two sets of dependencies; a version of here that the declarations forbid."""
    repo = repository(tmp_path / "repo")
    text = (repo / "backend.py").read_text()
    new = 'REQUIRES = ("NumPy >= 99", "click", \'pytest; extra == "test"\')'
    (repo / "backend.py").write_text(text.replace("REQUIRES: tuple[str, ...] = ()", new))
    with install_arms("main", repo, tmp_path / "work", said.append) as arms:
        assert arms.differing == ("click", "numpy>=99")
        assert not arms.is_shared_environment
        assert len(str(arms.baseline.python)) == len(str(arms.candidate.python))
        assert arms.candidate.place.is_relative_to(arms.candidate.root)
        limits = [(arms.folder / f"env-{each}.txt").read_text().splitlines() for each in "bc"]
    assert [any(each.startswith("numpy==") for each in lines) for lines in limits] == [True, False]
    assert all(any(each.startswith("torch==") for each in lines) for lines in limits)
    assert [command[:2] for command in quick] == [("-m", "venv"), ("-m", "pip")] * 2
    for command, arm in zip(quick[1::2], (arms.baseline, arms.candidate), strict=True):
        assert command[command.index("--python") + 1] == str(arm.python)
        assert "--no-deps" not in command
    assert any("click, numpy>=99" in each for each in said)


def test_equal_dependencies_in_another_spelling_are_equal(quick, tmp_path: Path, said: list[str]) -> None:
    """Kills: an environment of its own for an extra, for a space, for what is required elsewhere only."""
    repo = repository(tmp_path / "repo")
    text = (repo / "backend.py").read_text()
    empty = "REQUIRES: tuple[str, ...] = ()"
    (repo / "backend.py").write_text(text.replace(empty, 'REQUIRES = ("numpy<99,>=1", "click")'))
    git(repo, "commit", "--all", "--quiet", "--message", "required")
    other = 'REQUIRES = ("Click", "numpy >=1, <99", "win; sys_platform == \'plan9\'", "x; extra == \'y\'")'
    (repo / "backend.py").write_text(text.replace(empty, other))
    with install_arms("main", repo, tmp_path / "work", said.append) as arms:
        assert arms.differing == ()


def test_another_package_is_not_compared(quick, tmp_path: Path, said: list[str]) -> None:
    repo = repository(tmp_path / "repo")
    (repo / "backend.py").write_text((repo / "backend.py").read_text().replace("genbench_pace", "genbench_other"))
    with pytest.raises(UsageError, match=r"genbench-pace, expected genbench-other"):
        install_arms("main", repo, tmp_path / "work", said.append)


def test_what_pip_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: dependencies installed beside the shared ones; a download for a build that can be done without."""
    asked: list[list[str]] = []
    monkeypatch.setattr(pip, "call", lambda command, what: asked.append(command))
    for name, requires in (("here", '["packaging>=1"]'), ("not", '["packaging>=999"]'), ("none", '["nobody-has-it"]')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").write_text(f"[build-system]\nrequires = {requires}\n")
        pip.install_alone(tmp_path / name, tmp_path / "place")
    pip.install_alone(tmp_path / "some.whl", tmp_path / "place")
    assert ["--no-build-isolation" in each for each in asked] == [True, False, False, False]
    for each in asked:
        assert each[:3] == [sys.executable, "-m", "pip"]
        assert {"--no-deps", "--target", str(tmp_path / "place")} <= set(each)
        assert "--no-compile" not in each


def test_versions_from_no_index_are_asked_for_where_they_came_from(tmp_path: Path) -> None:
    """Kills: genbench itself looked for on an index that does not have this one."""
    info = tmp_path / "foo-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foo\nVersion: 1.0\n")
    here = list(environments.metadata.distributions(path=[str(tmp_path)]))
    own = next(iter(environments.metadata.distributions(name="click")))
    assert environments.constraints(own, here) == ["foo==1.0"]
    (info / "direct_url.json").write_text('{"url": "file:///x/foo", "dir_info": {}}')
    assert environments.constraints(own, here) == ["foo @ file:///x/foo"]
    told = '{"url": "https://x/foo", "vcs_info": {"vcs": "git", "commit_id": "abc"}}'
    (info / "direct_url.json").write_text(told)
    assert environments.constraints(own, here) == ["foo @ git+https://x/foo@abc"]


def _arms(folder: Path) -> Arms:
    made = {}
    for name, letter in (("baseline", "b"), ("candidate", "c")):
        place = folder / f"arm-{letter}"
        place.mkdir()
        (place / "which").write_text(name)
        made[name] = Install(place=place, root=place, python=Path(sys.executable), what=name)
    return Arms(folder=folder, distribution="x", imports=("x",), **made)


def test_a_control_is_the_baseline_in_the_candidates_place(tmp_path: Path) -> None:
    """Kills: a control that stands elsewhere, or stays; a candidate that is lost where the control fails."""
    arms = _arms(tmp_path)
    which = arms.candidate.place / "which"
    with pytest.raises(RuntimeError, match="midway"), arms.control():
        assert which.read_text() == "baseline"
        assert (arms.baseline.place / "which").read_text() == "baseline"
        raise RuntimeError("midway")
    assert which.read_text() == "candidate"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["arm-b", "arm-c"]


def test_names_to_import_are_those_of_the_package(tmp_path: Path) -> None:
    for name in ("a", "a-1.0.dist-info", "bin", "__pycache__", "a.libs"):
        (tmp_path / name).mkdir()
    (tmp_path / "single.py").touch()
    (tmp_path / "built.cpython-311-x86_64-linux-gnu.so").touch()
    assert installs._imports(tmp_path) == ("a", "built", "single")


def test_nothing_here_needs_torch() -> None:
    """Kills: seconds of import before the plan of a check is shown."""
    rooms = ", ".join(f"genbench.check.{each}" for each in ("installs", "arm_pair", "pairing", "host"))
    code = f"import sys, {rooms}; assert 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0
