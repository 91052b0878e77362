"""Rows come in an endless chain of permutations, the same resident and streamed."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench import feed
from genbench.feed import Feed, Permutations, Resident, Streamed

CPU = torch.device("cpu")


def _generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(max_examples=30, deadline=None)
@given(rows=st.integers(1, 300), size=st.integers(1, 64), hand_outs=st.integers(1, 40))
def test_every_row_is_seen_once_before_any_is_seen_again(rows: int, size: int, hand_outs: int) -> None:
    """Kills: drawing with replacement, and dropping the rest of a permutation at a batch's edge."""
    order = Permutations(rows, size, _generator(), CPU)
    chain = torch.cat([order() for _ in range(hand_outs)])
    assert len(chain) == size * hand_outs
    for start in range(0, len(chain) - rows + 1, rows):
        assert sorted(chain[start : start + rows].tolist()) == list(range(rows))


def test_the_chain_crosses_its_blocks(monkeypatch: object) -> None:
    """Kills: losing what is left of a block when the next is drawn."""
    order = Permutations(7, 3, _generator(), CPU)
    small = Permutations(7, 3, _generator(), CPU)
    feed_chain, feed.CHAIN = feed.CHAIN, 8
    try:
        short = [small() for _ in range(50)]
    finally:
        feed.CHAIN = feed_chain
    assert torch.equal(torch.cat(short), torch.cat([order() for _ in range(50)]))


def test_pixels_become_floats_between_zero_and_one() -> None:
    """Kills: dividing by 256, which never reaches 1."""
    rows = torch.tensor([[0, 51, 255]], dtype=torch.uint8)
    handed, labels = Resident(rows, None, CPU)(torch.tensor([0]))
    assert handed.tolist() == [[0.0, torch.tensor(0.2).item(), 1.0]]
    assert labels is None


def test_a_hand_out_is_a_tensor_of_its_own() -> None:
    """Kills: handing out views, which a plugin that writes into its batch would spoil for all later ones."""
    rows = torch.arange(8, dtype=torch.float32).reshape(4, 2)
    source = Feed(rows, None, size=4, generator=_generator(), device=CPU)
    source()[0].zero_()
    assert rows.sum() == 28


def test_streamed_equals_resident(monkeypatch) -> None:
    """Kills: prefetching rows of another hand-out than the one asked for."""
    rows = torch.randint(0, 255, (50, 3), dtype=torch.uint8)
    labels = torch.arange(50)
    resident = Feed(rows, labels, size=8, generator=_generator(1), device=CPU)
    monkeypatch.setattr(feed, "has_room", lambda device, size: False)
    streamed = Feed(rows, labels, size=8, generator=_generator(1), device=CPU)
    assert isinstance(streamed._rows, Streamed)
    for _ in range(30):
        (a, x), (b, y) = resident(), streamed()
        assert torch.equal(a, b)
        assert torch.equal(x, y)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=1, max_size=4), st.booleans())
def test_goes_to_any_place(places: list[int], is_streamed: bool) -> None:
    """Kills: going forward only, an order that is drawn anew, a prefetched hand-out that is handed out after all."""
    rows = torch.arange(30, dtype=torch.float32).reshape(30, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(feed, "has_room", lambda device, size: not is_streamed)
        patch.setattr(feed, "CHAIN", 64)
        source = Feed(rows, None, size=7, generator=_generator(2), device=CPU)
        expected = [source()[0] for _ in range(63)]
        for place in places:
            source.go_to(place)
            assert all(torch.equal(source()[0], each) for each in expected[place : place + 3])
