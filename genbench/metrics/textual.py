"""How rows of tokens [n, t] differ from real text: shares of n-grams, repetition, and what a language model of it says.

References:
    I. H. Witten, T. C. Bell, The zero-frequency problem: estimating the probabilities of novel events in adaptive text
    compression, IEEE Trans. Information Theory 37, 1991, method C, interpolated as in S. F. Chen, J. Goodman, An
    empirical study of smoothing techniques for language modeling, Computer Speech & Language 13, 1999, eq. 17 and 18.
    J. Li, M. Galley, C. Brockett, J. Gao, B. Dolan, A Diversity-Promoting Objective Function for Neural Conversation
    Models, 2016, arXiv 1510.03055, section 5.1: distinct n-grams over all n-grams.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.metrics.score import Score

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Codes = NDArray[np.int64]
    Floats = NDArray[np.float64]

ORDER = 5  # tokens of the longest n-gram of the reference model: four of history and one to tell
DISTINCT = 4
KEYS = 2**63  # an n-gram is one whole number below that


def ngram_distance(real: ArrayLike, fake: ArrayLike, size: int, *, vocabulary: int) -> Score:
    """Return the total variation distance of the shares of n-grams: 0 for equal shares, 1 where none is in common.

    It is the share of n-grams of the samples that would have to be others. Two texts of one source do not reach 0, and
    stay the farther from it the longer the n-grams and the fewer the rows: compare at equal N only, beside the floor.

    Args:
        real: rows of tokens [n, t].
        fake: rows of tokens [m, t].
        size: tokens of an n-gram; none reaches over the end of a row.
        vocabulary: how many different tokens there are.

    Raises:
        ValueError: rows that are no tokens or too short.
    """
    found, counts = zip(
        *(np.unique(grams(rows, size, vocabulary), return_counts=True) for rows in (real, fake)), strict=True
    )
    places = np.concatenate(found)
    shares = np.concatenate([counts[0] / counts[0].sum(), -counts[1] / counts[1].sum()])
    _, owner = np.unique(places, return_inverse=True)
    return Score(value=float(np.abs(np.bincount(owner, shares)).sum() / 2))


def distinct(rows: ArrayLike, *, vocabulary: int, size: int = DISTINCT) -> Score:
    """Return how many different n-grams there are over all n-grams; it falls with the number of rows.

    Arguments and errors as for `ngram_distance`.
    """
    found = grams(rows, size, vocabulary)
    return Score(value=len(np.unique(found)) / found.size)


def reference_bits(model: NGrams, rows: ArrayLike) -> Score:
    """Return the bits per token of rows under a reference model, with the standard error of that mean over rows."""
    bits = -np.log2(model.probabilities(rows)).mean(axis=1)
    return Score(value=float(bits.mean()), se=float(bits.std(ddof=1)) / math.sqrt(len(bits)) if len(bits) > 1 else None)


def bits_gap(real: Score, fake: Score) -> Score:
    """Return how far the bits per token of samples are from those of real rows, either way, with its standard error.

    Args:
        real: bits of rows that the model was not fitted to.
        fake: bits of samples.
    """
    assert real.value is not None and fake.value is not None
    error = None if real.se is None or fake.se is None else math.hypot(real.se, fake.se)
    return Score(value=abs(fake.value - real.value), se=error)


@dataclass(frozen=True, slots=True)
class NGrams:
    """An interpolated Witten-Bell model of tokens given at most so many before them in the same row.

    p(w | h) = (count(h w) + kinds(h) p(w | h')) / (count(h) + kinds(h)), with h' the history without its first token,
    kinds(h) the number of different tokens seen after h, and 1 / vocabulary at the very end: never 0, and a sum of 1.
    """

    vocabulary: int
    counts: tuple[tuple[Codes, Codes], ...]  # by order: n-grams, ascending, and how often each was seen

    @classmethod
    def fitted(cls, rows: ArrayLike, *, vocabulary: int, order: int = ORDER) -> NGrams:
        """Return the model of rows [n, t]; of a lower order where rows are short or tokens too many for one number."""
        tokens = _checked(rows, vocabulary)
        most = min(order, tokens.shape[1], int(63 / math.log2(max(vocabulary, 2))))
        sizes = range(1, most + 1)
        return cls(vocabulary, tuple(np.unique(grams(tokens, n, vocabulary), return_counts=True) for n in sizes))

    def probabilities(self, rows: ArrayLike) -> Floats:
        """Return the probability of every token of rows [n, t], given those before it in its row."""
        tokens = _checked(rows, self.vocabulary)
        found = np.full(tokens.shape, 1 / self.vocabulary)
        for size, (known, counts) in enumerate(self.counts, start=1):
            if size > tokens.shape[1]:
                break
            keys = grams(tokens, size, self.vocabulary)
            asked, owner = np.unique(keys, return_inverse=True)  # looked up once each, and in order, which is faster
            histories, first = np.unique(known // self.vocabulary, return_index=True)
            seen = _lookup(known, counts, asked)
            total = _lookup(histories, np.add.reduceat(counts, first), asked // self.vocabulary)
            kinds = _lookup(histories, np.diff(first, append=len(known)), asked // self.vocabulary)
            weight = 1 / np.maximum(total + kinds, 1)
            backed = np.where(total > 0, kinds * weight, 1.0)
            places = owner.reshape(keys.shape)
            found[:, size - 1 :] = (seen * weight)[places] + backed[places] * found[:, size - 1 :]
        return found


def grams(rows: ArrayLike, size: int, vocabulary: int) -> Codes:
    """Return every n-gram of rows [n, t] as one number [n, t - size + 1], its tokens the digits.

    Raises:
        ValueError: rows that are no tokens or too short, or too many tokens for one number.
    """
    tokens = _checked(rows, vocabulary)
    if not 1 <= size <= tokens.shape[1]:
        raise ValueError(
            f"rows: got {tokens.shape[1]} tokens each, expected at least {size}, of which n-grams are made"
        )
    if vocabulary**size > KEYS:
        raise ValueError(f"got {vocabulary} tokens, too many for n-grams of {size}; expected {size} log2(them) <= 63")
    length = tokens.shape[1] - size + 1
    found = np.zeros((len(tokens), length), np.int64)
    for start in range(size):
        found = found * vocabulary + tokens[:, start : start + length]
    return found


def _lookup(known: Codes, values: Codes, keys: Codes) -> Codes:
    """Return the values of keys, 0 of those that are not known."""
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[places] == keys, values[places], 0)


def _checked(rows: ArrayLike, vocabulary: int) -> Codes:
    tokens: NDArray[Any] = np.asarray(rows)
    if tokens.ndim != 2 or tokens.size == 0 or tokens.dtype.kind not in "iu":
        raise ValueError(f"rows: got {tokens.dtype} {list(tokens.shape)}, expected whole numbers [n, t]")
    if tokens.min() < 0 or tokens.max() >= vocabulary:
        raise ValueError(f"rows: got tokens from {tokens.min()} to {tokens.max()}, expected 0 to {vocabulary - 1}")
    return tokens.astype(np.int64, copy=False)
