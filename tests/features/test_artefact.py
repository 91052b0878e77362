"""Weights as files."""

from __future__ import annotations

import zipfile

import numpy as np
import pytest

from genbench.errors import ResultsError
from genbench.features.artefact import NAMES, Artefact, read, write


def arrays(seed: int = 0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(seed)
    return {name: generator.normal(size=(3, 2)).astype("<f2") for name in sorted(NAMES)}


def test_what_was_written_is_read(tmp_path):
    artefact = Artefact(arrays(), {"accuracy": 0.5})
    write(artefact, tmp_path / "deep" / "a.npz")
    back = read(tmp_path / "deep" / "a.npz")
    assert (back.hash, back.card) == (artefact.hash, artefact.card)
    for name, array in artefact.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)


def test_a_hash_names_every_bit_of_the_arrays_and_nothing_else():
    """Planted bug: a hash over names and shapes, or one that takes in the card."""
    plain = Artefact(arrays(), {})
    assert Artefact(arrays(), {"accuracy": 1.0}).hash == plain.hash
    assert Artefact(dict(reversed(arrays().items())), {}).hash == plain.hash
    for name in NAMES:
        changed = arrays()
        changed[name][-1, -1] = np.nextafter(changed[name][-1, -1], np.float16(9))
        assert Artefact(changed, {}).hash != plain.hash, name


def test_the_first_to_write_wins(tmp_path):
    """Planted bug: a rename that lets a second process replace weights that a first one has judged with."""
    path = tmp_path / "a.npz"
    first = Artefact(arrays(0), {})
    write(first, path)
    write(Artefact(arrays(1), {}), path)
    assert read(path).hash == first.hash
    assert [each.name for each in tmp_path.iterdir()] == ["a.npz"]


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(ResultsError, match="found no file; restore it"):
        read(tmp_path / "none.npz")


@pytest.mark.parametrize("end", [10, 100, -1])
def test_a_torn_file_is_refused(tmp_path, end):
    write(Artefact(arrays(), {}), tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.npz").read_bytes()[:end])
    with pytest.raises(ResultsError, match=r"b\.npz"):
        read(tmp_path / "b.npz")


def test_objects_are_refused_without_being_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", **(arrays() | {"dense.bias": np.array([print], object)}))
    with pytest.raises(ResultsError, match="allow_pickle"):
        read(tmp_path / "a.npz")


@pytest.mark.parametrize("change", ["missing", "more", "float32", "nan"])
def test_other_arrays_are_refused(tmp_path, change):
    members = arrays()
    if change == "missing":
        del members["dense.bias"]
    elif change == "more":
        members["extra"] = members["dense.bias"]
    elif change == "float32":
        members["dense.bias"] = members["dense.bias"].astype(np.float32)
    else:
        members["dense.bias"][0] = np.nan
    np.savez(tmp_path / "a.npz", **members)
    with pytest.raises(ResultsError, match="expected finite <f2 arrays"):
        read(tmp_path / "a.npz")


def test_a_card_that_is_no_json_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", card=np.array("{"), **arrays())
    with pytest.raises(ResultsError):
        read(tmp_path / "a.npz")


def test_a_file_can_be_read_by_all_who_can_read_the_folder(tmp_path):
    """Planted bug: a temporary file's own mode, 600, which an installed package would keep."""
    write(Artefact(arrays(), {}), tmp_path / "a.npz")
    (tmp_path / "plain").touch()
    assert (tmp_path / "a.npz").stat().st_mode == (tmp_path / "plain").stat().st_mode
    assert zipfile.is_zipfile(tmp_path / "a.npz")
