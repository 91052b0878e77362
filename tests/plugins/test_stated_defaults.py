"""Whether the pages of the models state the defaults that the models have."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from genbench.plugins import find_all

MODELS = {each.name: each for each in find_all() if not each.needs}
PAGES = sorted((Path(__file__).parents[2] / "docs" / "models").glob("*.md"))
SECTION = re.compile(r"^## (\w+)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
STATED = re.compile(r"`(\w+)=(\w+)` \(the default\)|`(\w+)`: [^`.;]*`(\w+)` \(the default\)")


def _stated() -> list[tuple[str, str, str]]:
    """Return model, option and default of every such statement."""
    return [
        (model, found[1] or found[3], found[2] or found[4])
        for page in PAGES
        for model, text in SECTION.findall(page.read_text(encoding="utf-8"))
        if model in MODELS
        for found in STATED.finditer(" ".join(text.split()))
    ]


@pytest.mark.parametrize(("model", "option", "value"), _stated())
def test_a_default_is_what_its_page_says(model: str, option: str, value: str) -> None:
    """Kills: `f_gan` with the divergence that its page says explodes, where the page says it is another by default."""
    declared = importlib.import_module(MODELS[model].importable).Options
    assert str(declared().model_dump()[option]) == value


def test_some_are_stated() -> None:
    """Kills: a pattern that finds nothing."""
    assert {("f_gan", "divergence", "js"), ("gan", "loss", "ns")} <= set(_stated())
