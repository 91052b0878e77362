"""Data sets of third parties: loaded by name, blamed by name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from genbench.data import prepare
from genbench.data.request import ask
from genbench.errors import ContractError, DataError, HookError, PluginImportError

MOONS = """
import numpy as np
from genbench.data.dataset import Part, Raw

def load({arguments}):
    rows = np.arange(24, dtype=np.float32).reshape(12, 2)
    {line}
    train, validation, held_out = (Part(rows=part) for part in np.split(rows, [8, 10]))
    return Raw(kind="points", train=train, validation=validation, held_out=held_out)
"""
CULPRIT = r"genbench_moons 0\.2 \[moons\]"


def moons(arguments: str = "", line: str = "pass") -> str:
    return MOONS.format(arguments=arguments, line=line)


def test_a_third_partys_set_is_prepared_like_any_other(install, tmp_path: Path):
    install("moons", moons())
    prepared = prepare("moons", data_root=None, cache=tmp_path / "cache")
    assert prepared.ref.counts == {"train": 8, "validation": 2, "held_out": 2}
    assert prepared.ref.scale is not None
    assert prepared.ref.scale.mean == (7.0, 8.0)
    np.testing.assert_array_equal(prepared.rows("held_out"), [[20, 21], [22, 23]])


def test_arguments_are_given_by_name(install, tmp_path: Path):
    install("moons", moons("root, source", "rows = rows + len(source) + len(root.name)"))
    prepared = prepare("moons:abc", data_root=Path("/de"), cache=tmp_path)
    assert prepared.rows("train")[0, 0] == 5


def test_a_set_that_reads_unknown_files_is_decoded_afresh(install, tmp_path: Path):
    """Kills: treating a missing `files` as no files, by which a changed file would never be noticed."""
    install("moons", moons("root", "rows = rows + float((root / 'shift').read_text())"))
    for shift in ("1", "2"):
        (tmp_path / "shift").write_text(shift)
        assert prepare("moons", data_root=tmp_path, cache=tmp_path / "cache").rows("train")[0, 0] == float(shift)


def test_changed_code_is_noticed(install, tmp_path: Path, monkeypatch):
    """Kills: a cache that does not know the code that filled it."""
    install("moons", moons())
    prepare("moons", data_root=None, cache=tmp_path / "cache")
    install("moons", moons(line="rows = rows + 1"))
    assert prepare("moons", data_root=None, cache=tmp_path / "cache").rows("train")[0, 0] == 1


def test_a_source_that_is_not_wanted_is_refused():
    with pytest.raises(DataError, match="takes nothing after a colon, got 'digits:big'; write digits"):
        ask("digits:big", None)


def test_a_module_that_cannot_be_imported_is_blamed(install):
    install("moons", "import surely_not_installed")
    with pytest.raises(PluginImportError, match=f"{CULPRIT}: cannot import moons_module: ModuleNotFoundError"):
        ask("moons", None)


@pytest.mark.parametrize("code", ["", "load = 3"])
def test_a_module_without_load_is_blamed(install, code: str):
    install("moons", code)
    with pytest.raises(ContractError, match=f"{CULPRIT} load: expected a module with a function"):
        ask("moons", None)


def test_an_exception_is_blamed(install, tmp_path: Path):
    install("moons", moons(line="1 / 0"))
    with pytest.raises(HookError, match=f"{CULPRIT} load: ZeroDivisionError"):
        prepare("moons", data_root=None, cache=tmp_path)


def test_a_file_that_cannot_be_read_is_the_users(install, tmp_path: Path):
    install("moons", moons(line="open('/no/such/file')"))
    with pytest.raises(DataError, match="moons: cannot read /no/such/file: No such file or directory"):
        prepare("moons", data_root=None, cache=tmp_path)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("return rows", "returned ndarray, expected"),
        ("rows = rows.astype(float)", r"train rows are float64 \[8, 2\], expected float32 \[n d\] for kind 'points'"),
        ("rows = rows.reshape(12, 2, 1)", r"train rows are float32 \[8, 2, 1\]"),
    ],
)
def test_a_broken_contract_is_blamed(install, tmp_path: Path, line: str, message: str):
    install("moons", moons(line=line))
    with pytest.raises(ContractError, match=f"{CULPRIT} load: .*{message}"):
        prepare("moons", data_root=None, cache=tmp_path)
