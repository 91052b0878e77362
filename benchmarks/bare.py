"""The same algorithms as bare loops, tuned by hand: resident rows, one gather, fused Adam, no gradient for nothing."""

from __future__ import annotations

import copy
from functools import partial
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import limits, networks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.pacing import Pacer

AVERAGE = 0.001  # weight of an update in the running average of a generator


def coder(pacer: Pacer, networks_: str, matmul: str, precision: str = "fp32") -> None:
    """Auto-encode."""
    pair = _prepared(networks_, matmul, precision)
    encoder, decoder = pair.first, pair.second
    adam = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], 2e-3, fused=True)

    def loss(x: Tensor, noise: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            mean, log_variance = encoder(x).float().chunk(2, dim=1)
            logits = decoder(mean + torch.exp(log_variance / 2) * noise).float()
        distortion = binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
        rate = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1)
        return (distortion + rate).mean()

    def step(x: Tensor) -> None:
        value = loss(x, torch.randn(len(x), pair.latent))
        adam.zero_grad()
        value.backward()
        adam.step()

    with torch.no_grad():
        found = [loss(*networks.first_batch(pair)).item()]
    _run(pacer, step, pair, found, precision)


def rivals(pacer: Pacer, networks_: str, matmul: str, precision: str = "fp32") -> None:
    """Let two networks compete, and keep a running average of the generator."""
    pair = _prepared(networks_, matmul, precision)
    generator, discriminator = pair.first, pair.second
    adam_d, adam_g = (
        torch.optim.Adam(each.parameters(), 1e-3, (0.5, 0.999), fused=True) for each in (discriminator, generator)
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
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss_d = losses_d(x * 2 - 1, torch.randn(len(x), pair.latent))
        _descend(adam_d, loss_d, discriminator)
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
            loss_g = losses_g(torch.randn(len(x), pair.latent))
        _descend(adam_g, loss_g, generator)
        with torch.no_grad():
            torch._foreach_lerp_(_averaged(average), _averaged(generator), AVERAGE)

    x, noise = networks.first_batch(pair)
    with torch.no_grad():
        found = [losses_d(x * 2 - 1, noise).item(), losses_g(noise).item()]
    _run(pacer, step, pair, found, precision)


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


def _prepared(name: str, matmul: str, precision: str) -> networks.Pair:
    if precision == "bf16":
        limits.require("bfloat16")
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision(matmul)
    pair = networks.make(name)
    return pair._replace(first=_channels_last(pair.first), second=_channels_last(pair.second))


def _channels_last(network: nn.Module) -> nn.Module:
    return nn.utils.convert_conv2d_weight_memory_format(network, torch.channels_last)


def _run(
    pacer: Pacer, step: Callable[[Tensor], None], pair: networks.Pair, losses: list[float], precision: str
) -> None:
    batches = _batches(torch.from_numpy(networks.rows(pair.shape)))
    with FlopCounterMode(display=False) as counter:
        step(next(batches))
    pacer.ready(losses=losses if precision == "fp32" else None, flops=counter.get_total_flops())
    for x in batches:
        pacer()
        step(x)


def _batches(rows: Tensor) -> Iterator[Tensor]:
    """Yield pixels in [0, 1], every row once before any again."""
    while True:
        for index in torch.randperm(len(rows)).split(networks.BATCH):
            if len(index) == networks.BATCH:
                yield rows.index_select(0, index).to(torch.float32).div_(255)
