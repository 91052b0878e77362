from __future__ import annotations

import re

import pytest

from genbench import tables

HOSTILE = r"<script>alert(1)</script> | @all #1 \input{x} $x$ 50% a_b ~ ^ & `code` [x](http://y) *b*"


@pytest.fixture
def hostile(built):
    model = built.model("vae", card={"pretrained": HOSTILE})
    good = built.record(built.trial(model=model), measures=built.image_measures(9.0))
    return (good, built.record(built.trial(seed=1, model=model), status="OOM(host)", message=HOSTILE))


def test_markdown_tables_are_whole(built):
    text = tables.markdown(built.images + built.points, built.references, run="r")
    for table in re.findall(r"(?m)(?:^\|.*\n)+", text):
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


def test_markdown_escapes(hostile, built):
    text = tables.markdown(hostile, built.references, run="r")
    assert "<" not in text
    assert "@all" not in text
    assert r"\`code\`" in text
    assert "&#60;script&#62;" in text
    assert "&&" not in text


def test_latex_escapes(hostile, built):
    text = tables.latex(hostile, built.references, run="r")
    assert r"\textbackslash{}input\{x\}" in text
    assert r"50\%" in text
    assert r"a\_b" in text
    commands = (
        r"textbackslash|textless|textgreater|textbar|textasciitilde|textasciicircum|textquotedbl|ldots|to|pm|cdot"
    )
    structure = r"begin|end|centering|caption|toprule|midrule|bottomrule|downarrow|uparrow"
    assert set(re.findall(r"\\([a-z]+)", text)) <= set(f"{commands}|{structure}".split("|"))


def test_latex_rows_have_as_many_cells_as_the_head(built):
    text = tables.latex(built.images + built.points, built.references, run="r")
    for head, body in re.findall(r"\\begin\{tabular\}\{(l+)\}(.*?)\\end\{tabular\}", text, re.DOTALL):
        rows = [line for line in body.splitlines() if line.endswith(r"\\")]
        assert {len(re.findall(r"(?<!\\)&", row)) + 1 for row in rows} == {len(head)}


def test_latex_captions_state_budget_n_seeds_and_identities(built):
    text = tables.latex(built.images, built.references, run="r")
    (caption,) = [line for line in text.splitlines() if r"\caption{Sample quality" in line]
    for said in (
        "N 500",
        "4800 steps = 614,400 examples",
        "5 seeds (0, 1, 2, 3, 4)",
        "fd, kd@500:classifier (3f2a91c0)",
    ):
        assert said in caption


def test_failures_are_in_every_document(built):
    for form in (tables.markdown, tables.latex, tables.text, tables.json):
        assert "loss is nan at step 2912" in form(built.images, built.references, run="r")


def test_signs_of_titles_are_commands_in_latex(built):
    """Kills: a character that LaTeX's default fonts do not have."""
    trial = built.trial(metrics=("fd_inf",))
    record = built.record(trial, measures=(*built.image_measures(9.0), built.measure("fd_inf", 1.0)))
    text = tables.latex((record,), built.references, run="r")
    assert r"FD$\infty$ classifier $\downarrow$" in text
    assert text.isascii()
