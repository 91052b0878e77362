"""Layers and memories of Salimans et al., 2016, arXiv 1606.03498, sections 3.2, 3.3 and 3.5."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn import functional

from genbench_gan.networks import normalised, outputs_of

if TYPE_CHECKING:
    from collections.abc import Iterable

REFERENCE = 64  # rows of the reference batch
EPSILON = 1e-5


class MinibatchDiscrimination(nn.Module):
    """Adds to each row's features how close the others of its batch are (section 3.2).

    M = T f is a matrix [kernels, dimensions] of each row; o_b(i) = sum over j != i of exp(-||M_ib - M_jb||_1). The row
    itself is left out, and the rows of T are unit vectors times a learnt scale, as in the authors' code.

    Args:
        inputs: features of a row.
        kernels: sums o_b.
        dimensions: of each kernel.
    """

    def __init__(self, inputs: int, kernels: int, dimensions: int = 5) -> None:
        super().__init__()
        self.kernels = kernels
        self.directions = nn.Parameter(torch.randn(kernels * dimensions, inputs))
        self.log_scale = nn.Parameter(torch.zeros(kernels * dimensions))

    def forward(self, f: Tensor) -> Tensor:
        """Map [n, inputs] to [n, inputs + kernels]."""
        directions = functional.normalize(self.directions, dim=1) * self.log_scale.exp()[:, None]
        return torch.cat([f, closeness(functional.linear(f, directions).view(len(f), self.kernels, -1))], dim=1)


def closeness(m: Tensor) -> Tensor:
    """Return o [n, kernels] of the matrices m [n, kernels, dimensions]."""
    each = m.float().transpose(0, 1)
    itself = torch.eye(len(m), dtype=torch.bool, device=m.device)
    return torch.exp(-torch.cdist(each, each, p=1)).masked_fill(itself, 0).sum(dim=2).T


class History(nn.Module):
    """The mean of a network's weights over all updates so far (section 3.3).

    Args:
        network: whose weights at the start are the first.
    """

    count: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.register_buffer("count", torch.ones(()))
        for place, weight in enumerate(network.parameters()):
            self.register_buffer(f"mean_{place}", weight.detach().clone())

    def distance(self, network: nn.Module) -> Tensor:
        """Return ||theta - mean||^2, through which gradients pass to theta alone."""
        pairs = zip(network.parameters(), self._means(), strict=True)
        return torch.stack([(weight - mean).square().sum() for weight, mean in pairs]).sum()

    @torch.no_grad()
    def add(self, network: nn.Module) -> None:
        """Count the weights as they stand now in."""
        self.count.add_(1)
        for weight, mean in zip(network.parameters(), self._means(), strict=True):
            mean.add_((weight - mean) / self.count)

    def _means(self) -> Iterable[Tensor]:
        return [mean for name, mean in self.named_buffers() if name != "count"]


class VirtuallyNormalised(nn.Module):
    """A network in which each row is normalised with a fixed reference batch and itself (section 3.5).

    So a row's output does not depend on its batch. The reference passes through the network anew each time.

    Args:
        network: its normalisations over the batch are replaced, or such are added behind its layers.
        reference: rows [m, ...] of its inputs.
    """

    reference: Tensor

    def __init__(self, network: nn.Module, reference: Tensor) -> None:
        super().__init__()
        count = len(reference)
        self.network = normalised(network, lambda layer: VirtualNorm(outputs_of(layer), count), first=0)
        self.register_buffer("reference", reference)

    def forward(self, x: Tensor) -> Tensor:
        """Map rows as the network does."""
        outputs: Tensor = self.network(torch.cat([self.reference, x]))
        return outputs[len(self.reference) :]


class VirtualNorm(nn.Module):
    """Normalises the reference by its own statistics, other rows by those of the reference and themselves together.

    Args:
        channels: of the rows.
        count: first rows, that are the reference.
    """

    def __init__(self, channels: int, count: int) -> None:
        super().__init__()
        self.count = count
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Map [count + n, channels, ...] to the same shape, in float32."""
        x = x.float()
        reference, own = x[: self.count], x[self.count :]
        inner, share = tuple(range(2, x.dim())), 1 / (self.count + 1)
        mean, spread = reference.mean(dim=(0, *inner), keepdim=True), _spread(reference, (0, *inner))
        of_own = own.mean(dim=inner, keepdim=True) if inner else own
        both = (1 - share) * mean + share * of_own
        of_both = (1 - share) * (spread + (mean - both).square())
        of_both = of_both + share * ((_spread(own, inner) if inner else 0) + (of_own - both).square())
        normal = torch.cat(
            [(reference - mean) * (spread + EPSILON).rsqrt(), (own - both) * (of_both + EPSILON).rsqrt()]
        )
        shape = (-1, *[1] * len(inner))
        return normal * self.weight.view(shape) + self.bias.view(shape)


def _spread(x: Tensor, axes: tuple[int, ...]) -> Tensor:
    """Return the variance over `axes`, which are kept."""
    return x.var(dim=axes, correction=0, keepdim=True)
