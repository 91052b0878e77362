"""Finding data sets."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from genbench.data import catalogue
from genbench.data.listing import GROUP, Listed, find
from genbench.data.request import describe
from genbench.errors import UnknownName, UsageError

BUILT_IN = {
    "digits", "ring8", "grid25", "swiss_roll", "penguins", "adult", "mnist", "fashion_mnist", "mnist_binary", "cifar10",
    "stacked_mnist", "spoken_digits", "tiny_shakespeare", "text", "sounds", "csv", "images", "arrays",
}  # fmt: skip


def test_lists_every_built_in_set():
    assert {listed.name for listed in catalogue()} >= BUILT_IN


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_describes_every_built_in_set_in_one_line(name: str):
    """Kills: a set that the listing says nothing of, or other than its module does."""
    line = describe(find(name))
    assert find(name).about == line
    assert 40 < len(line) < 120
    assert line.endswith(".")


@pytest.mark.parametrize(
    ("code", "about"),
    [("raise SystemExit", ""), ('"""Moons.\n\nMore."""\nraise SystemExit', "Moons."), ("def (", ""), ("\0", "")],
)
def test_what_a_listing_says_is_read_and_not_run(code: str, about: str, tmp_path, monkeypatch) -> None:
    """Kills: a listing that imports what it lists, or one of its packages, or ends with one that is no Python."""
    (tmp_path / "sky").mkdir()
    (tmp_path / "sky" / "__init__.py").write_text("raise SystemExit")
    (tmp_path / "sky" / "moons.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    for module, expected in (("sky.moons", about), ("sky", ""), ("sky.suns", ""), ("no.such", ""), ("sys", "")):
        assert Listed("moons", "sky 1", EntryPoint("moons", module, GROUP)).about == expected


def test_every_built_in_set_is_explained():
    """Kills: a data set that the page leaves out, or one that is no more."""
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `(\w+)` \| (?:image|points|wave|tokens)", page, re.M))
    own = set(re.findall(r"^- \*\*`(\w+):", page, re.M))
    ours = {listed.name for listed in catalogue() if listed.entry.value.startswith("genbench.data.")}
    assert (rows | own) == ours and not rows & own


def test_listing_imports_neither_numpy_nor_a_plugin():
    code = (
        "import sys; from genbench.data import catalogue; assert catalogue();"
        "heavy = {'torch', 'numpy', 'pydantic', 'sklearn', 'PIL', 'genbench.data.digits'} & set(sys.modules);"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_preparing_imports_no_torch(tmp_path):
    code = (
        "import sys; from pathlib import Path; from genbench.data import overlap, prepare;"
        f"overlap(prepare('digits', data_root=None, cache=Path({str(tmp_path)!r})));"
        "import genbench.data.arrays, genbench.data.cifar10, genbench.data.images, genbench.data.mnist_binary;"
        "import genbench.data.sounds, genbench.data.tabular, genbench.data.text;"
        "assert 'torch' not in sys.modules and 'PIL' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_name_suggests_a_near_one():
    with pytest.raises(UnknownName, match="did you mean 'digits'"):
        find("digit")


def test_a_distribution_that_is_twice_on_the_path_counts_once(install, tmp_path, monkeypatch):
    """Kills: reading the metadata past importlib, by which an editable install is its own rival."""
    install("moons", "")
    (tmp_path / "again").symlink_to(tmp_path / "genbench_moons")
    monkeypatch.syspath_prepend(str(tmp_path / "again"))
    assert find("moons").distribution == "genbench_moons 0.2"


def test_two_distributions_with_one_name_are_refused(install):
    install("moons", "")
    install("moons", "", distribution="genbench_rival")
    with pytest.raises(UsageError, match=r"genbench_moons 0\.2 .* and genbench_rival 0\.2"):
        find("moons")
