"""Tables of comma-separated values: types, what is missing, what is refused, and the real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.data import overlap, prepare
from genbench.data.tabular import read
from genbench.errors import DataError

PATH = Path("pens.csv")
HASHES = {
    "penguins": "7bf6023207fe04fc28d58e5dd1d8830d07f4f3155586e704937724455a08e8ab",
    "adult": "e22f1d4eda1e3f084684c5651e4c772912a92fa81898b7a300ed53add3639a05",
}


def sheet(text: str, target: str | None = None):
    return read(PATH, text.encode(), target=target)


def column(*cells: str):
    """Return the only column of a table, and its values."""
    found = sheet("\n".join(["x", *(cell or '""' for cell in cells)]) + "\n")
    return found.table.columns[0], found.rows[:, 0].tolist()


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("1", "2", "3"), "integer"),
        (("-1", "+2", "3.0", "1e3"), "integer"),
        (("1.5", "2", ".5"), "number"),
        (("1", "2", "red"), "category"),
        (("0", "1", "1", "0"), "category"),
        (("7", "7"), "category"),
        (("0.5", "1.5"), "number"),
        (("1", "2", "16777217"), "number"),
        (("1", "2", "16777216"), "integer"),
        (("1_000", "2", "3"), "category"),
        (("inf", "1", "2"), "category"),
    ],
)
def test_types_are_told_by_the_cells(cells, kind):
    """Kills: a type by the first cell, Python's own idea of a number, whole numbers that float32 rounds in silence."""
    assert column(*cells)[0].kind == kind


def test_categories_are_coded_in_the_order_of_their_texts():
    """Kills: codes in the order of appearance, which depends on the order of the rows."""
    found, values = column("red", "blue", "red", "green")
    assert found.categories == ("blue", "green", "red")
    assert values == [2, 0, 2, 1]


def test_codes_of_whole_numbers_follow_their_values():
    """Kills: 10 before 9, and a number that is missing in the place of 0."""
    found, values = column("10", "9", "NA", "10")
    assert found.categories == ("9", "10", "NA")
    assert values == [1, 0, 2, 1]


def test_a_row_without_its_number_is_dropped_and_a_category_that_is_missing_is_one():
    """Kills: missing numbers as 0 or NaN, rows dropped for a category, an empty text and `?` as two."""
    found = sheet("size,colour,age\n1.5,red,3\nNA,blue,4\n2.5,,5\n3.5,?,nan\n4.5, ? ,6\n5.5,red,7\n")
    assert found.dropped == 2
    assert found.table.columns[1].categories == ("?", "blue", "red")
    assert found.rows.tolist() == [[1.5, 2, 3], [2.5, 0, 5], [4.5, 0, 6], [5.5, 2, 7]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(-(2**24), 2**24), st.text("ab ,\"'\n", max_size=3)), min_size=3, max_size=20))
def test_what_was_written_is_read(rows):
    """Kills: quotes and commas within a cell taken for what parts cells."""
    quoted = ["n,t", *(f'{number},"{text.replace(chr(34), 2 * chr(34))}"' for number, text in rows)]
    found = sheet("\n".join(quoted))
    numbers, texts = found.table.columns
    by_code = [texts.categories[int(code)] for code in found.rows[:, 1]]
    assert by_code == [text.strip() or "?" for _, text in rows]
    if numbers.kind == "integer":
        assert found.rows[:, 0].tolist() == [number for number, _ in rows]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found:    an empty file"),
        (b"a,b\n", "names alone: a, b"),
        (b"a,a\n1,2\n", "'a' twice"),
        (b"a,\n1,2\n", "a column without a name"),
        (b"a,b\n1,2\n1,2,3\n", "expected: 2 cells in every row.*\n.*3 in row 3"),
        (b"a,b\n1,\xff\n", "expected: comma-separated values in UTF-8"),
        (b'a,b\n1,"2\n', "unexpected end of data"),
        (b"a,b\nNA,1.5\n2.5,NA\nNA,3\n4,NA\n5,NA\n", "rows with a number in every column"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, message: str):
    with pytest.raises(DataError, match=message):
        read(PATH, content, target=None)


