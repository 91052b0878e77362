"""Text against text: exact small cases, and planted faults that one measure sees and another does not."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.textual import NGrams, bits_gap, distinct, grams, ngram_distance, reference_bits

SEEDS = st.integers(0, 2**32 - 1)


def _text(seed, rows=200, length=32, tokens=8):
    """Draw a chain in which a token is followed by one of two, three times in four by the first: order matters."""
    rng = np.random.default_rng(seed)
    found = np.zeros((rows, length), np.int64)
    found[:, 0] = rng.integers(0, tokens, rows)
    for place in range(1, length):
        found[:, place] = (3 * found[:, place - 1] + (rng.random(rows) < 0.25)) % tokens
    return found


def _distances(real, fake, tokens=8):
    return [ngram_distance(real, fake, size, vocabulary=tokens).value for size in (1, 2, 3, 4)]


def test_shares_of_n_grams_by_hand():
    """Kills: n-grams over the end of a row, counts in place of shares, the sum without its half."""
    real, fake = np.array([[0, 1], [0, 1]]), np.array([[0, 1], [1, 0], [1, 1], [1, 1]])
    assert ngram_distance(real, fake, 1, vocabulary=2).value == pytest.approx(0.5 - 0.25)
    assert ngram_distance(real, fake, 2, vocabulary=2).value == pytest.approx(0.75)
    assert grams(np.array([[0, 1, 2], [2, 2, 2]]), 2, 3).tolist() == [[1, 5], [8, 8]]


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(1, 6), st.integers(4, 9), st.integers(1, 4), st.integers(2, 7))
def test_distances_are_distances(seed, rows, length, size, tokens):
    """Kills: a side left out of the union, a sign lost, the order of rows counted."""
    rng = np.random.default_rng(seed)
    one, other = rng.integers(0, tokens, (2, rows, length))
    there = ngram_distance(one, other, size, vocabulary=tokens).value
    assert 0 <= there <= 1 + 1e-12
    assert ngram_distance(other, one, size, vocabulary=tokens).value == pytest.approx(there, abs=1e-12)
    assert ngram_distance(one, rng.permutation(one), size, vocabulary=tokens).value == pytest.approx(0, abs=1e-12)
    assert ngram_distance(one, one + tokens, size, vocabulary=2 * tokens).value == pytest.approx(1)
    assert 0 < distinct(one, vocabulary=tokens, size=size).value <= 1


def test_shuffled_text_has_its_tokens_and_none_of_its_pairs():
    """Kills: unigrams where n-grams were asked for."""
    real, fake = _text(0), _text(1)
    shuffled = np.random.default_rng(2).permutation(fake.ravel()).reshape(fake.shape)
    low, high = _distances(real, fake), _distances(real, shuffled)
    assert abs(high[0] - low[0]) < 0.01
    assert all(after > before + 0.4 for before, after in zip(low[1:], high[1:], strict=True))


def test_repetition_scores_well_and_the_gap_sees_it():
    """Kills: a gap with a sign, which is best for one phrase over and over; repeats counted as distinct."""
    model, fresh = NGrams.fitted(_text(0), vocabulary=8), _text(1)
    phrase = np.tile([0, 0, 0, 0], (200, 8))  # 0 is followed by 0 or, more rarely, 1
    bits = {name: reference_bits(model, rows) for name, rows in (("fresh", fresh), ("phrase", phrase))}
    assert bits["phrase"].value < bits["fresh"].value - 0.05
    assert bits_gap(bits["fresh"], bits["phrase"]).value > 0.05
    again = reference_bits(model, _text(2))
    assert bits_gap(bits["fresh"], again).value < 5 * bits_gap(bits["fresh"], again).se
    assert distinct(phrase, vocabulary=8).value < 0.001 < 0.01 < distinct(fresh, vocabulary=8).value
    assert bits["fresh"].value == pytest.approx(0.811 + 2.189 / 32, abs=0.04)  # 3 bits once a row, then the chain's


def test_probabilities_by_hand():
    """Kills: kinds taken for counts, a history that was never seen given weight, the uniform end left out.

    Of the rows 0 0 and 0 1: p(0) = (3 + 2 / 2) / (4 + 2) and p(1 | 0) = (1 + 2 p(1)) / (2 + 2).
    """
    model = NGrams.fitted(np.array([[0, 0], [0, 1]]), vocabulary=2, order=2)
    first, second = model.probabilities(np.array([[0, 1]]))[0]
    assert first == pytest.approx(4 / 6)
    assert second == pytest.approx((1 + 2 * (2 / 6)) / 4)
    assert model.probabilities(np.array([[1, 0]]))[0, 1] == pytest.approx(4 / 6)  # nothing ever followed a 1


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.integers(1, 5), st.integers(2, 3))
def test_probabilities_of_all_rows_sum_to_one(seed, order, tokens):
    """Kills: weights that do not sum to 1 at some order, n-grams looked up beyond the end of those known."""
    rng = np.random.default_rng(seed)
    model = NGrams.fitted(rng.integers(0, tokens, (6, 5)), vocabulary=tokens, order=order)
    every = np.array(list(product(range(tokens), repeat=5)))
    assert model.probabilities(every).prod(axis=1).sum() == pytest.approx(1, abs=1e-9)


def test_probabilities_agree_with_counting():
    """A second implementation, one token at a time. Kills: counts of other histories, orders exchanged."""
    known, asked = _text(3, rows=30, length=9), _text(4, rows=5, length=9)

    def told(history, token):
        if history is None:
            return 1 / 8
        shorter = told(history[1:] if history else None, token)
        size = len(history)
        rows = (row.tolist() for row in known)
        after = [row[at + size] for row in rows for at in range(9 - size) if tuple(row[at : at + size]) == history]
        kinds = len(set(after))
        return (after.count(token) + kinds * shorter) / (len(after) + kinds) if after else shorter

    model = NGrams.fitted(known, vocabulary=8, order=3)
    expected = [[told(tuple(row[max(0, at - 2) : at].tolist()), row[at]) for at in range(9)] for row in asked]
    np.testing.assert_allclose(model.probabilities(asked), expected, rtol=1e-12)


def test_the_order_falls_where_tokens_are_many_or_rows_short():
    """Kills: n-grams that overflow 63 bits in silence."""
    assert len(NGrams.fitted(np.array([[0, 1, 2]]), vocabulary=3).counts) == 3
    wide = NGrams.fitted(np.arange(64).reshape(8, 8), vocabulary=1_000_000)
    assert len(wide.counts) == 3
    assert np.isfinite(reference_bits(wide, np.full((2, 8), 999_999)).value)
    with pytest.raises(ValueError, match="too many for n-grams of 4"):
        grams(np.zeros((2, 8), np.int64), 4, 1_000_000)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (np.zeros((2, 3)), "expected whole numbers"),
        (np.zeros((0, 3), np.int64), "expected whole numbers"),
        (np.full((2, 3), 4), "got tokens from 4 to 4, expected 0 to 3"),
        (np.full((2, 3), -1), "got tokens from -1"),
        (np.zeros((2, 1), np.int64), "expected at least 2"),
    ],
)
def test_what_is_no_text_is_refused(rows, match):
    """Kills: codes that are read as those of other n-grams."""
    with pytest.raises(ValueError, match=match):
        ngram_distance(rows, np.zeros((2, 3), np.int64), 2, vocabulary=4)
