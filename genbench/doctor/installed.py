"""What is installed and what lies in the data root; nothing is decoded and no plugin imported."""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from typing import TYPE_CHECKING

from genbench import plugins
from genbench.data.listing import catalogue
from genbench.data.request import ask
from genbench.doctor.finding import Finding, fail, ok, warn
from genbench.errors import DataError, ResultsError
from genbench.features import artefact
from genbench.features.classifier import COMMITTED, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUPS = ("genbench.models", "genbench.datasets", "genbench.features", "genbench.metrics", "genbench.observers")
OWN = "genbench.data."  # modules that may be imported


def data_sets(root: Path | None) -> Iterator[Finding]:
    """Tell which data sets that genbench knows lie in the data root."""
    if root is None:
        yield warn("data root", "none is set; generated data need none", "pass --data-root FOLDER or set GENBENCH_DATA")
    elif not root.is_dir():
        yield fail("data root", f"{root} is no folder", "pass --data-root FOLDER or set GENBENCH_DATA")
    else:
        yield ok("data root", str(root))
        yield from (_data_set(name, root) for name in _known_sets(root))


def plugin_groups() -> Iterator[Finding]:
    """List the plugins of every group; tell names that two claim and entry points that lead nowhere."""
    for group in GROUPS:
        found = plugins.find_all(group)
        topic = group.removeprefix("genbench.")
        yield ok(topic, ", ".join(sorted({each.name for each in found if not each.needs})) or "none installed")
        for needs in sorted({each.needs for each in found if each.needs}):
            names = ", ".join(sorted({each.name for each in found if each.needs == needs}))
            what, _, advice = needs.partition(": ")
            yield warn(topic, f"{what}: {names}", f"{advice}, where they are wanted")
        for name, count in Counter(each.name for each in found).items():
            if count > 1:
                owners = " and ".join(sorted(each.distribution for each in found if each.name == name))
                yield fail(topic, f"'{name}' is claimed by {owners}", "uninstall one of them")
        for each in found:
            if not is_findable(each.importable):
                yield fail(topic, f"{each.culprit}: there is no module {each.importable}", "reinstall or uninstall it")


def weights() -> Finding:
    """Read the classifiers that come with genbench."""
    try:
        hashes = {name: artefact.read(WEIGHTS / f"{name}.npz").hash for name in sorted(set(COMMITTED.values()))}
    except ResultsError as error:
        return fail("classifiers", str(error), "reinstall genbench")
    return ok("classifiers", ", ".join(f"{name} {found[:8]}" for name, found in hashes.items()))


def is_findable(module: str) -> bool:
    """Return whether the import system would find a module; neither it nor its parents are imported."""
    name, path = "", None
    for depth, part in enumerate(module.split(".")):
        if depth and path is None:  # the part before is a module, no package
            return False
        name = f"{name}.{part}" if name else part
        specs = (finder.find_spec(name, path) for finder in sys.meta_path)
        spec = next((each for each in specs if each is not None), None)
        if spec is None:
            return False
        path = spec.submodule_search_locations
    return True


def _known_sets(root: Path) -> list[str]:
    """Return the sets of genbench's own that are read from files without being told which."""
    own = [each.name for each in catalogue() if each.entry.value.startswith(OWN)]
    files = {name: getattr(ask(name, root).module, "files", None) for name in own}
    return [name for name, each in files.items() if each and "source" not in inspect.signature(each).parameters]


def _data_set(name: str, root: Path) -> Finding:
    try:
        paths = ask(name, root).files() or ()
    except DataError as error:
        return warn(name, "not there", str(error).splitlines()[-1].strip().removeprefix("what to do: "))
    return ok(name, f"{len(paths)} files, {sum(path.stat().st_size for path in paths) / 1e6:.1f} MB")
