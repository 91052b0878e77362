"""Notes of known answers: one space, one hash, one version."""

from __future__ import annotations

import pytest

from genbench.features import verification
from genbench.features.verification import unverified, verify

DIGEST = "ab" * 32


@pytest.mark.parametrize("name", ["pixels", "classifier", "coordinates", "random", "of-a-third-party"])
def test_spaces_of_genbenchs_own_need_no_note(name, tmp_path):
    assert unverified(name, DIGEST, tmp_path) is None


@pytest.mark.parametrize("name", verification.NEEDED)
def test_weights_from_a_file_are_unverified_until_noted(name, tmp_path):
    """Kills: a note that is believed for every space or any weights."""
    before = unverified(name, DIGEST, tmp_path)
    assert before.startswith("unverified")
    assert f"genbench doctor --features {name}=FILE" in before
    verify(name, DIGEST, tmp_path, {"fd": 10.3})
    assert unverified(name, DIGEST, tmp_path) is None
    assert unverified(name, "cd" * 32, tmp_path).startswith("unverified")
    assert unverified(name, DIGEST[:16] + "0" * 48, tmp_path).startswith("unverified")
    others = set(verification.NEEDED) - {name}
    assert all(unverified(other, DIGEST, tmp_path).startswith("unverified") for other in others)


def test_every_hash_has_a_note_of_its_own(tmp_path):
    """Kills: one note a space, which a second file of weights takes from the first."""
    for digest in (DIGEST, "cd" * 32):
        verify("dinov2", digest, tmp_path, {})
    assert unverified("dinov2", DIGEST, tmp_path) is unverified("dinov2", "cd" * 32, tmp_path) is None


def test_a_damaged_note_is_none(tmp_path):
    """Kills: a file that anybody could have written; a crash where it was cut short."""
    verify("dinov2", DIGEST, tmp_path, {})
    (note,) = (tmp_path / "verified").iterdir()
    note.write_bytes(note.read_bytes()[:-9])
    assert unverified("dinov2", DIGEST, tmp_path).startswith("unverified")


def test_answers_of_another_version_do_not_count(tmp_path, monkeypatch):
    """Kills: a note that outlives the code that gave the answers."""
    monkeypatch.setattr(verification, "__version__", "0.0.1")
    verify("dinov2", DIGEST, tmp_path, {})
    monkeypatch.undo()
    assert "with genbench 0.0.1, not" in unverified("dinov2", DIGEST, tmp_path)
