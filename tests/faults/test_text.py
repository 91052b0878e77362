"""F40: hostile text in every field of every record, through everything that is printed or pasted."""

from __future__ import annotations

import csv
import io
import json
import re
import runpy
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from genbench import tables
from genbench.cli.progress import Lines
from genbench.escaping import LONGEST, plain, plain_lines, quoted, quoted_value
from genbench.methods import methods
from genbench.plan import Plan
from genbench.record import Record, Reference
from genbench.store import Results
from genbench.tables.formats import escape_markdown

BUILDERS = runpy.run_path(str(Path(__file__).parents[1] / "tables" / "conftest.py"))
EVIL = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\x1b[31mred\x1b]0;owned\x07\x9b5A\x00\x08\x7f",
    "\u202egnp.exe\u2066\u200b\ufeff",
    '=cmd()|"/c calc"!A1\t\r\n::error::x\n##[group]y\n```\n'
    "\\end{filecontents}\\input{/etc/passwd}$x$ 50% a&b #1 _ ~ ^ {",
    "|".join("x" * 100 for _ in range(100)),
)
KEPT = {
    "kind", "split", "unit", "purpose", "precision", "matmul", "better", "protocol", "counts", "hash", "schema_version"
}  # fmt: skip
FIRST = tuple("=+-@\t\r")
FORMS = ("text", "markdown", "csv", "latex", "json")


def _poisoned(value: Any, evil: str, key: str = "") -> Any:
    """Return a document with `evil` behind, or in front of, every string that anybody may choose, keys included."""
    if isinstance(value, str) and key not in KEPT and value not in ("OK", "unobserved", "NaN"):
        return f"{evil}{value}" if key in ("name", "variant", "variants", "message") else f"{value}{evil}"
    if isinstance(value, list):
        return [_poisoned(each, evil, key) for each in value]
    if isinstance(value, dict) and key not in KEPT:
        is_free = key in ("updates", "options", "clamped", "oscillation", "digests", "files", "packages")
        return {
            (f"{name}{evil}" if is_free else name): _poisoned(each, evil, key if is_free else name)
            for name, each in value.items()
        }
    return value


def _results(evil: str, *, metrics: bool) -> Results:
    card = {"bibtex": f"@misc{{key,\n title = {{{evil}}}\n}}", "sampling": evil, "paper": evil, "pretrained": [evil]}
    records = []
    for each in BUILDERS["images"]():
        document = each.model_dump(mode="json")
        document["trial"]["model"]["card"] = card
        document |= {"log_tail": evil, "warnings": [evil], "sampling": evil, "kept": [evil], "files": {"curves": evil}}
        poisoned = _poisoned(document, evil)
        for own, measure in zip(document["measures"], poisoned["measures"], strict=True):
            measure["identity"]["data"] = own["identity"]["data"]
            measure["warnings"] = [evil]
            if not metrics:
                measure["identity"] |= {key: own["identity"][key] for key in ("metric", "features")}
        records.append(Record.model_validate(poisoned))
    name = records[0].trial.data.name
    reference = BUILDERS["references"]()["digits"].model_dump(mode="json")
    for own in reference["measures"].values():
        for measure in own:
            measure["warnings"] = [evil]
            measure["identity"] = records[0].measures[0].identity.model_dump(mode="json") | {
                key: measure["identity"][key] for key in ("metric", "n", "split", "k")
            }
    references = {name: Reference.model_validate(reference | {"data": records[0].trial.data.model_dump()})}
    plan = Plan(trials=(), probes=(), not_applicable=((evil, name),))
    return Results(Path("r" + evil.replace("\0", "")), plan, tuple(records), references)


def _printed(found: Results, form: str) -> str:
    absent = found.plan.not_applicable
    return getattr(tables, form)(found.records, found.references, run=found.name, absent=absent)


def _is_harmless(text: str) -> bool:
    """Whether nothing in a text steers: no control, format, bidi or surrogate character but the end of a line."""
    return text.replace("\n", "").isprintable()


