"""The contract of a feature space: one Python module with one function, `extractor`.

Register the module in the entry-point group `genbench.features` under the space's name,

    [project.entry-points."genbench.features"]
    inception = "genbench_inception.features"

and let it hold:

- `extractor(data: DataRef, folder: Path | None, weights: Path | None, device: str) -> Extractor`: make the extractor
  for a data set. It takes, by name, only the arguments that it wants. `folder` is where what was trained for this run
  is kept; `weights` is the user's file, `--features-weights inception=FILE`; each is None where there is none. `device`
  is "cpu" or "cuda:0"; wherever it computes, it gives back arrays of numpy.
- `check(data: DataRef, weights: Path | None) -> None` (optional): raise `genbench.errors.UsageError` for a data set
  that does not suit, or where a file is needed and missing. It may leave out `weights`. It is called before any budget
  is spent and trains nothing.

An extractor whose network tells classes apart may have `logits(rows)`, the class scores [n, classes] behind an
inception score. The same rows must give the same features in whatever company they come, up to rounding: fix the
batch size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Extractor(Protocol):
    """A map from rows, as a prepared data set stores them, to features."""

    @property
    def name(self) -> str:
        """The feature space, as in `fd:classifier`."""

    @property
    def hash(self) -> str:
        """Hexadecimal digits that change when anything does that decides the features: weights, batch size, dtype."""

    @property
    def dimension(self) -> int:
        """Features per row."""

    def __call__(self, rows: NDArray[Any]) -> NDArray[Any]:
        """Return float32 or float64 [n, dimension] of uint8 images [n, c, h, w] or float32 points [n, d]."""
