"""Whether a space with weights from a user's file has given its known answers on this machine.

The file may be another one, cut short or converted wrongly, and still give numbers that look well. `genbench doctor
--features NAME=FILE` compares them with published ones and leaves a note here; until then they are marked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import __version__
from genbench.errors import ResultsError
from genbench.refs import Frozen
from genbench.store import load, publish

if TYPE_CHECKING:
    from pathlib import Path

NEEDED = ("inception", "inception_tf", "dinov2")  # spaces with weights from a user's file
FOLDER = "verified"


class Verified(Frozen):
    """A note that a space gave its known answers."""

    features: str
    features_hash: str  # of its recipe and weights
    genbench: str  # whose code gave them
    answers: dict[str, float]  # by name, as measured


def unverified(name: str, digest: str, cache: Path) -> str | None:
    """Return why numbers of a space are unverified, or None where nothing is known against them.

    Args:
        name: the space.
        digest: its extractor's hash.
        cache: where `genbench doctor` leaves its notes.
    """
    if name not in NEEDED:
        return None
    advice = f"genbench doctor --features {name}=FILE compares it with published numbers"
    try:
        note = load(_path(name, digest, cache), Verified)
    except ResultsError:
        return f"unverified: {name} has not given its known answers on this machine; {advice}"
    if (note.features, note.features_hash, note.genbench) != (name, digest, __version__):
        return f"unverified: {name} gave its known answers with genbench {note.genbench}, not {__version__}; {advice}"
    return None


def verify(name: str, digest: str, cache: Path, answers: dict[str, float]) -> None:
    """Leave a note that a space gave its known answers."""
    path = _path(name, digest, cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    publish(path, Verified(features=name, features_hash=digest, genbench=__version__, answers=answers))


def _path(name: str, digest: str, cache: Path) -> Path:
    return cache / FOLDER / f"{name}-{digest[:16]}.json"
