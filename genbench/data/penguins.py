"""Palmer penguins, a table of 342 birds: species, island, four measurements, sex and year, from the data root.

A. M. Horst, A. P. Hill, K. B. Gorman, "palmerpenguins: Palmer Archipelago (Antarctica) penguin data", 2020, CC0. Two of
the 344 rows lack their measurements and are dropped; a sex that is not known is a category. The target is the species.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data import tabular
from genbench.data.reading import data_root, first_existing, read_known

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

KNOWN = "f204db2c753b0937caac3cb35258562c14f073e4bbc76be24b4c51ce22767a93"
ADVICE = "get inst/extdata/penguins.csv of palmerpenguins (github.com/allisonhorst/palmerpenguins) and put it there"


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the one file."""
    base = data_root(root, "penguins")
    return (first_existing([base / "tabular" / "penguins.csv"], name="penguins", advice=ADVICE),)


def load(root: Path | None) -> Raw:
    """Read, check and split 60/20/20."""
    (path,) = files(root)
    content = read_known(path, KNOWN, what="a table of 344 rows and 8 columns", advice=ADVICE)
    return tabular.load(path, content, target="species")
