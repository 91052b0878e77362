"""The contract of a data set: one Python module with one function, `load`.

Register the module in the entry-point group `genbench.datasets` under the data set's name,

    [project.entry-points."genbench.datasets"]
    moons = "genbench_moons.moons"

and let it hold:

- `load(source: str | None, root: Path | None) -> Raw`: decode and split. It takes, by name, only the arguments that it
  wants. `source` is what follows the colon in `images:photos@32`, None where there is no colon; a set without this
  argument refuses a colon. `root` is the user's data root, None where there is none.
- `files(source, root) -> Iterable[Path]` (optional): every file that decides the content. The cache is believed only
  while they are unchanged. A set that takes `source` or `root` and has no `files` is decoded afresh at every run.
- a docstring whose first line describes the set in listings.

Labels are of images, points and waves. Points may be a table: `Raw.table` types the columns (`genbench.table.Column`),
rows are in the table's own units with a category as its code, and the harness encodes and decodes for models. Tokens
are codes 0..classes - 1, `classes` is the size of the vocabulary, and `Raw.alphabet` says what each code stands for.
`genbench.data.tabular` and `genbench.data.characters` make both of a file's bytes.

Raise `genbench.errors.DataError` for a file that is missing or damaged: say the file, what was expected, what was found
and what to do. The same files must give the same rows on every machine; `genbench.data.streams` has stable randomness.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    from numpy.typing import NDArray

    from genbench.hookspecs import Kind
    from genbench.refs import Mixture, Split
    from genbench.table import Table


class Form(NamedTuple):
    """How a kind's rows are stored."""

    dtype: str  # little-endian, so that hashes do not depend on the machine
    axes: str


FORMS: dict[Kind, Form] = {
    "image": Form("|u1", "n c h w"),  # 0..255
    "points": Form("<f4", "n d"),  # in the data's own units; a table's categories as codes
    "wave": Form("<f4", "n c t"),  # in [-1, 1]
    "tokens": Form("<i8", "n t"),  # 0..classes - 1
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One split: rows in their kind's form, and their labels [n], 0..classes - 1."""

    rows: NDArray[Any]
    labels: NDArray[np.integer[Any]] | None = None

    def __getitem__(self, index: slice | NDArray[np.integer[Any]]) -> Part:
        """Return the chosen rows with their labels."""
        return Part(rows=self.rows[index], labels=None if self.labels is None else self.labels[index])

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A data set as its module hands it over: decoded and split, not yet checked."""

    kind: Kind
    train: Part
    validation: Part
    held_out: Part
    classes: int | None = None  # distinct labels; vocabulary size for tokens
    mixture: Mixture | None = None  # the true density, where it is known
    table: Table | None = None  # the columns, where points are a table: a category is stored as its code
    alphabet: tuple[str, ...] | None = None  # what tokens stand for, by code

    def parts(self) -> Iterator[tuple[Split, Part]]:
        """Yield every split with its name, always in the same order."""
        yield "train", self.train
        yield "validation", self.validation
        yield "held_out", self.held_out

    def each(self, change: Callable[[Part], Part]) -> Raw:
        """Return the data set with every split changed."""
        train, validation, held_out = map(change, (self.train, self.validation, self.held_out))
        return replace(self, train=train, validation=validation, held_out=held_out)
