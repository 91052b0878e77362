"""The nine divergences: values, domains, directions, and that any critic stays below.

P = N(0, 1) and Q = N(1, 1.2^2) unless said otherwise.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special, stats
from torch import nn
from torch.nn.utils import parameters_to_vector

from genbench_gan import f_gan
from genbench_gan.divergences import DIVERGENCES, jeffrey_conjugate

VALUES = {
    "kl": 0.376766, "reverse_kl": 0.537678, "pearson": 0.787686, "neyman": 5.64126, "squared_hellinger": 0.209630,
    "jeffrey": 0.914444, "js": 0.196735, "gan": -1.189560, "tv": 0.356916,
}  # fmt: skip
BEST = {  # V* of log u = log p/q: g_f(V*) = f'(u)
    "kl": lambda log_u: 1 + log_u,
    "reverse_kl": lambda log_u: log_u,
    "pearson": lambda log_u: 2 * (log_u.exp() - 1),
    "neyman": lambda log_u: 2 * log_u,
    "squared_hellinger": lambda log_u: log_u / 2,
    "jeffrey": lambda log_u: log_u + 1 - (-log_u).exp(),
    "js": lambda log_u: log_u,
    "gan": lambda log_u: log_u,
    "tv": lambda log_u: 50 * log_u.sign(),
}
QUADRATIC = ["kl", "reverse_kl", "squared_hellinger", "js", "gan"]  # whose V* is quadratic in x
NAMES = pytest.mark.parametrize("name", sorted(DIVERGENCES))
GRID = np.linspace(-15, 15, 60_001)


def _value(name: str, p: np.ndarray, q: np.ndarray) -> float:
    """Return E_P g_f(V*) - E_Q f*(g_f(V*)) of two densities on the grid, by quadrature."""
    best = BEST[name](torch.from_numpy(np.log(p) - np.log(q)))
    divergence = DIVERGENCES[name]
    inner = p * divergence.output(best).numpy() - q * divergence.conjugate(best).numpy()
    return float(integrate.trapezoid(inner, GRID))


@NAMES
def test_values_at_the_best_critic(name) -> None:
    """Kills: P and Q swapped; Pearson's and Neyman's triples swapped; any wrong g_f or f*."""
    p, q = stats.norm.pdf(GRID), stats.norm.pdf(GRID, 1, 1.2)
    assert _value(name, p, q) == pytest.approx(VALUES[name], rel=2e-2 if name == "neyman" else 2e-5)


@NAMES
@settings(max_examples=50, deadline=None)
@given(v=st.floats(-8, 8), log_u=st.floats(-3, 3))
def test_no_critic_is_above_the_bound(name, v, log_u) -> None:
    """Kills: a composition that is no conjugate. u g_f(v) - f*(g_f(v)) <= f(u), and it is f(u) at V*, for any u."""
    u, divergence = math.exp(log_u), DIVERGENCES[name]
    inner = lambda x: (u * divergence.output(x) - divergence.conjugate(x)).item()  # noqa: E731
    f = {
        "kl": u * log_u, "reverse_kl": -log_u, "pearson": (u - 1) ** 2, "neyman": (1 - u) ** 2 / u,
        "squared_hellinger": (math.sqrt(u) - 1) ** 2, "jeffrey": (u - 1) * log_u,
        "js": u * log_u - (u + 1) * math.log((1 + u) / 2), "gan": u * log_u - (u + 1) * math.log(u + 1),
        "tv": abs(u - 1) / 2,
    }[name]  # fmt: skip
    assert inner(torch.tensor(v, dtype=torch.float64)) <= f + 1e-9 * max(1, abs(f))
    assert inner(BEST[name](torch.tensor(log_u, dtype=torch.float64))) == pytest.approx(f, abs=1e-6)


@NAMES
def test_compositions_are_finite(name) -> None:
    """Kills: f* of a rounded g_f: log(2 - e^t), log(1 - e^t), t / (1 - t) and e^(1 - t) overflow before s is 40."""
    v = torch.linspace(-40, 40, 401, requires_grad=True)
    divergence = DIVERGENCES[name]
    for values in (divergence.output(v), divergence.conjugate(v)):
        (slope,) = torch.autograd.grad(values.sum(), v)
        assert values.isfinite().all()
        assert slope.isfinite().all()


def test_jeffreys_conjugate_is_lamberts() -> None:
    """Kills: too few steps; a start from which Newton passes the root; a root of which no gradient is taken."""
    t = torch.linspace(-300, 20, 641, dtype=torch.float64, requires_grad=True)
    found = jeffrey_conjugate(t)
    (slope,) = torch.autograd.grad(found.sum(), t)
    w = special.wrightomega(1 - t.detach().numpy())
    np.testing.assert_allclose(found.detach().numpy(), w + 1 / w + t.detach().numpy() - 2, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(slope.numpy(), 1 / w, rtol=1e-9)


@pytest.mark.parametrize("name", QUADRATIC)
def test_a_trained_critic_estimates_from_below(name, quantiles) -> None:
    """Kills: a sign; a mean over the wrong rows. A critic quadratic in x, trained on the loss that the model has."""
    real, fake = (torch.cat([x.square(), x], dim=1) for x in quantiles)
    critic = nn.Linear(2, 1, dtype=torch.float64)
    nn.init.zeros_(critic.weight)
    optimiser = torch.optim.LBFGS(critic.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        loss = -f_gan.bound(critic(real), critic(fake), DIVERGENCES[name])
        torch.autograd.backward(loss)
        return loss

    optimiser.step(closure)
    assert VALUES[name] - 0.02 < -closure().item() < VALUES[name] + 4e-3  # tails end at quantiles


@pytest.mark.parametrize(("name", "place", "spread"), [("kl", 0.0, math.sqrt(1 + 9)), ("reverse_kl", 3.0, 1.0)])
def test_which_way_the_divergence_goes(name, place, spread) -> None:
    """Kills: int p f(q/p). Of N(m, s^2), KL's nearest to two modes at -3 and 3 covers both, reverse KL's takes one."""
    p = (stats.norm.pdf(GRID, -3) + stats.norm.pdf(GRID, 3)) / 2
    pairs = [(m, s) for m in (0.0, 1.5, 3.0) for s in (1.0, 2.0, math.sqrt(10))]
    best = min(pairs, key=lambda pair: _value(name, p, stats.norm.pdf(GRID, *pair)))
    assert best == (place, spread)


def test_losses_of_the_generator() -> None:
    """Kills: a generator that raises F; the heuristic with f* for g_f."""
    fake = torch.tensor([[0.5], [-1.0]])
    kl = DIVERGENCES["kl"]
    assert f_gan.generator_loss(fake, kl, "minimise").item() == pytest.approx(-(math.exp(-0.5) + math.exp(-2)) / 2)
    assert f_gan.generator_loss(fake, kl, "heuristic").item() == pytest.approx(0.25)


def test_options_reach_the_game(make_task) -> None:
    """Kills: an option that is declared and ignored."""
    losses = {}
    for divergence in DIVERGENCES:
        for loss in ("minimise", "heuristic"):
            torch.manual_seed(0)
            model = f_gan.build(make_task((2,)), f_gan.Options(divergence=divergence, generator=loss))
            noise = torch.randn(16, model.latent, generator=torch.Generator().manual_seed(1))
            losses[divergence, loss] = f_gan.generator_objective(model, torch.empty(0), noise).item()
    alike = 2 + 1 + 1  # g_f of KL, Pearson and Jeffrey; of Neyman and squared Hellinger; of TV both losses
    assert len(set(losses.values())) == len(losses) - alike


def test_gradients_are_cut_down_to_a_norm(make_task, make_batches, monkeypatch) -> None:
    """Kills: each weight's gradient cut by itself; one player's left alone; a cut that comes after the step."""
    monkeypatch.setattr(f_gan, "LONGEST", 1e-3)
    task = make_task((2,))

    def moved(scale: float) -> torch.Tensor:
        torch.manual_seed(0)
        model = f_gan.build(task, f_gan.Options(optimiser="rmsprop"))
        torch.manual_seed(1)
        monkeypatch.setattr(torch.optim.RMSprop, "step", _plain_step)
        start = parameters_to_vector([*model.discriminator.parameters(), *model.generator.parameters()]).detach()
        f_gan.train(model, make_batches(scale * torch.ones(64, 2), 1))
        return parameters_to_vector([*model.discriminator.parameters(), *model.generator.parameters()]).detach() - start

    assert moved(100.0).norm().item() == pytest.approx(math.sqrt(2) * 1e-3, rel=1e-2)


def _plain_step(self) -> None:
    """Add the gradients, after what stands before any step."""
    for hook in self._optimizer_step_pre_hooks.values():
        hook(self, (), {})
    with torch.no_grad():
        for group in self.param_groups:
            for weight in group["params"]:
                weight.sub_(weight.grad)
