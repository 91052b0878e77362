"""Adult, a table of 32,561 people of the census of 1994: six numbers and nine categories, from the data root.

B. Becker, R. Kohavi, "Adult", UCI Machine Learning Repository, 1996, its training part, all 15 columns. What is not
known is written `?` and is a category. The target is the income, above 50,000 dollars a year or not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data import tabular
from genbench.data.reading import data_root, first_existing, read_known

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

KNOWN = "b1ee59153ff6055037ada6074d5cbed507af97f4d4d4b1fffcd7f62133c283a5"
ADVICE = "get examples/csv/adult.csv of CTGAN (github.com/sdv-dev/CTGAN) and put it there"


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the one file."""
    base = data_root(root, "adult")
    return (first_existing([base / "tabular" / "adult.csv"], name="adult", advice=ADVICE),)


def load(root: Path | None) -> Raw:
    """Read, check and split 80/10/10."""
    (path,) = files(root)
    content = read_known(path, KNOWN, what="a table of 32561 rows and 15 columns", advice=ADVICE)
    return tabular.load(path, content, target="income")
