"""The kernel distance of codes and prior."""

from __future__ import annotations

import pytest
import torch

from genbench_vae import wae_mmd


def _mean_discrepancy(make, draws: int = 200) -> tuple[float, float]:
    torch.manual_seed(0)
    found = torch.stack([wae_mmd.discrepancy(*make()) for _ in range(draws)])
    return found.mean().item(), found.std().item() / draws**0.5


def test_equal_laws_are_at_no_distance_on_average() -> None:
    """Kills: the diagonal of a kernel counted in, which biases by 2/n of its seven ones."""
    mean, error = _mean_discrepancy(lambda: (torch.randn(32, 4), torch.randn(32, 4)))
    assert abs(mean) < 4 * error
    assert error < 0.02


def test_other_laws_are_apart() -> None:
    """Kills: a cross term with weight 1 for 2; the sign."""
    shifted, _ = _mean_discrepancy(lambda: (torch.randn(32, 4) + 1, torch.randn(32, 4)))
    narrow, _ = _mean_discrepancy(lambda: (0.3 * torch.randn(32, 4), torch.randn(32, 4)))
    assert shifted > 0.5
    assert narrow > 0.2


def test_a_small_case_by_hand() -> None:
    """Kills: distances without their square; C = d s in place of 2 d s."""
    codes, prior = torch.tensor([[0.0], [1.0]]), torch.tensor([[0.0], [3.0]])
    kernel = lambda squared: sum(2 * s / (2 * s + squared) for s in (0.1, 0.2, 0.5, 1, 2, 5, 10))  # noqa: E731
    expected = kernel(1) + kernel(9) - 2 * (kernel(0) + kernel(9) + kernel(1) + kernel(4)) / 4
    assert wae_mmd.discrepancy(codes, prior).item() == pytest.approx(expected, rel=1e-5)


def test_training_brings_the_codes_to_the_prior(make_task, make_batches) -> None:
    """Kills: a discrepancy that is maximised; codes that the cost alone shapes."""
    torch.manual_seed(0)
    rows = torch.randn(128, 4) @ torch.randn(4, 4) * 2
    found = []
    for penalty in (0.0, 100.0):
        torch.manual_seed(1)
        model = wae_mmd.build(make_task((4,)), wae_mmd.Options(latent=2, penalty=penalty))
        wae_mmd.train(model, make_batches(rows, 250, 64))
        with torch.no_grad():
            found.append(wae_mmd.discrepancy(model.codes(rows), torch.randn(128, 2)).item())
    assert found[1] < 0.05 < found[0]


def test_the_cost_is_a_sum_over_coordinates(make_task) -> None:
    """Kills: a mean over pixels, under which the penalty rules."""
    model = wae_mmd.build(make_task((1, 8, 8)), wae_mmd.Options(penalty=0))
    for parameter in model.parameters():
        torch.nn.init.zeros_(parameter)
    cost = -wae_mmd.objective(model, torch.ones(3, 1, 8, 8), torch.randn(3, 16))
    torch.testing.assert_close(cost, torch.full((3,), 16.0))  # sigmoid(0) = 1/2, 64 pixels