def test_too_many_categories_are_refused_by_name_and_example():
    """Kills: a one-hot of every name in a file; a refusal that does not say which cell is no number."""
    lines = [*map(str, range(300)), "n.a."]
    with pytest.raises(DataError, match=r"at most 256 different texts in column 'x'\n.*301 different ones, as 'n.a.'"):
        column(*lines)


def _write(path: Path, rows: int) -> Path:
    path.write_text("n,c\n" + "".join(f"{at},{'xy'[at % 2]}\n" for at in range(rows)))
    return path


def test_a_file_of_ones_own(tmp_path):
    """Kills: a target that is dropped, small tables with a handful of held-out rows."""
    path = _write(tmp_path / "own.csv", 50)
    ref = prepare(f"csv:{path}@c", data_root=None, cache=tmp_path / "cache").ref
    assert ref.table is not None
    assert (ref.table.target, ref.shape, ref.task_shape) == ("c", (2,), (3,))
    assert ref.counts == {"train": 30, "validation": 10, "held_out": 10}
    assert not ref.labelled
    assert prepare("csv:own.csv", data_root=tmp_path, cache=tmp_path / "cache").ref.table.target is None
    large = prepare(f"csv:{_write(tmp_path / 'large.csv', 2000)}", data_root=None, cache=tmp_path / "cache").ref
    assert large.counts == {"train": 1600, "validation": 200, "held_out": 200}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "needs to be told what to read, as csv:FILE.csv"),
        ("none.csv", "check the path in csv:FILE.csv"),
        ("own.csv@", "expected the name of a column behind @"),
        ("own.csv@colour", "expected: a column 'colour'\n  found:    n, c"),
        (".", "expected a file, found a folder"),
    ],
)
def test_a_source_that_will_not_do_is_refused(source: str, message: str, tmp_path):
    _write(tmp_path / "own.csv", 20)
    with pytest.raises(DataError, match=message):
        prepare(f"csv:{source}", data_root=tmp_path, cache=tmp_path / "cache")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "counts", "target", "width"),
    [("penguins", (206, 68, 68), "species", 14), ("adult", (26_049, 3_256, 3_256), "income", 110)],
)
def test_the_known_tables_are_pinned(name, counts, target, width, data_root, cache):
    prepared = prepare(name, data_root=data_root, cache=cache)
    ref = prepared.ref
    assert ref.hash == HASHES[name]
    assert (tuple(ref.counts.values()), ref.table.target, ref.table.width) == (counts, target, width)
    assert overlap(prepared) == 0


@pytest.mark.data
def test_penguins_are_read_as_their_authors_wrote_them(data_root, cache):
    """Kills: a column exchanged, numbers dropped as missing: 342 birds, 151, 68 and 123, of 4201.75 g."""
    prepared = prepare("penguins", data_root=data_root, cache=cache)
    rows = np.concatenate([prepared.rows(split) for split in ("train", "validation", "held_out")])
    names = [column.name for column in prepared.ref.table.columns]
    assert prepared.ref.table.columns[0].categories == ("Adelie", "Chinstrap", "Gentoo")
    assert np.bincount(rows[:, 0].astype(int)).tolist() == [151, 68, 123]
    assert rows[:, names.index("body_mass_g")].mean() == pytest.approx(4201.754, abs=0.01)


@pytest.mark.data
def test_a_damaged_table_is_refused(data_root, tmp_path):
    (tmp_path / "tabular").mkdir()
    content = (data_root / "tabular" / "penguins.csv").read_bytes()
    (tmp_path / "tabular" / "penguins.csv").write_bytes(content[:-5])
    with pytest.raises(DataError, match=r"344 rows and 8 columns with sha256 f204.*\n.*\n.*: get inst/extdata"):
        prepare("penguins", data_root=tmp_path, cache=tmp_path / "cache")
