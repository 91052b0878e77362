"""Feature space `dinov2`: the class token of a vision transformer that learnt without labels, from the user's file.

Any of the published sizes (S, B, L and g with patches of 14, without registers) is told by the file's shapes; L is the
one of G. Stein and others, 2023, arXiv 2306.04675.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from genbench.features import given, photographs

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from genbench.features.given import State
    from genbench.refs import DataRef

BATCH = 32
RECIPE = (
    f"DINOv2, class token, antialiased bicubic resize to 224 x 224, ImageNet's mean and deviation, float32, batches of "
    f"{BATCH}"
)
WANTED = given.Wanted(
    features="dinov2",
    network="a DINOv2 vision transformer without registers",
    files=("dinov2_vitl14_pretrain.pth", "its sizes s, b and g"),
)
UNUSED = ("mask_token",)  # serves training alone


@dataclass(frozen=True, slots=True)
class Dinov2:
    """Class tokens after the last normalisation, float32 [n, dimension]."""

    state: State
    hash: str
    dimension: int
    device: str = "cpu"
    name: str = "dinov2"

    def __call__(
        self, rows: NDArray[Any], resize: Literal["antialiased", "as_tensorflow"] = "antialiased"
    ) -> NDArray[np.float32]:
        """Return the features of images uint8 [n, 1 or 3, h, w]; published answers ask for another resize."""
        from genbench.features import batched, dinov2_network
        from genbench.features import resize as ways

        weights = {name: array.to(self.device) for name, array in self.state.items()}
        smooth = getattr(ways, resize)
        return batched.extract(
            lambda images: dinov2_network.features(weights, images, smooth),
            rows,
            width=self.dimension,
            batch=BATCH,
            device=self.device,
        )


def check(data: DataRef, weights: Path | None) -> None:
    """Refuse what is no grey or colour image, and a file that is not there."""
    photographs.check(data, "dinov2")
    WANTED.check(weights)


def extractor(data: DataRef, weights: Path | None, device: str) -> Dinov2:
    """Return the extractor.

    Raises:
        UsageError: the data or the file of weights will not do.
    """
    check(data, weights)
    return load(weights, device)


def load(weights: Path | None, device: str) -> Dinov2:
    """Return the network of a file.

    Raises:
        UsageError: the file of weights is missing or holds something else.
    """
    from genbench.features.dinov2_network import HEAD, shapes

    path = WANTED.check(weights)
    found = {name: array for name, array in WANTED.read(path).items() if name not in UNUSED}
    wanted = shapes({name: tuple(array.shape) for name, array in found.items()})
    state = WANTED.fitted(path, found, wanted)
    width = wanted["cls_token"][-1]
    if width % HEAD:
        raise WANTED.refuse(path, f"tokens of {width} numbers, which {HEAD} does not divide")
    return Dinov2(state, given.digest(RECIPE, state), width, device)
