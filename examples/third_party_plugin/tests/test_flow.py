"""What only this package can know: the mathematics of its flow."""

import pytest
import torch

from genbench_coupling.layers import Flow


@pytest.fixture
def flow():
    torch.manual_seed(0)
    made = Flow(2, 3, layers=2, width=8).double()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def test_it_is_inverted(flow):
    """Kills: an inverse that undoes couplings in the wrong order, or scales before it shifts."""
    condition = torch.eye(3).double()[torch.arange(64) % 3]
    x = there = torch.randn(64, 2).double()
    for coupling in flow.couplings:
        there, _ = coupling(there, condition)
    for coupling in reversed(flow.couplings):
        there = coupling.inverse(there, condition)
    torch.testing.assert_close(there, x)


@pytest.mark.parametrize("label", range(3))
def test_its_density_integrates_to_one(flow, label):
    """Kills: a change of volume with the wrong sign, a constant that is missing."""
    axis = torch.linspace(-12, 12, 241).double()
    grid = torch.cartesian_prod(axis, axis)
    condition = torch.eye(3).double()[label].expand(len(grid), 3)
    with torch.no_grad():
        mass = flow.log_density(grid, condition).exp().sum() * (axis[1] - axis[0]) ** 2
    assert mass == pytest.approx(1, abs=0.01)
