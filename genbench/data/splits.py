"""How data that comes without three splits is cut into three."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.data.dataset import Part

VALIDATION = 5_000
HELD_OUT = 10_000
SHARE = 10  # one row in ten validates, one in ten is held out


def by_tail(train: Part, test: Part) -> tuple[Part, Part, Part]:
    """Return train, validation and held-out of a set with a train and a test part.

    The last rows of train validate: 5,000, or a fifth where that is fewer. At most 10,000 rows of test are held out.
    """
    cut = len(train) - min(VALIDATION, len(train) // 5)
    return train[:cut], train[cut:], test[:HELD_OUT]


def by_content(every: Part, name: str, *, share: int = SHARE) -> tuple[Part, Part, Part]:
    """Return 80, 10 and 10 % of the rows in the order of their hashes; with `share` 5, 60, 20 and 20 %.

    The order depends neither on file names nor on the order of the files, and equal rows stay side by side, so that
    duplicates do not leak from one split into another but at the two cuts.
    """
    part = len(every) // share
    if part == 0:
        cuts = f"{100 - 200 // share}/{100 // share}/{100 // share}"
        raise DataError(f"{name}: expected at least {share} rows to split {cuts}, found {len(every)}; add more")
    shuffled = every[order(every.rows)]
    cut = len(every) - part
    return shuffled[: cut - part], shuffled[cut - part : cut], shuffled[cut:]


def order(rows: NDArray[Any]) -> NDArray[np.intp]:
    """Return the order of the rows' sha256; equal rows keep theirs."""
    keys = np.array(digests(rows))
    return np.argsort(keys, kind="stable")


def digests(rows: NDArray[Any]) -> list[str]:
    """Return the sha256 of every row's bytes, in hexadecimal."""
    return [hashlib.sha256(np.ascontiguousarray(row).data).hexdigest() for row in rows]
