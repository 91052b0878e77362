"""Decoders of text and of tables; the others are tested with the models."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import nn

from genbench.backbones.recurrent import Writer
from genbench_vae.likelihoods import Categorical, Mixed

SCHEMA = {
    "columns": [
        {"name": "sex", "kind": "category", "categories": ["f", "m"], "start": 0, "stop": 2},
        {"name": "mass", "kind": "number", "categories": [], "start": 2, "stop": 3},
    ],
    "target": None,
}


@pytest.fixture
def text() -> Categorical:
    torch.manual_seed(0)
    return Categorical(Writer(2, 3, 8), 8)


def test_all_sequences_sum_to_one(text) -> None:
    """Kills: a token that sees itself; a first token that is not scored."""
    rows = torch.tensor(list(itertools.product((0, 1), repeat=8)))
    z = torch.randn(1, 3).expand(256, -1)
    with torch.no_grad():
        assert text.log_prob(rows, z).double().exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_no_token_sees_itself_or_what_follows(text) -> None:
    """Kills: inputs that are not shifted."""
    z, rows = torch.randn(1, 3), torch.zeros(1, 8, dtype=torch.int64)
    changed = rows.clone()
    changed[0, 4] = 1
    with torch.no_grad():
        before, after = text.network(z, rows), text.network(z, changed)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.equal(before[:, 5], after[:, 5])


def test_what_is_written_is_what_is_scored(text) -> None:
    """Kills: a writer that starts from another state or shifts by two: frequencies must be the probabilities."""
    torch.manual_seed(1)
    z = torch.randn(1, 3).expand(40_000, -1)
    with torch.no_grad():
        drawn = text.draw(z)
        for prefix in ((0,), (1, 0), (1, 1, 0)):
            rows = torch.tensor(list(itertools.product((0, 1), repeat=8)))
            chosen = rows[(rows[:, : len(prefix)] == torch.tensor(prefix)).all(1)]
            share = text.log_prob(chosen, z[: len(chosen)]).exp().sum().item()
            found = (drawn[:, : len(prefix)] == torch.tensor(prefix)).all(1).float().mean().item()
            assert found == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / 40_000))


def test_a_table_is_scored_by_column() -> None:
    """Kills: log-softmax over all coordinates; the variance of a number used for categories."""
    mixed = Mixed(nn.Identity(), SCHEMA)
    with torch.no_grad():
        mixed.log_variance.fill_(math.log(4.0))
    z = torch.tensor([[1.0, 0.0, 0.5]])
    x = torch.tensor([[0.0, 1.0, 2.5]])
    expected = -math.log(1 + math.e) - 0.5 * (1 + math.log(8 * math.pi))
    assert mixed.log_prob(x, z).item() == pytest.approx(expected, abs=1e-6)


def test_draws_of_a_table_have_the_right_frequencies() -> None:
    """Kills: the likeliest category each time; numbers without their noise; columns put in another's place."""
    mixed = Mixed(nn.Identity(), SCHEMA)
    with torch.no_grad():
        mixed.log_variance.fill_(math.log(0.25))
        torch.manual_seed(0)
        drawn = mixed.draw(torch.tensor([[1.0, 0.0, 3.0]]).expand(20_000, -1))
    assert set(drawn[:, :2].unique().tolist()) == {0.0, 1.0}
    assert (drawn[:, :2].sum(1) == 1).all()
    assert drawn[:, 0].mean().item() == pytest.approx(math.e / (1 + math.e), abs=0.015)
    assert drawn[:, 2].mean().item() == pytest.approx(3, abs=0.02)
    assert drawn[:, 2].std().item() == pytest.approx(0.5, abs=0.02)
