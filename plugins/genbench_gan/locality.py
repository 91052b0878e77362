"""The information between a row's features as a whole and those of its places, as both Infomax models maximise it.

After Lee, Tran & Cheung, 2021, arXiv 2007.04589, section 3.2, and Hjelm et al., 2019, arXiv 1808.06670.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from genbench_gan.networks import LEARNT
from genbench_gan.residual import Down

if TYPE_CHECKING:
    from genbench import Task


class Seen(NamedTuple):
    """What one pass of a discriminator shows of its rows."""

    logits: Tensor  # [n, 1]
    places: Tensor  # features of each place [n, c, h, w]
    whole: Tensor  # features that the last layer sees [n, f]

    def first(self, count: int) -> Seen:
        """Return that of the first rows."""
        return Seen(*(each[:count] for each in self))


class Projections(nn.Module):
    """Bring both kinds of features to the same dimensions: a hidden layer each, and a linear way beside it.

    Args:
        channels: of places.
        features: of the whole.
        outputs: dimensions.
    """

    def __init__(self, channels: int, features: int, outputs: int) -> None:
        super().__init__()
        self.place = nn.Sequential(nn.Conv2d(channels, outputs, 1), nn.ReLU(), nn.Conv2d(outputs, outputs, 1))
        self.place_shortcut = nn.Conv2d(channels, outputs, 1)
        self.whole = nn.Sequential(nn.Linear(features, outputs), nn.ReLU(), nn.Linear(outputs, outputs))
        self.whole_shortcut = nn.Linear(features, outputs)

    def forward(self, places: Tensor, whole: Tensor) -> tuple[Tensor, Tensor]:
        """Map [n, c, h, w] and [n, f] to [n, h * w, outputs] and [n, outputs], in float32."""
        local = (self.place(places) + self.place_shortcut(places)).flatten(2).transpose(1, 2)
        return local.float(), (self.whole(whole) + self.whole_shortcut(whole)).float()


def contrast(local: Tensor, whole: Tensor) -> Tensor:
    """Return the loss by which a row's whole must find its own places among those of other rows (equation 6).

    For row i and place p it is -log exp(g_ii,p) / (exp(g_ii,p) + sum over j != i and q of exp(g_ij,q)), where g_ij,q is
    the product of row i's whole and place q of row j, over the root of the dimensions. The row's other places are left
    out: no score is low enough to stand for that.

    Args:
        local: [n, places, r].
        whole: [n, r].
    """
    scores = torch.einsum("ir,jpr->ijp", whole, local) / math.sqrt(whole.shape[1])
    own = scores.diagonal().T  # [n, places]
    itself = torch.eye(len(whole), dtype=torch.bool, device=whole.device)[:, :, None]
    others = scores.masked_fill(itself, -torch.inf).flatten(1).logsumexp(dim=1, keepdim=True)
    return (torch.logaddexp(own, others) - own).mean()


def see(network: nn.Sequential, x: Tensor) -> Seen:
    """Return what a discriminator shows of rows in one pass."""
    layers, at = list(network), last_grid(network)
    places = whole = x
    for place, layer in enumerate(layers[:-1]):
        places = whole if place == at else places
        whole = layer(whole)
    return Seen(layers[-1](whole).float(), places, whole)


def last_grid(network: nn.Sequential) -> int:
    """Return the place of the layer that is given the last grid from which more is learnt than the logit; 0 if none."""
    layers = list(network)
    if isinstance(layers[0], nn.Flatten):
        return 0
    learnt = [place for place, layer in enumerate(layers[:-1]) if isinstance(layer, (*LEARNT, Down))]
    flat = [place for place, layer in enumerate(layers) if isinstance(layer, nn.Flatten)]
    return min(place for place in (learnt[-1], *flat) if place)


def projections(network: nn.Sequential, task: Task, outputs: int) -> Projections:
    """Return projections of what a discriminator shows.

    Raises:
        ValueError: it is a perceptron, which has no places.
    """
    if not last_grid(network):
        raise ValueError(
            f"the information of places needs a convolutional discriminator, which 'neutral' is not of shape "
            f"{task.shape}: use backbone 'canonical'"
        )
    was_training = network.training
    with torch.no_grad():  # in eval mode: a spectral norm's iteration does not move
        seen = see(network.eval(), torch.zeros(1, *task.shape))
    network.train(was_training)
    return Projections(seen.places.shape[1], seen.whole.shape[1], outputs)
