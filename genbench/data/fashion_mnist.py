"""Fashion-MNIST articles of clothing, 28 x 28 grey, 60,000 + 10,000 in 10 classes, from the data root.

H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms",
2017, arXiv:1708.07747.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.data.idx import Family, Known

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.data.dataset import Raw

FAMILY = Family(
    name="fashion_mnist",
    folders=("fashion-mnist", "FashionMNIST/raw"),  # the second is how torchvision stores it
    files=(
        Known(
            "train-images-idx3-ubyte",
            (60000, 28, 28),
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        Known("train-labels-idx1-ubyte", (60000,), "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9"),
        Known(
            "t10k-images-idx3-ubyte",
            (10000, 28, 28),
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        Known("t10k-labels-idx1-ubyte", (10000,), "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34"),
    ),
    advice="get the four files of Fashion-MNIST (Zalando Research; torchvision fetches them too) and put them there",
)


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the four idx files."""
    return FAMILY.paths(root)


def load(root: Path | None) -> Raw:
    """Read, check and split."""
    return FAMILY.load(root)
