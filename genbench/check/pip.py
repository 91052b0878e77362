"""What the gate asks of pip."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement

from genbench.errors import UsageError
from genbench.escaping import plain

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 1800.0  # seconds, for downloads too
SHOWN = 8  # last lines of what pip said
SETTINGS = {
    "PIP_USER": "0",  # which cannot be had with --target
    "PIP_REQUIRE_VIRTUALENV": "0",  # nothing is installed into this environment
}
VERSION = {"SETUPTOOLS_SCM_PRETEND_VERSION": "0"}  # both trees come without the history from which it is read
DEFAULT_BACKEND = ["setuptools"]  # of a project that names none


def install_alone(source: Path, place: Path) -> None:
    """Install a folder or a wheel, without what it depends on, into a folder.

    Raises:
        UsageError: pip failed.
    """
    isolation = ["--no-build-isolation"] if source.is_dir() and _can_build(source) else []
    run("install", "--no-deps", "--target", str(place), *isolation, str(source))


def run(*arguments: str, python: Path | None = None) -> None:
    """Run pip of this environment, for another one where `python` is that one's.

    Raises:
        UsageError: with the last lines of what it said.
    """
    elsewhere = [] if python is None else ["--python", str(python)]
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *elsewhere, *arguments]
    call(command, f"pip {arguments[0]} {arguments[-1]}")


def call(command: list[str], what: str) -> None:
    """Run a command of Python's packaging.

    Raises:
        UsageError: with the last lines of what it said.
    """
    settings = VERSION | os.environ | SETTINGS
    try:
        done = subprocess.run(
            command, env=settings, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=PATIENCE, text=True, errors="replace",
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UsageError(f"{what} took over {PATIENCE:.0f} s") from None
    if done.returncode:
        told = [plain(line) for line in done.stdout.splitlines() if line.strip()][-SHOWN:]
        raise UsageError("\n  ".join([f"{what} failed, so that there is nothing to compare:", *told]))


def _can_build(project: Path) -> bool:
    """Whether all that builds a project is installed here, so that nothing has to be fetched for it."""
    try:
        stated = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
        needed = stated.get("build-system", {}).get("requires", DEFAULT_BACKEND)
        return all(_is_here(Requirement(each)) for each in needed)
    except (OSError, ValueError, AttributeError, TypeError, InvalidRequirement):
        return False  # whatever is wrong with it: pip says it better


def _is_here(needed: Requirement) -> bool:
    if needed.marker is not None and not needed.marker.evaluate():
        return True
    try:
        return needed.specifier.contains(metadata.version(needed.name), prereleases=True)
    except metadata.PackageNotFoundError:
        return False
