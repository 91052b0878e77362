"""Data sets: found by entry point, decoded once, checked, split in three, kept on disk under their content's hash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data.listing import Listed, catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.record import Prepared

__all__ = ["Listed", "catalogue", "overlap", "prepare"]


def prepare(name: str, *, data_root: Path | None, cache: Path) -> Prepared:
    """Return a data set on disk, made on the first call and verified on every later one; see `preparation.prepare`."""
    from genbench.data import preparation  # numpy and pydantic are paid for by those who prepare, not by those who list

    return preparation.prepare(name, data_root=data_root, cache=cache)


def overlap(prepared: Prepared) -> int:
    """Return how many held-out rows occur byte for byte among the train rows; see `checks.overlap`."""
    from genbench.data import checks

    return checks.overlap(prepared)
