"""What the gate asks of git: where a change began, and what the files were there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from genbench.errors import UsageError
from genbench.escaping import plain, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

FETCHING = 120.0  # seconds for the history that a shallow clone lacks
LOCAL = 60.0  # seconds for what needs no network
QUIET = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}  # ask nobody for a password
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")  # set inside of hooks
DEPTH = "fetch the whole history: `fetch-depth: 0` for actions/checkout, `git fetch --unshallow` elsewhere"


def toplevel(folder: Path) -> Path | None:
    """Return the root of the checkout in which a folder lies; None where it lies in none, or git is missing."""
    if shutil.which("git") is None:
        return None
    found = _git(folder, "rev-parse", "--show-toplevel")
    return Path(os.fsdecode(found.stdout).rstrip("\n")) if found.returncode == 0 else None


def merge_base(ref: str, folder: Path) -> str:
    """Return the commit at which HEAD left the history of `ref`; a shallow clone's history is fetched first.

    Raises:
        UsageError: no repository, no such ref, no common history, or a shallow clone that cannot be deepened.
    """
    commit = commit_of(ref, folder)
    found = _git(folder, "merge-base", commit, "HEAD")
    if found.returncode and _is_shallow(folder):
        _deepen(ref, folder)
        found = _git(folder, "merge-base", commit, "HEAD")
        if found.returncode:
            raise UsageError(f"this clone is shallow, and holds no commit that {quoted(ref)} and HEAD share; {DEPTH}")
    if found.returncode:
        raise UsageError(f"{quoted(ref)} and HEAD have no commit in common{_reason(found)}; name another ref")
    return found.stdout.decode().split()[0]


def commit_of(ref: str, folder: Path) -> str:
    """Return the commit that a ref names; a branch of a remote that was not fetched is fetched.

    Raises:
        UsageError: no repository, or no such ref.
    """
    if _git(folder, "rev-parse", "--git-dir").returncode:
        raise UsageError(f"{quoted(ref)} is a ref, and {folder} lies in no git repository: give a wheel or a folder")
    commit = _commit(ref, folder)
    if commit is None and _is_plausible(ref):
        _deepen(ref, folder)
        commit = _commit(ref, folder)
    if commit is None:
        shallow = f"; this clone is shallow: {DEPTH}" if _is_shallow(folder) else ""
        raise UsageError(f"no ref {quoted(ref)} in {folder}: expected a branch, a tag or a commit{shallow}")
    return commit


def is_known(ref: str, folder: Path) -> bool:
    """Whether a repository has a ref, without asking anybody else for it."""
    return _commit(ref, folder) is not None


def is_of_remote(ref: str, folder: Path) -> bool:
    """Whether a ref is written as a branch of one of the repository's remotes: `origin/main`."""
    return _remote(ref, folder) is not None


