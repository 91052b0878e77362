"""The same algorithms as bare loops, tuned by hand: resident rows, one gather, fused Adam, no gradient for nothing."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import limits, networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.pacing import Pacer

AVERAGE = 0.001  # weight of an update in the running average of a generator
WARM_UP = 3  # steps before a capture


@dataclass(frozen=True)
class Asked:
    """How a loop is to run."""

    matmul: str = "highest"
    precision: str = "fp32"
    device: str = "cpu"
    batch: int = networks.BATCH
    is_graph: bool = False

    def prepared(self, name: str) -> networks.Pair:
        """Return networks where they are trained, and set the arithmetic."""
        if self.precision == "bf16":
            limits.require("bfloat16", self.device)
        torch.set_num_threads(1)
        torch.set_float32_matmul_precision(self.matmul)
        pair = networks.make(name)
        return pair._replace(first=self._placed(pair.first), second=self._placed(pair.second))

    def first_batch(self, pair: networks.Pair) -> tuple[Tensor, Tensor]:
        """Return rows and noise for which all sides must compute the same."""
        x, noise = networks.first_batch(pair)
        return x.to(self.device), noise.to(self.device)

    def autocast(self) -> torch.autocast:
        """Compute in the precision."""
        kind = self.device.partition(":")[0]
        return torch.autocast(kind, torch.bfloat16, enabled=self.precision == "bf16", cache_enabled=not self.is_graph)

    def fused(self) -> dict[str, bool]:
        """Return Adam's settings."""
        return {"fused": True} | ({"capturable": True} if self.is_graph else {})

    def _placed(self, network: nn.Module) -> nn.Module:
        return nn.utils.convert_conv2d_weight_memory_format(network.to(self.device), torch.channels_last)


def coder(pacer: Pacer, networks_: str, **settings: Any) -> None:
    """Auto-encode."""
    asked = Asked(**settings)
    pair = asked.prepared(networks_)
    encoder, decoder = pair.first, pair.second
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 2e-3, **asked.fused())

    def loss(x: Tensor, noise: Tensor) -> Tensor:
        with asked.autocast():
            mean, log_variance = encoder(x).float().chunk(2, dim=1)
            logits = decoder(mean + torch.exp(log_variance / 2) * noise).float()
        distortion = binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
        rate = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)
        return (distortion + rate).mean()

    def step(x: Tensor) -> None:
        value = loss(x, torch.randn(len(x), pair.latent, device=x.device))
        adam.zero_grad()
        value.backward()
        adam.step()

    with torch.no_grad():
        found = [loss(*asked.first_batch(pair)).item()]
    _run(pacer, step, pair, found, asked)


def rivals(pacer: Pacer, networks_: str, **settings: Any) -> None:
    """Let two networks compete, and keep a running average of the generator."""
    asked = Asked(**settings)
    pair = asked.prepared(networks_)
    generator, discriminator = pair.first, pair.second
    adam_d, adam_g = (
        torch.optim.Adam(each.parameters(), 1e-3, (0.5, 0.999), **asked.fused()) for each in (discriminator, generator)
    )
    average = copy.deepcopy(generator).requires_grad_(False)
    judge = partial(_judged, discriminator)

    def losses_d(x: Tensor, noise: Tensor) -> Tensor:
        with torch.no_grad():
            fake = generator(noise)
        real_logits, fake_logits = judge(x, fake)
        return softplus(-real_logits).mean() + softplus(fake_logits).mean()

    def losses_g(noise: Tensor) -> Tensor:
        return softplus(-discriminator(generator(noise)).float()).mean()

    def step(x: Tensor) -> None:
        with asked.autocast():
            loss_d = losses_d(x * 2 - 1, torch.randn(len(x), pair.latent, device=x.device))
        _descend(adam_d, loss_d, discriminator)
        with asked.autocast():
            loss_g = losses_g(torch.randn(len(x), pair.latent, device=x.device))
        _descend(adam_g, loss_g, generator)
        with torch.no_grad():
            torch._foreach_lerp_(_averaged(average), _averaged(generator), AVERAGE)

    x, noise = asked.first_batch(pair)
    with torch.no_grad():
        found = [losses_d(x * 2 - 1, noise).item(), losses_g(noise).item()]
    _run(pacer, step, pair, found, asked)


def _judged(discriminator: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits of both, from one pass where a logit does not depend on its batch."""
    if any(isinstance(each, nn.BatchNorm2d) for each in discriminator.modules()):
        return discriminator(real).float(), discriminator(fake).float()
    first, second = discriminator(torch.cat([real, fake])).float().chunk(2)
    return first, second


def _descend(adam: torch.optim.Adam, loss: Tensor, network: nn.Module) -> None:
    adam.zero_grad()
    torch.autograd.backward(loss, inputs=list(network.parameters()))
    adam.step()


def _averaged(network: nn.Module) -> list[Tensor]:
    return [*network.parameters(), *(each for each in network.buffers() if each.is_floating_point())]


def _run(pacer: Pacer, step: Callable[[Tensor], None], pair: networks.Pair, losses: list[float], asked: Asked) -> None:
    batches = _batches(torch.from_numpy(networks.rows(pair.shape)).to(asked.device), asked.batch)
    with FlopCounterMode(display=False) as counter:
        step(next(batches))
    pacer.ready(losses=losses if asked.precision == "fp32" else None, flops=counter.get_total_flops())
    step = captured(step, next(batches)) if asked.is_graph else step
    for x in batches:
        pacer()
        step(x)


def captured(step: Callable[[Tensor], None], x: Tensor) -> Callable[[Tensor], None]:
    """Return what replays `step` as one CUDA graph, as torch's documentation has it."""
    place = x.clone()
    aside = torch.cuda.Stream()
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(WARM_UP):
            step(place)
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step(place)

    def replay(x: Tensor) -> None:
        place.copy_(x)
        graph.replay()

    return replay


def _batches(rows: Tensor, size: int) -> Iterator[Tensor]:
    """Yield pixels in [0, 1], every row once before any again."""
    while True:
        for index in torch.randperm(len(rows)).to(rows.device).split(size):
            if len(index) == size:
                yield rows.index_select(0, index).to(torch.float32).div_(255)
