"""Feature space `ngrams`: how often which tokens, pairs and triples of neighbours stand in a row of text.

Shares under the square root, so that |x - y|^2 of a block is twice the squared Hellinger distance and rare n-grams
count; pairs and triples fall into 64 buckets each by a multiplicative hash (D. Knuth, The Art of Computer Programming
3, 6.4), tokens have places of their own up to 128 and fall into as many buckets beyond. Blind to the order of tokens
farther apart than three, to where in a row something stands, and to n-grams that share their buckets.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.errors import UsageError
from genbench.metrics.textual import grams

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from genbench.refs import DataRef

BITS = 6  # of a bucket's number
MOST_TOKENS = 128  # with a place of their own
BUCKETS = 1 << BITS
SIZES = (2, 3)
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
RECIPE = (
    f"ngrams: square roots of a third of the shares of tokens (or of {MOST_TOKENS} buckets), and of n-grams of {SIZES} "
    f"by base-V number times {FACTOR} mod 2^64, of which the highest {BITS} bits are the bucket; float64"
)


@dataclass(frozen=True, slots=True)
class NGramShares:
    """Rows of tokens by their n-grams; float64 [n, dimension], of length 1."""

    vocabulary: int
    hash: str
    name: str = "ngrams"

    @property
    def dimension(self) -> int:
        """Return the number of features."""
        return min(self.vocabulary, MOST_TOKENS) + len(SIZES) * BUCKETS

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float64]:
        """Return the features of rows of tokens [n, t]."""
        places = min(self.vocabulary, MOST_TOKENS)
        blocks = [_shares(np.asarray(rows) % places, places)]
        blocks += [_shares(_bucket(grams(rows, size, self.vocabulary)), BUCKETS) for size in SIZES]
        return np.sqrt(np.concatenate(blocks, axis=1) / len(blocks))


def check(data: DataRef) -> None:
    """Refuse what is no text, and rows of which no triple can be made."""
    if data.kind != "tokens" or not data.classes:
        raise UsageError(f"--features ngrams: got {data.kind} data '{data.name}', expected tokens; omit --features")
    if data.shape[0] < max(SIZES):
        raise UsageError(
            f"--features ngrams: got rows of {data.shape[0]} tokens in '{data.name}', expected at least {max(SIZES)}; "
            "use longer rows"
        )


def extractor(data: DataRef) -> NGramShares:
    """Return the extractor for rows of the data's tokens."""
    check(data)
    assert data.classes is not None
    return NGramShares(data.classes, hashlib.sha256(f"{RECIPE}; V {data.classes}".encode()).hexdigest())


def _bucket(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    return ((keys.astype(np.uint64) * FACTOR) >> np.uint64(64 - BITS)).astype(np.int64)


def _shares(codes: NDArray[Any], width: int) -> NDArray[np.float64]:
    """Return how often each of `width` codes stands in a row, as a share of the row: [n, width]."""
    places = codes + width * np.arange(len(codes))[:, None]
    counts = np.bincount(places.ravel(), minlength=len(codes) * width).reshape(len(codes), width)
    return np.asarray(counts / codes.shape[1])
