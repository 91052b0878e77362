"""MNIST handwritten digits, 28 x 28 grey, 60,000 + 10,000 in 10 classes, from the data root.

Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-based learning applied to document recognition", 1998.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data.idx import Family, Known

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

FAMILY = Family(
    name="mnist",
    folders=("mnist", "MNIST/raw"),  # the second is how torchvision stores it
    files=(
        Known(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        Known("train-labels-idx1-ubyte", (60000,), "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"),
        Known(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        Known("t10k-labels-idx1-ubyte", (10000,), "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"),
    ),
    advice="get the four files of MNIST (LeCun, Cortes, Burges; torchvision fetches them too) and put them there",
)


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the four idx files."""
    return FAMILY.paths(root)


def load(root: Path | None) -> Raw:
    """Read, check and split."""
    return FAMILY.load(root)
