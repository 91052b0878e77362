"""WaveNet against what is known exactly: causality, sums over all sequences, an entropy rate, the mu law."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.backbones.causal import CausalNetwork, CausalSize
from genbench_autoregressive import wavenet
from genbench_autoregressive.levels import MU, Companded, Pixels

SIZE = CausalSize(channels=8, skip=8, layers=3, rounds=2)  # sees 15 values
ENTROPY_RATE = 0.383523  # nats a value of the chain below
TRANSITIONS = torch.tensor([[0.9, 0.1], [0.2, 0.8]])
STATIONARY = torch.tensor([2 / 3, 1 / 3])


def _network(levels: int = 4, length: int = 40, **how) -> CausalNetwork:
    torch.manual_seed(0)
    return CausalNetwork(levels, length, SIZE, **how).eval()


def _chains(count: int, length: int) -> torch.Tensor:
    chance = torch.rand(length, count)
    states = [(chance[0] < STATIONARY[1]).long()]
    for each in chance[1:]:
        states.append((each < TRANSITIONS[states[-1], 1]).long())
    return torch.stack(states, dim=1)


def _log_probability_of_chains(chains: torch.Tensor) -> torch.Tensor:
    return STATIONARY.log()[chains[:, 0]] + TRANSITIONS.log()[chains[:, :-1], chains[:, 1:]].sum(1)


@pytest.mark.parametrize("is_placed", [False, True])
def test_no_value_sees_itself_or_what_follows(is_placed) -> None:
    """Kills: values that are not shifted (mask B in the first layer); padding on the right."""
    network = _network(is_placed=is_placed)
    values = torch.randint(4, (1, 40))
    logits = network(values)
    for place in (0, 7, 39):
        changed = values.clone()
        changed[:, place:] = (changed[:, place:] + 1) % 4
        after = network(changed)
        assert torch.equal(after[:, : place + 1], logits[:, : place + 1])
        assert place == 39 or not torch.equal(after[:, place + 1], logits[:, place + 1])


def test_the_field_reaches_as_far_as_it_says() -> None:
    """Kills: a dilation that is not applied; a field that is counted one short."""
    network, embedded = _network(), []
    network.embedding.register_forward_hook(lambda m, i, o: embedded.append(o) or o.retain_grad())
    place = 30
    network(torch.randint(4, (1, 40)))[0, place].sum().backward()
    reached = embedded[0].grad[0].abs().sum(1)  # slot s holds value s - 1
    seen = torch.zeros(40, dtype=torch.bool)
    seen[place - SIZE.field + 1 : place + 1] = True
    assert torch.equal(reached != 0, seen)
    assert SIZE.field == 1 + 2 * (1 + 2 + 4)


def test_probabilities_of_all_sequences_sum_to_one() -> None:
    """Kills: a leak of the value itself; a first value that is not scored; a softmax over the wrong axis."""
    network = _network(2, 8).double()
    every = torch.tensor(list(itertools.product((0, 1), repeat=8)))
    logits = network(every)
    log_p = torch.log_softmax(logits, -1).gather(2, every[:, :, None]).sum((1, 2))
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-9)
    torch.testing.assert_close(network.log_prob(every).double(), log_p, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("is_placed", [False, True])
def test_walking_is_the_whole_pass(is_placed) -> None:
    """Kills: a ring that is overwritten before it is read; caches that begin at zero where the pass begins at a start
    token; a place that is told one off."""
    network = _network(is_placed=is_placed)
    values = torch.randint(4, (3, 40))
    with torch.no_grad():
        whole = network(values)
        walk, value = network.stack.walk(network._start(), 3), torch.full((3,), 4)
        for place in range(40):
            torch.testing.assert_close(network.head(walk(network._features(value, place))), whole[:, place])
            value = values[:, place]


@pytest.mark.parametrize("is_placed", [False, True])
@pytest.mark.parametrize("stretch", [7, 10, 40])
def test_stretches_add_up_to_the_whole(is_placed, stretch) -> None:
    """Kills: a stretch that sees zeros where its past should be; a last stretch that counts values past the end."""
    network = _network(is_placed=is_placed)
    values = torch.randint(4, (3, 40))
    count = -(-40 // stretch)
    with torch.no_grad():
        parts = [network.log_prob_of_stretches(values, stretch, torch.full((3,), k)) for k in range(count)]
        torch.testing.assert_close(torch.stack(parts).mean(0), network.log_prob(values))


@pytest.fixture(scope="module")
def chain():
    """A network trained on the chain."""
    torch.manual_seed(0)
    network = CausalNetwork(2, 32, CausalSize(channels=8, skip=8, layers=2))
    optimiser = torch.optim.Adam(network.parameters(), lr=2e-2)
    for step in range(250):
        optimiser.param_groups[0]["lr"] = 2e-2 * (1 - step / 250)
        optimiser.zero_grad()
        (-network.log_prob(_chains(64, 32)).mean() / 32).backward()
        optimiser.step()
    return network.eval()


def test_a_markov_chain_is_learnt_to_its_entropy(chain) -> None:
    """Kills: a leak of the future, which falls below what the chain itself allows; a network that sees too little."""
    fresh = _chains(4000, 32)
    with torch.no_grad():
        excess = (_log_probability_of_chains(fresh) - chain.log_prob(fresh)) / 31
    assert -_log_probability_of_chains(_chains(20_000, 200)).mean() / 200 == pytest.approx(ENTROPY_RATE, abs=0.01)
    assert 0 - 3 * excess.std() / math.sqrt(4000) < excess.mean() < 0.005  # a Kullback-Leibler divergence


def test_samples_of_the_chain_have_its_statistics(chain) -> None:
    """Kills: a sampler whose value is fed back a place too late; the most likely value instead of a draw."""
    with torch.no_grad():
        drawn = chain.draw(4000)
    assert drawn.float().mean().item() == pytest.approx(1 / 3, abs=0.03)
    pairs = drawn[:, :-1] * 2 + drawn[:, 1:]
    counts = torch.bincount(pairs.flatten(), minlength=4).view(2, 2).float()
    torch.testing.assert_close(counts / counts.sum(1, keepdim=True), TRANSITIONS, atol=0.03, rtol=0)


@given(levels=st.integers(2, 256), x=st.floats(-1, 1, width=32))
@settings(deadline=None, max_examples=60)
def test_the_mu_law_returns_within_a_bin(levels, x) -> None:
    """Kills: an inverse that is off by half a level; a law without its sign; +1 falling out of the last level."""
    law = Companded((1, 1), levels)
    compand = lambda v: math.copysign(math.log1p(MU * abs(v)) / math.log1p(MU), v)  # noqa: E731
    value = law.encode(torch.tensor([[[x]]]))
    assert 0 <= value.item() < levels
    back = law.decode(value)
    assert abs(compand(back.item()) - compand(x)) <= 1 / levels + 1e-4
    assert torch.equal(law.encode(back), value)


def test_channels_stand_side_by_side() -> None:
    """Kills: channels one after the other, so that blue is drawn without what red did there; a transposed image."""
    bytes_ = torch.arange(2 * 3 * 4).view(1, 2, 3, 4)
    pixels = Pixels((2, 3, 4), 256)
    encoded = pixels.encode(bytes_ / 255)
    assert encoded[0, :4].tolist() == [0, 12, 1, 13]
    torch.testing.assert_close(pixels.decode(encoded), bytes_ / 255)
    waves = torch.rand(2, 2, 5) * 2 - 1
    law = Companded((2, 5), 256)
    torch.testing.assert_close(law.decode(law.encode(waves)), waves, atol=0.03, rtol=0)


@pytest.mark.parametrize("levels", [2, 16, 256])
def test_a_pixel_goes_to_the_nearest_level(levels) -> None:
    """Kills: truncation instead of rounding; `levels` bins where there are levels - 1 steps."""
    grey = torch.arange(256).view(1, 1, 16, 16) / 255
    pixels = Pixels((1, 16, 16), levels)
    assert (pixels.decode(pixels.encode(grey)) - grey).abs().max() <= 0.5 / (levels - 1) + 1e-6
    assert levels < 256 or torch.equal(pixels.decode(pixels.encode(grey)), grey)


def test_tokens_have_their_own_alphabet(make_task) -> None:
    """Kills: an option that is silently ignored."""
    task = make_task((8,), kind="tokens", dtype=torch.int64, classes=5)
    assert wavenet.build(task, wavenet.Options()).levels.count == 5
    with pytest.raises(ValueError, match="alphabet"):
        wavenet.build(task, wavenet.Options(levels=16))
