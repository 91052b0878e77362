"""What makes a mixture density network of examples without a condition: of points at once, of waves frame by frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from sklearn.cluster import kmeans_plusplus
from torch import Tensor, nn
from torch.nn.functional import pad

from genbench.backbones.causal import CausalSize, CausalStack
from genbench_autoregressive.mixtures import FLOOR, Mixture, mixture_of, raw_width, unsoftplus

if TYPE_CHECKING:
    from collections.abc import Sequence

START = 0.1  # deviation of samples before anything is learnt


class ConstantMixture(nn.Module):
    """One mixture for all rows: a network whose input is constant has nothing but its biases.

    Means begin at rows of the data (`begin`), and all deviations at the rows' over the number of components' root.
    """

    has_begun: Tensor

    def __init__(self, dimensions: int, components: int) -> None:
        super().__init__()
        self.dimensions, self.components = dimensions, components
        self.raw = nn.Parameter(torch.zeros(raw_width(components, dimensions)))
        self.register_buffer("has_begun", torch.zeros((), dtype=torch.bool))

    @torch.no_grad()
    def begin(self, rows: Tensor) -> None:
        """Put the means on rows that lie far from each other; with fewer rows than components, on some of them twice.

        By k-means++ (D. Arthur, S. Vassilvitskii, 2007): of random rows alone, some modes are never found.
        """
        flat = rows.flatten(1).float()
        distinct = min(len(flat), self.components)
        seed = int(torch.randint(2**31, ()))
        _, chosen = kmeans_plusplus(flat.cpu().numpy(), distinct, random_state=seed)
        order = torch.arange(self.components) % distinct
        means = flat[torch.from_numpy(chosen)[order].to(flat.device)]
        means[distinct:] += 0.1 * torch.randn_like(means[distinct:])
        scale = max(self.components ** (-1 / self.dimensions) * float(flat.std(0).mean()), 2 * FLOOR)
        self.raw[self.components :].copy_(
            torch.cat([means.flatten(), torch.full((means.numel(),), unsoftplus(scale), device=flat.device)])
        )
        self.has_begun.fill_(True)

    def mixture(self) -> Mixture:
        """Return the mixture."""
        return mixture_of(self.raw, self.components)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) [n]."""
        return self.mixture().log_prob(x.flatten(1))

    def draw(self, count: int) -> Tensor:
        """Draw rows [count, dimensions]."""
        return Mixture(*(each.expand(count, *each.shape) for each in self.mixture())).draw()


class FrameMixture(nn.Module):
    """Waves frame by frame: p(x) = prod_i p(f_i | f_<i), a mixture of Gaussians each, on a stack of causal layers.

    Args:
        shape: of a wave, (c, t).
        frame: samples in a frame, of each channel; it divides t.
        components: of each mixture.
        size: of the stack.
    """

    def __init__(self, shape: Sequence[int], frame: int, components: int, size: CausalSize) -> None:
        super().__init__()
        self.shape, self.frame, self.components = tuple(shape), frame, components
        self.count = shape[1] // frame
        self.inputs = nn.Linear(shape[0] * frame, size.channels)
        self.stack = CausalStack(size)
        self.raw = nn.Linear(size.skip, raw_width(components, shape[0] * frame))
        with torch.no_grad():
            self.raw.weight[components:].mul_(0.1)
            self.raw.bias[components * (1 + shape[0] * frame) :].fill_(unsoftplus(START))

    def frames(self, x: Tensor) -> Tensor:
        """Return waves [n, c, t] as frames [n, count, c frame]."""
        return x.reshape(len(x), -1, self.count, self.frame).transpose(1, 2).flatten(2)

    def waves(self, frames: Tensor) -> Tensor:
        """Return frames as waves."""
        return frames.reshape(len(frames), self.count, -1, self.frame).transpose(1, 2).flatten(2)

    def mixtures(self, frames: Tensor) -> Mixture:
        """Return the mixture of each frame given those before it."""
        before = pad(frames, (0, 0, 1, 0))[:, :-1]
        hidden = self.stack(self.inputs(before), self._start())
        return mixture_of(self.raw(torch.relu(hidden)), self.components)

    def log_prob(self, x: Tensor) -> Tensor:
        """Return log p(x) [n]."""
        frames = self.frames(x)
        return self.mixtures(frames).log_prob(frames).sum(1)

    def draw(self, count: int) -> Tensor:
        """Draw waves [count, c, t], each frame in [-1, 1] before the next is drawn."""
        walk = self.stack.walk(self._start(), count)
        frame = torch.zeros(count, self.inputs.in_features, device=self.inputs.weight.device)
        drawn = []
        for _ in range(self.count):
            raw = self.raw(torch.relu(walk(self.inputs(frame))))
            frame = mixture_of(raw, self.components).draw().clamp(-1, 1)
            drawn.append(frame)
        return self.waves(torch.stack(drawn, dim=1))

    def _start(self) -> Tensor:
        return self.inputs(torch.zeros_like(self.inputs.weight[0]))  # type: ignore[no-any-return]