class _Tags(HTMLParser):
    """Collect whatever a browser would take for markup."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    handle_comment = handle_decl = handle_pi = unknown_decl = handle_endtag


CASES = {
    f"{name}-{'all' if metrics else 'but-metrics'}": (evil, metrics)
    for name, evil in zip(("tags", "control", "bidi", "markup", "long"), EVIL, strict=True)
    for metrics in (False, True)
    if metrics or name == "markup"
}


@pytest.fixture(scope="module", params=CASES.values(), ids=CASES)
def hostile(request) -> Results:
    """Records and references of two models with one hostile text in every field."""
    evil, metrics = request.param
    return _results(evil, metrics=metrics)


def test_f40_no_table_steers_or_runs(hostile: Results) -> None:
    """Kills: a string that reaches any format without `plain`, or a format that does not escape it."""
    printed = {form: _printed(hostile, form) for form in FORMS}
    for form, text in printed.items():
        assert _is_harmless(text), form
        assert not re.search(r"^\s*::|##\w*\[", text, re.MULTILINE), form
        assert len(text) < 500_000, form  # 3 MB where texts of 10 kB are not cut
    assert max(map(len, printed["text"].splitlines())) <= 100
    assert _Tags(printed["markdown"]).found == []
    assert "\\input" not in printed["latex"]
    assert not set(printed["json"]) & set("<>&") and printed["json"].isascii()
    assert json.loads(printed["json"])["blocks"]
    rows = list(csv.reader(io.StringIO(printed["csv"])))
    assert len({len(row) for row in rows}) == 1
    assert not [field for row in rows for field in row if field.startswith(FIRST) and not _is_number(field)]


def _is_number(field: str) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("form", ["text", "markdown", "latex"])
def test_f40_no_methods_paragraph_steers_or_runs(hostile: Results, form: str) -> None:
    """Kills: a card that ends its listing."""
    text = methods(hostile, form)
    assert _is_harmless(text)
    if form == "markdown":
        before, listing, after = text.split("```")
        assert listing.startswith("bibtex\n") and after == ""
        assert _Tags(before).found == []
    if form == "latex":
        assert text.count("\\end{filecontents}") == 1
        assert "\\input" not in text.partition("\\end{filecontents}")[2]


@pytest.mark.parametrize("evil", EVIL)
def test_f40_no_progress_steers(evil: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Kills: a status, a model's name or a message that is echoed as it came."""
    lines = Lines()
    lines.expect(2)
    lines.say(f"run x\n{evil}")
    lines.done(evil, f"FAILED({evil})")
    told = capsys.readouterr().err
    assert _is_harmless(told)
    assert not re.search(r"^\s*::|##\w*\[", told, re.MULTILINE)
    assert len(told) < 13_000


@given(st.text(max_size=200))
@example("::error::x")
@example("\x1b[31m\u202e\ud800")
@example("```")
@settings(max_examples=200)
def test_f40_any_text_becomes_harmless(text: str) -> None:
    """Kills: a character class that misses one of the ways to steer; a mark that is cut in the middle."""
    for made in (plain(text), plain_lines(text), quoted(text), quoted_value(text)):
        assert _is_harmless(made)
        assert len(made) <= LONGEST
    assert "\n" not in plain(text) + quoted(text)
    assert _Tags(escape_markdown(plain(text))).found == []


def test_f40_long_texts_are_cut_with_a_mark() -> None:
    long = "x" * 10_240
    for made in (plain(long), quoted(long), plain_lines(long), quoted_value(long)):
        assert "…" in made
        assert len(made) <= 2_000
    assert plain_lines("x\n" * 1_000).endswith("more lines")


def test_f40_a_value_that_cannot_be_shown_is_told_by_its_type() -> None:
    """Kills: a message that raises while it is made."""

    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert quoted_value(Odd()) == "a Odd"
    assert quoted_value(16**6000) == "a int"
