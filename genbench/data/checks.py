"""What every data set must be before anything is trained on it, whoever made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.dataset import FORMS
from genbench.data.splits import digests
from genbench.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.data.dataset import Part, Raw
    from genbench.record import Prepared
    from genbench.table import Table

BLANK = 0.5  # share of all-zero examples above which a file was not read but allocated


def check_form(raw: Raw) -> None:
    """Check dtype, axes and lengths: what a correct module returns whatever its files hold.

    Raises:
        ValueError: with expected and found; it is the module's mistake.
    """
    form = FORMS[raw.kind]
    axes = form.axes.split()
    for split, part in raw.parts():
        found = f"{split} rows are {part.rows.dtype} {list(part.rows.shape)}"
        if part.rows.dtype != np.dtype(form.dtype) or part.rows.ndim != len(axes):
            raise ValueError(f"{found}, expected {np.dtype(form.dtype).name} [{form.axes}] for kind '{raw.kind}'")
        if part.rows.shape[1:] != raw.train.rows.shape[1:] or 0 in part.rows.shape[1:]:
            raise ValueError(f"{found}, expected [n, ...] with the shape of train, {list(raw.train.rows.shape[1:])}")
        _check_labels_form(split, part, raw)
    _check_meaning(raw)


def _check_meaning(raw: Raw) -> None:
    """Check that what rows mean is said of the kind and for as many columns or codes as there are."""
    if raw.table is not None:
        found, columns = f"a table of {len(raw.table.columns)} columns for {raw.kind}", list(raw.train.rows.shape[1:])
        if raw.kind != "points" or columns != [len(raw.table.columns)]:
            raise ValueError(f"{found} {columns}, expected a table for points, with a column for each of theirs")
        if raw.table.target not in (None, *(column.name for column in raw.table.columns)):
            raise ValueError(f"the table's target is '{raw.table.target}', expected the name of a column or None")
    if raw.kind == "tokens" and not raw.classes:
        raise ValueError(f"`classes` is {raw.classes}, expected the size of the vocabulary for tokens")
    if raw.alphabet is not None and (raw.kind != "tokens" or len(raw.alphabet) != raw.classes):
        found = f"an alphabet of {len(raw.alphabet)} for {raw.kind}"
        raise ValueError(f"{found}, expected one for tokens, with `classes`, {raw.classes}, of them")


def _check_labels_form(split: str, part: Part, raw: Raw) -> None:
    if (part.labels is None) != (raw.train.labels is None):
        raise ValueError(f"{split} and train differ: expected labels in every split or in none")
    if part.labels is None:
        return
    if part.labels.shape != (len(part),) or part.labels.dtype.kind not in "iu":
        found = f"{part.labels.dtype} {list(part.labels.shape)}"
        raise ValueError(f"{split} labels are {found}, expected whole numbers [{len(part)}], one for every row")
    if raw.classes is None:
        raise ValueError(f"{split} has labels and `classes` is None, expected the number of distinct labels")


def check_content(name: str, raw: Raw) -> None:
    """Check the values.

    Raises:
        DataError: with expected and found; it is a damaged or unsuitable file.
    """
    for split, part in raw.parts():
        where = f"{name}, {split} split"
        if len(part) == 0:
            raise DataError(f"{where}: expected at least one row, found none; give more data")
        if raw.kind in ("points", "wave"):
            _check_finite(where, part.rows)
        if raw.kind in ("image", "wave"):
            _check_blank(where, part.rows)
        if part.labels is not None:
            _check_range(f"{where}: labels", part.labels, raw.classes)
        if raw.kind == "tokens":
            _check_range(f"{where}: tokens", part.rows, raw.classes)
        if raw.table is not None:
            _check_codes(where, part.rows, raw.table)
    if raw.kind == "points":
        _check_spread(name, raw.train.rows, raw.table)


def _check_finite(where: str, rows: NDArray[Any]) -> None:
    bad = np.flatnonzero(~np.isfinite(rows).all(axis=tuple(range(1, rows.ndim))))
    if len(bad):
        found = f"found NaN or infinity in {len(bad)} of {len(rows)} rows, the first of them row {bad[0]}"
        raise DataError(f"{where}: expected finite numbers, {found}; drop or repair these rows")


def _check_blank(where: str, rows: NDArray[Any]) -> None:
    blank = len(rows) - np.count_nonzero(rows.any(axis=tuple(range(1, rows.ndim))))
    if blank > BLANK * len(rows):
        found = f"found {blank} of {len(rows)} rows to be all zero"
        raise DataError(f"{where}: expected data, {found}: the file is damaged or was read wrongly; get it again")


def _check_range(where: str, values: NDArray[Any], classes: int | None) -> None:
    low, high = int(values.min()), int(values.max())
    if low < 0 or classes is None or high >= classes:
        last = "classes - 1" if classes is None else classes - 1
        raise DataError(f"{where}: expected 0..{last}, found {low}..{high}; number the classes from 0")


def _check_codes(where: str, rows: NDArray[Any], table: Table) -> None:
    """Check that integers are whole, and categories the codes of one of theirs."""
    for column, values in zip(table.columns, rows.T, strict=True):
        is_whole = column.kind == "number" or bool((values == np.rint(values)).all())
        low, high, last = float(values.min()), float(values.max()), len(column.categories) - 1
        if not is_whole or (column.kind == "category" and not 0 <= low <= high <= last):
            expected = f"codes 0..{last}" if column.kind == "category" else "whole numbers"
            found = f"found values from {low:g} to {high:g}" + ("" if is_whole else ", not all of them whole")
            raise DataError(f"{where}: expected {expected} in column '{column.name}', {found}; correct its type")


def _check_spread(name: str, rows: NDArray[Any], table: Table | None) -> None:
    """Refuse numbers that do not vary, which cannot be standardised; a category may."""
    constant = np.flatnonzero(rows.max(axis=0) == rows.min(axis=0))
    if table is not None:
        constant = np.array([at for at in constant if table.columns[at].kind != "category"], np.intp)
    if len(constant):
        what = f"coordinate {constant[0]}" if table is None else f"column '{table.columns[constant[0]].name}'"
        found = f"found {what} constant at {rows[0, constant[0]]:g}"
        raise DataError(f"{name}, train split: expected coordinates that vary, {found}; drop it, or give more rows")


def overlap(prepared: Prepared) -> int:
    """Return how many held-out rows occur byte for byte among the train rows: leakage, where it is not 0."""
    seen = set(digests(prepared.rows("train")))
    return sum(digest in seen for digest in digests(prepared.rows("held_out")))
