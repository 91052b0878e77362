"""Two versions of one package side by side: each in a folder of its own, all that they depend on shared."""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from genbench.check import environments, pip, sources
from genbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from genbench.check.sources import Source

NO_IMPORTS = re.compile(r".*\.(dist-info|data|libs)|bin|__pycache__|share|include")  # of what pip lays out


@dataclass(frozen=True, slots=True, kw_only=True)
class Install:
    """One version, installed."""

    place: Path  # the folder from which it has to be imported
    root: Path  # what belongs to it alone: the place, or the whole of an environment
    python: Path
    what: str  # for people: "origin/main = 1a2b3c4d5e6f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arms:
    """Baseline and candidate, ready to be run; what was laid out for them is removed by `close`."""

    folder: Path
    baseline: Install
    candidate: Install
    distribution: str
    imports: tuple[str, ...]  # top-level names that it brings
    differing: tuple[str, ...] = ()  # requirements that one of them declares and the other does not

    @property
    def is_shared_environment(self) -> bool:
        """Whether both see the same dependencies, those of this very process."""
        return self.baseline.root == self.baseline.place

    @contextmanager
    def control(self) -> Iterator[None]:
        """Put a copy of the baseline in the candidate's place inside: what a path does to speed, it does to both."""
        place = self.candidate.root
        aside = place.with_name(f"{place.name[:-1]}x")
        place.rename(aside)
        try:
            shutil.copytree(self.baseline.root, place, symlinks=True)
            yield
        finally:
            shutil.rmtree(place, ignore_errors=True)
            aside.rename(place)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Arms:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def install_arms(against: str, package: Path | None, folder: Path, say: Callable[[str], None]) -> Arms:
    """Install the working tree of a package, and what it is compared with, below `folder`.

    Args:
        against: a ref, of which the merge base with HEAD is meant, a wheel or a folder.
        package: the project's folder; None is the root of the checkout of the working folder.
        folder: where to make a temporary folder.
        say: is told what was chosen.

    Raises:
        UsageError: there is no such thing, or pip cannot install it.
    """
    project = sources.package_folder(package)
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="arms-", dir=folder)).resolve()
    try:
        baseline = sources.baseline(against, project, own / "src-b", say)
        candidate = sources.candidate(project, own / "src-c")
        return _installed(own, baseline, candidate, say)
    except BaseException:
        shutil.rmtree(own, ignore_errors=True)
        raise


def _installed(own: Path, baseline: Source, candidate: Source, say: Callable[[str], None]) -> Arms:
    """Install both, each without its dependencies; where those differ, with them, in environments of their own."""
    places = own / "arm-b", own / "arm-c"  # of equal length: that of a path can change the speed of a process
    for place, source in zip(places, (baseline, candidate), strict=True):
        say(f"installing {source.what}")
        pip.install_alone(source.path, place)
    found = [_distribution(place) for place in places]
    names = [canonicalize_name(each.metadata["Name"]) for each in found]
    if names[0] != names[1]:
        raise UsageError(f"{baseline.what} is the package {names[0]}, expected {names[1]}, the one under test")
    differing = _differing(*found)
    if differing:
        say(f"the declared dependencies differ, so that each gets an environment of its own: {', '.join(differing)}")
    pythons = [Path(sys.executable)] * 2
    roots = places
    if differing:
        roots = own / "env-b", own / "env-c"
        pythons = [
            environments.make(root, source.path, each)
            for root, source, each in zip(roots, (baseline, candidate), found, strict=True)
        ]
        places = environments.site_packages(roots[0]), environments.site_packages(roots[1])
    arms = [
        Install(place=place, root=root, python=python, what=source.what)
        for place, root, python, source in zip(places, roots, pythons, (baseline, candidate), strict=True)
    ]
    return Arms(
        folder=own,
        baseline=arms[0],
        candidate=arms[1],
        distribution=names[0],
        imports=_imports(own / "arm-c"),
        differing=differing,
    )


def _distribution(place: Path) -> metadata.Distribution:
    """Return the one distribution that pip laid out."""
    found = list(metadata.distributions(path=[str(place)]))
    if len(found) != 1:
        raise UsageError(f"expected one package in {place}, pip installed {len(found)}")
    return found[0]


def _differing(baseline: metadata.Distribution, candidate: metadata.Distribution) -> tuple[str, ...]:
    """Return the requirements that apply here, and that one of both declares and the other does not."""
    return tuple(sorted(_declared(baseline) ^ _declared(candidate)))


def _declared(found: metadata.Distribution) -> frozenset[str]:
    """Return what a distribution requires here, extras left out, each in one spelling."""
    python = found.metadata["Requires-Python"]
    return frozenset(
        [*(str(each) for each in environments.requirements(found)), *([f"Python {python}"] if python else [])]
    )


def _imports(place: Path) -> tuple[str, ...]:
    """Return the top-level names of what was installed."""
    names = {each.name.partition(".")[0] for each in place.iterdir() if not NO_IMPORTS.fullmatch(each.name)}
    return tuple(sorted(name for name in names if name.isidentifier()))
