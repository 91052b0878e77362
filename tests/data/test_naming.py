"""The reference that a trial carries."""

from __future__ import annotations

import numpy as np
import pytest

from genbench.data.dataset import Part, Raw
from genbench.data.naming import content_hash, scale, stored
from genbench.table import Column, Table


def raw(dtype: str = "<f4", order: str = "C") -> Raw:
    rows = np.asarray(np.random.default_rng(1).normal(size=(12, 3)), dtype=dtype, order=order)
    labels = np.arange(12, dtype=">i2")
    parts = [Part(rows=rows[cut], labels=labels[cut]) for cut in (slice(8), slice(8, 10), slice(10, 12))]
    return Raw(kind="points", train=parts[0], validation=parts[1], held_out=parts[2], classes=12)


def test_hash_depends_on_values_and_not_on_memory():
    """Kills: hashing bytes as they happen to lie."""
    assert content_hash(stored(raw())) == content_hash(stored(raw(">f4", "F")))


@pytest.mark.parametrize("change", ["value", "order", "label"])
def test_hash_depends_on_every_value_and_label(change: str):
    """Kills: a hash of the rows alone, of the train split alone, or of a set of rows."""
    first, second = stored(raw()), stored(raw())
    if change == "value":
        second.held_out.rows[1, 2] += 1
    elif change == "order":
        second.validation.rows[:] = second.validation.rows[::-1]
    else:
        second.held_out.labels[0] = 3
    assert content_hash(first) != content_hash(second)


def test_hash_depends_on_the_cuts():
    """Kills: a hash of all rows one after the other."""
    rows = Part(rows=stored(raw()).train.rows)
    cuts = [Raw(kind="points", train=rows[:at], validation=rows[at:7], held_out=rows[7:]) for at in (3, 4)]
    assert content_hash(cuts[0]) != content_hash(cuts[1])


def test_hash_depends_on_what_codes_stand_for():
    """Kills: two tables or texts of the same codes under one name, so that the numbers of one pass for the other's."""
    rows = Part(rows=np.array([[0], [1]], "<f4"))
    kinds = [("category", ("a", "b")), ("category", ("a", "c")), ("integer", ())]
    tables = [Table(columns=(Column(name="x", kind=kind, categories=names),)) for kind, names in kinds]
    tables += [tables[0].model_copy(update={"target": "x"})]
    raws = [Raw(kind="points", train=rows, validation=rows, held_out=rows, table=table) for table in (None, *tables)]
    assert len({content_hash(each) for each in raws}) == 5
    codes = Part(rows=np.array([[0], [1]], "<i8"))
    texts = [
        Raw(kind="tokens", train=codes, validation=codes, held_out=codes, classes=2, alphabet=alphabet)
        for alphabet in (None, ("a", "b"), ("b", "a"))
    ]
    assert len({content_hash(each) for each in texts}) == 3


def test_scale_is_mean_and_population_deviation():
    """Kills: n - 1, float32 sums, scale over all coordinates at once: 1e8 + {0, 8} has mean 1e8 + 4, deviation 4."""
    rows = np.array([[1e8, 1], [1e8 + 8, 4]], dtype=np.float32)
    found = scale(np.tile(rows, (1000, 1)))
    assert found.mean == (1e8 + 4, 2.5)
    assert found.deviation == (4.0, 1.5)


@pytest.mark.parametrize("decades", [0, 9])  # the squares, or the values themselves, are not summed without rounding
def test_scale_does_not_depend_on_the_order_of_the_rows(decades: int):
    """Kills: numpy's pairwise sums, whose last bits depend on the machine's vector width."""
    generator = np.random.default_rng(0)
    rows = (generator.normal(size=(10_000, 1)) * 10 ** generator.uniform(-decades, decades, (10_000, 1))).astype(
        np.float32
    )
    assert scale(rows) == scale(rows[generator.permutation(len(rows))])
