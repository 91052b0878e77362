"""Spectral normalisation of whole networks (Miyato, Kataoka, Koyama & Yoshida, 2018, arXiv 1802.05957)."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from genbench_gan.networks import LEARNT

if TYPE_CHECKING:
    from torch import Tensor

Network = TypeVar("Network", bound=nn.Module)


class InFloat32(nn.Module):
    """Computes W / sigma(W) in float32 whatever the precision of the networks: the iteration drifts in less.

    Args:
        normalise: what is computed.
    """

    def __init__(self, normalise: nn.Module) -> None:
        super().__init__()
        self.normalise = normalise

    def forward(self, weight: Tensor) -> Tensor:
        """Return the weight, its largest singular value brought to 1."""
        with torch.autocast(weight.device.type, enabled=False):
            return self.normalise(weight)  # type: ignore[no-any-return]


def spectrally_normalised(network: Network) -> Network:
    """Divide every linear and convolutional layer's weight W [outputs, rest] by its largest singular value, in place.

    That is estimated as u'Wv (equation 4, algorithm 1): u and v are buffers that one power iteration moves at each
    forward pass in train mode, and no gradient passes through them. A convolution's is that of its kernel as a matrix,
    as in the paper, not of the operator.
    """
    for layer in [layer for layer in network.modules() if isinstance(layer, LEARNT)]:
        spectral_norm(layer)
        held = cast("nn.ModuleDict", layer.parametrizations)["weight"]
        cast("nn.ModuleList", held)[0] = InFloat32(cast("nn.ModuleList", held)[0])
    return network
