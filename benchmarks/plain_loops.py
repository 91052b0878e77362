"""The other side for adversarial models: plain training loops, written down from the papers' algorithms.

Nothing of genbench trains here: its networks alone are used, at the first weights that our side left.

gan, dcgan: I. Goodfellow et al., 2014, arXiv 1406.2661, algorithm 1 with k = 1 and the generator's loss of section 3.
wgan_gp: I. Gulrajani et al., 2017, arXiv 1704.00028, algorithm 1. sn_gan: T. Miyato et al., 2018, arXiv 1802.05957,
equations 16 and 17, and algorithm 1.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits as bce
from torch.nn.utils.parametrizations import spectral_norm

from benchmarks.equal import ROWS, SEED, START, few, leave, lengths, load
from genbench import Task
from genbench.backbones import neutral_size
from genbench_gan import canonical, dcgan
from genbench_gan import networks as neutral

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.pacing import Pacer


class Nets(NamedTuple):
    """The two networks."""

    generator: nn.Module
    discriminator: nn.Module


def train(pacer: Pacer, **asked: Any) -> None:
    """Train; rows and first weights are those that our side left."""
    torch.set_num_threads(1)
    folder, model, settings = Path(asked["folder"]), asked["model"], asked["options"]
    rows = np.load(folder / ROWS)
    start = load(folder / START)
    nets, latent = networks(model, start)
    told = checked(model, nets, settings, *few(rows, latent))
    _put(nets, start)
    torch.manual_seed(1_000 + asked["seed"])
    begun = time.process_time()
    draw = uniform if model == "dcgan" else torch.randn
    play(*LOSSES[model], nets, _batches(rows, asked), lambda count: draw(count, latent), settings)
    cpu = time.process_time() - begun
    nets.generator.eval()
    with torch.no_grad():
        samples = torch.cat([nets.generator(draw(500, latent)) for _ in range(asked["samples"] // 500)])
    leave(folder / "theirs", {}, samples)
    pacer.ready(losses=told, cpu=cpu, examples=asked["epochs"] * len(rows))


def play(
    judge: Callable[..., Tensor],
    fool: Callable[..., Tensor],
    nets: Nets,
    batches: Iterator[Tensor],
    noise: Callable[[int], Tensor],
    settings: dict[str, Any],
) -> None:
    """Train both networks: the discriminator on every batch, the generator after every `critic_steps` of them."""
    betas = (settings["beta1"], settings["beta2"])
    adam_d, adam_g = (
        torch.optim.Adam(network.parameters(), lr=settings["lr"], betas=betas)
        for network in (nets.discriminator, nets.generator)
    )
    for count, real in enumerate(batches, start=1):
        adam_d.zero_grad()
        judge(nets, real, noise(len(real)), settings).backward()
        adam_d.step()
        if count % settings["critic_steps"] == 0:
            adam_g.zero_grad()
            fool(nets, noise(len(real))).backward()
            adam_g.step()


def uniform(*shape: int) -> Tensor:
    """Return numbers in -1 to 1, which DCGAN's noise is of."""
    return 2 * torch.rand(*shape) - 1


def judge_bce(nets: Nets, real: Tensor, z: Tensor, settings: dict[str, Any]) -> Tensor:
    """Ones for real rows, zeros for fakes; each in a pass of its own, as normalisation over the batch asks."""
    of_real, of_fake = nets.discriminator(real), nets.discriminator(nets.generator(z).detach())
    return bce(of_real, torch.ones_like(of_real)) + bce(of_fake, torch.zeros_like(of_fake))


def fool_bce(nets: Nets, z: Tensor) -> Tensor:
    """Ones for fakes."""
    of_fake = nets.discriminator(nets.generator(z))
    return bce(of_fake, torch.ones_like(of_fake))


def judge_penalised(nets: Nets, real: Tensor, z: Tensor, settings: dict[str, Any]) -> Tensor:
    """The critic's difference and the one-centred penalty on the lines between real rows and fakes."""
    fake = nets.generator(z).detach()
    share = torch.rand(len(real), *[1] * (real.dim() - 1))
    between = (share * real + (1 - share) * fake).requires_grad_(True)
    (slope,) = torch.autograd.grad(nets.discriminator(between).sum(), between, create_graph=True)
    penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
    return nets.discriminator(fake).mean() - nets.discriminator(real).mean() + settings["penalty"] * penalty


def fool_critic(nets: Nets, z: Tensor) -> Tensor:
    """What the critic says of fakes, turned round."""
    return -nets.discriminator(nets.generator(z)).mean()


def judge_hinge(nets: Nets, real: Tensor, z: Tensor, settings: dict[str, Any]) -> Tensor:
    """Margins of 1 on both sides; both in one pass, so that the power iteration goes on by one step."""
    of_real, of_fake = nets.discriminator(torch.cat([real, nets.generator(z).detach()])).chunk(2)
    return torch.relu(1 - of_real).mean() + torch.relu(1 + of_fake).mean()


LOSSES: dict[str, tuple[Callable[..., Tensor], Callable[..., Tensor]]] = {
    "gan": (judge_bce, fool_bce),
    "dcgan": (judge_bce, fool_bce),
    "wgan_gp": (judge_penalised, fool_critic),
    "sn_gan": (judge_hinge, fool_critic),
}


def task() -> Task:
    """Describe the digits."""
    return Task(
        kind="image", shape=(1, 28, 28), dtype=torch.float32, classes=None, labelled=False, examples=1, batch_size=1,
        schema=None, device=torch.device("cpu"), precision="fp32", compile=False, seed=0, budget="1steps",
    )  # fmt: skip


def networks(model: str, start: dict[str, Tensor]) -> tuple[Nets, int]:
    """Return the networks at the first weights that ours had, and how many numbers z has."""
    digits = task()
    if model == "dcgan":
        latent = canonical.LATENT
        plain = canonical.generator(digits, inputs=latent), canonical.discriminator(digits)
        nets = Nets(*(neutral.normalised(each, dcgan.batch_normalisation, first=n) for n, each in enumerate(plain)))
    else:
        latent, size = neutral.default_latent(digits), neutral_size(digits)
        nets = Nets(neutral.generator(digits, latent, size), neutral.discriminator(digits, size))
    if model == "sn_gan":
        for layer in nets.discriminator.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                spectral_norm(layer)
    _put(nets, start)
    return nets, latent


def _put(nets: Nets, start: dict[str, Tensor]) -> None:
    for name, network in zip(Nets._fields, nets, strict=True):
        own = {key.removeprefix(f"{name}."): each for key, each in start.items() if key.startswith(f"{name}.")}
        network.load_state_dict({key.replace(".normalise.", "."): each for key, each in own.items()})


def _batches(rows: np.ndarray, asked: dict[str, Any]) -> Iterator[Tensor]:
    pixels = torch.from_numpy(rows).float() / 255
    for _ in range(asked["epochs"]):
        for places in torch.randperm(len(rows)).split(asked["batch"]):
            yield pixels[places]


def checked(model: str, nets: Nets, settings: dict[str, Any], real: Tensor, noise: Tensor) -> list[float]:
    """Return both losses at equal noise, each with the length of its gradient."""
    judge, fool = LOSSES[model]
    torch.manual_seed(SEED)
    of_critic = judge(nets, real, noise[0], settings)
    of_critic.backward()
    found = [of_critic.item(), *lengths(nets.discriminator)]
    nets.discriminator.zero_grad(set_to_none=True)
    torch.manual_seed(SEED)
    of_generator = fool(nets, noise[0])
    of_generator.backward()
    return [*found, of_generator.item(), *lengths(nets.generator)]
