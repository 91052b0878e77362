"""What `install` writes is a distribution to Python and to genbench."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
LIST = """
import json, sys
from importlib import metadata
entries = metadata.entry_points(group="genbench.models")
print(json.dumps({
    "entries": [[e.name, e.value, e.dist.name, e.dist.version] for e in entries if "genbench_" in e.value],
    "imported": [name for name in sys.modules if name.startswith("genbench")],
}))
"""


def _run(folder: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_entry_points_are_visible_under_their_distributions(toys: Path) -> None:
    found = json.loads(_run(toys, "-c", LIST))
    entries = {tuple(entry) for entry in found["entries"]}
    for folder, package, name, version in (
        ("good_plugins", "genbench_toys", "genbench-toys", "0.1"),
        ("bad_plugins", "genbench_badplugins", "genbench-badplugins", "0.2"),
    ):
        modules = {path.stem for path in (HERE / folder).glob("*.py")} - {"sound"}
        expected = {(module, f"{package}.{module}", name, version) for module in modules}
        assert {entry for entry in entries if entry[2] == name} == expected
    assert found["imported"] == []


def test_genbench_finds_them_without_importing_them(toys: Path) -> None:
    code = (
        "import sys; from genbench.plugins import find_all; print([p.culprit for p in find_all()]);"
        "assert 'genbench_toys' not in sys.modules"
    )
    listed = _run(toys, "-c", code)
    assert "'genbench-toys 0.1 [em_gmm]'" in listed
    assert "'genbench-badplugins 0.2 [misspelt]'" in listed


@pytest.mark.parametrize("info", ["genbench_toys-0.1.dist-info", "genbench_badplugins-0.2.dist-info"])
def test_the_record_lists_every_file(toys: Path, info: str) -> None:
    """Kills: a hash in hexadecimal, a file left out."""
    package = info.partition("-")[0]
    rows = [line.split(",") for line in (toys / info / "RECORD").read_text().splitlines()]
    files = {path.relative_to(toys).as_posix() for name in (package, info) for path in (toys / name).glob("*.*")}
    assert {row[0] for row in rows} == files | {f"{info}/RECORD", f"{info}/METADATA"}
    for name, digest, size in rows:
        content = (toys / name).read_bytes()
        encoded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        assert (digest, size) == (("", "") if name.endswith("RECORD") else (f"sha256={encoded}", str(len(content))))


def test_installing_again_replaces(tmp_path: Path) -> None:
    for _ in range(2):
        _run(tmp_path, str(HERE / "install.py"), str(tmp_path))
        stale = tmp_path / "genbench_toys" / "stale.py"
        assert not stale.exists()
        stale.touch()
