"""Where the two versions of a package come from: the working tree, and a ref, a wheel or a folder to compare with."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.check import git
from genbench.errors import UsageError
from genbench.escaping import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = ("pyproject.toml", "setup.py")  # what makes a folder one that pip can build
LITTER = shutil.ignore_patterns(
    ".git", ".tox", ".nox", ".venv", "venv", "__pycache__", "build", "dist", "*.egg-info", ".*_cache"
)


@dataclass(frozen=True, slots=True)
class Source:
    """What pip is given: a folder that nobody else builds in, or a wheel."""

    path: Path
    what: str  # for people: "origin/main = 1a2b3c4d5e6f"


def package_folder(package: Path | None) -> Path:
    """Return the project under test: the one named, else the root of the checkout of the working folder, else that.

    Raises:
        UsageError: no project lies there.
    """
    folder = (package or git.toplevel(Path.cwd()) or Path.cwd()).resolve()
    if not is_project(folder):
        raise UsageError(
            f"no package to test in {folder}: expected a {PROJECT[0]}; name the folder that has one with --package"
        )
    return folder


def is_project(folder: Path) -> bool:
    """Whether pip can build a folder."""
    return any((folder / name).is_file() for name in PROJECT)


def candidate(package: Path, folder: Path) -> Source:
    """Copy the working tree of a project into `folder`, as it stands, without what git ignores."""
    return Source(_copied(package, folder), f"the working tree of {package}")


def baseline(against: str, package: Path, folder: Path, say: Callable[[str], None]) -> Source:
    """Lay out in `folder` what a project is compared with.

    A name that is a path and a ref too is taken as a path only if it looks like one.

    Raises:
        UsageError: it is neither a ref, nor a wheel, nor a folder with a project.
    """
    path = Path(against)
    looks_like_path = os.sep in against or path.suffix == ".whl"
    is_path = path.is_file() if path.suffix == ".whl" else is_project(path)
    if is_path and (looks_like_path or not git.is_known(against, package)):
        say(f"comparing with the {'folder' if path.is_dir() else 'wheel'} {path.resolve()}")
        return Source(path.resolve() if path.is_file() else _copied(path.resolve(), folder), against)
    if is_path:
        say(f"{quoted(against)} is a ref and a folder: the ref is meant; write .{os.sep}{against} for the folder")
    elif looks_like_path and not (git.is_known(against, package) or git.is_of_remote(against, package)):
        raise UsageError(f"--against {quoted(against)}: no wheel, no folder with a {PROJECT[0]}, and no ref: name one")
    return _at_merge_base(against, package, folder, say)


def _at_merge_base(ref: str, package: Path, folder: Path, say: Callable[[str], None]) -> Source:
    commit = git.merge_base(ref, package)
    repository = git.toplevel(package)
    assert repository is not None  # or there would be no merge base
    say(f"comparing with {commit[:12]}, where HEAD left {ref}")
    git.export(commit, folder, repository)
    built = folder / package.relative_to(repository.resolve())
    if not is_project(built):
        raise UsageError(f"{ref} = {commit[:12]} has no {PROJECT[0]} in {package.relative_to(repository.resolve())}/")
    return Source(built, f"{ref} = {commit[:12]}")


def _copied(project: Path, folder: Path) -> Path:
    """Copy a project, with the whole checkout that it lies in; return its copy."""
    repository = git.toplevel(project)
    if repository is None:
        shutil.copytree(project, folder, ignore=LITTER, symlinks=True)
        return folder
    git.export_working_tree(folder, repository)
    copy = folder / project.relative_to(repository.resolve())
    if not is_project(copy):
        raise UsageError(f"{project} is ignored by the git repository {repository}, so that none of it is copied")
    return copy