def export(tree: str, folder: Path, repository: Path, variables: Mapping[str, str] | None = None) -> None:
    """Lay out the files of a commit or a tree in a folder; files of submodules are left out.

    Raises:
        UsageError: git fails, or a file or a link would lead out of the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile() as archive:
        _run(repository, "archive", "--format=tar", tree, output=archive, variables=variables)
        archive.seek(0)
        with tarfile.open(fileobj=archive) as packed:
            try:
                packed.extractall(folder, filter="data")
            except tarfile.FilterError as error:
                raise UsageError(f"{plain(tree, 60)} cannot be laid out: {plain(str(error))}") from None


def export_working_tree(folder: Path, repository: Path) -> None:
    """Lay out the working tree as it stands: changed and untracked files too, ignored ones not.

    By way of an index and objects of its own, so that it is packed just as a commit is, and the repository is not
    touched.
    """
    shared = os.fsdecode(_run(repository, "rev-parse", "--git-path", "objects")).rstrip("\n")
    with tempfile.TemporaryDirectory() as scratch:
        own = {
            "GIT_INDEX_FILE": str(Path(scratch, "index")),
            "GIT_OBJECT_DIRECTORY": str(Path(scratch, "objects")),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str((repository / shared).resolve()),
        }
        Path(scratch, "objects").mkdir()
        _git(
            repository, "read-tree", "HEAD", variables=own
        )  # what is tracked counts though it be ignored; there may be none
        _run(repository, "add", "--all", "--", str(repository), variables=own)
        tree = _run(repository, "write-tree", variables=own).decode().strip()
        export(tree, folder, repository, own)


def read_file(ref: str, path: Path, folder: Path) -> bytes | None:
    """Return a file's content at a ref; None where there is none. Relative paths are below `folder`.

    Raises:
        UsageError: no repository, no such ref, or the path lies outside.
    """
    commit = commit_of(ref, folder)
    found = _git(folder, "cat-file", "blob", f"{commit}:{_inside(path, folder)}")
    return found.stdout if found.returncode == 0 else None


def export_folder(ref: str, path: Path, target: Path, folder: Path) -> bool:
    """Lay out a folder as it is at a ref; return whether it is there. Relative paths are below `folder`.

    Raises:
        UsageError: no repository, no such ref, or the path lies outside.
    """
    tree = f"{commit_of(ref, folder)}:{_inside(path, folder)}"
    kind = _git(folder, "cat-file", "-t", tree)
    if kind.returncode or kind.stdout.strip() != b"tree":
        return False
    export(tree, target, folder)
    return True


def _inside(path: Path, folder: Path) -> str:
    """Return a path as git writes it, from the root of the checkout."""
    root = toplevel(folder)
    assert root is not None  # commit_of has looked
    absolute = Path(os.path.normpath(folder.resolve() / path))
    if not absolute.is_relative_to(root.resolve()):
        raise UsageError(f"{path} lies outside of the checkout {root}: no commit holds it")
    return "" if absolute == root.resolve() else absolute.relative_to(root.resolve()).as_posix()


def _commit(ref: str, folder: Path) -> str | None:
    """Return the commit of a ref."""
    if not _is_plausible(ref):
        return None
    found = _git(folder, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return found.stdout.decode().strip() if found.returncode == 0 else None


def _is_plausible(ref: str) -> bool:
    """Whether a word can be a ref. One that begins with a dash cannot: git would take it for an option."""
    return not ref.startswith("-") and ref.isprintable()


def _is_shallow(folder: Path) -> bool:
    return _git(folder, "rev-parse", "--is-shallow-repository").stdout.strip() == b"true"


def _deepen(ref: str, folder: Path) -> None:
    """Fetch the history that is missing, and the branch where `ref` is one of a remote; what fails shows later."""
    remote, remotes = _remote(ref, folder), _remotes(folder)
    branch = ref.removeprefix(f"{remote}/")
    wanted = [] if remote is None else [f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"]
    depth = ["--unshallow"] if _is_shallow(folder) else []
    if remotes and (wanted or depth):
        source = remote or ("origin" if "origin" in remotes else remotes[0])
        _git(folder, "fetch", "--quiet", "--no-tags", *depth, source, *wanted, seconds=FETCHING)
        if depth:  # HEAD may be on another branch, or on none
            _git(folder, "fetch", "--quiet", *depth, source, "HEAD", seconds=FETCHING)


def _remote(ref: str, folder: Path) -> str | None:
    return next((each for each in _remotes(folder) if ref.startswith(f"{each}/")), None)


def _remotes(folder: Path) -> list[str]:
    return _git(folder, "remote").stdout.decode().split()


def _run(
    folder: Path,
    *arguments: str,
    output: int | IO[bytes] = subprocess.PIPE,
    variables: Mapping[str, str] | None = None,
) -> bytes:
    done = _git(folder, *arguments, output=output, seconds=FETCHING, variables=variables)
    if done.returncode:
        raise UsageError(f"git {arguments[0]} failed in {folder}{_reason(done)}")
    return done.stdout or b""


def _git(
    folder: Path,
    *arguments: str,
    output: int | IO[bytes] = subprocess.PIPE,
    seconds: float = LOCAL,
    variables: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder, without a terminal and for so long at most."""
    command = ["git", "-C", str(folder), *arguments]
    inherited = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    settings = {**inherited, **QUIET, **(variables or {})}
    nobody = subprocess.DEVNULL
    try:
        return subprocess.run(
            command, env=settings, stdin=nobody, stdout=output, stderr=subprocess.PIPE, timeout=seconds
        )
    except FileNotFoundError as error:
        raise UsageError("git is not installed: give a wheel or a folder to compare with") from error
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, b"", f"took over {seconds:.0f} s".encode())


def _reason(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = done.stderr.decode(errors="replace").strip().splitlines()
    return f": {plain(lines[-1])}" if lines else ""
