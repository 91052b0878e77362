"""The house keeps its own rules: the core knows no model, and rooms stay small."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
CORE = sorted((ROOT / "genbench").rglob("*.py"))
FAMILY = re.compile(r"(?<![a-z])(vae|gan)s?(?![a-z])", re.IGNORECASE)
LONGEST = 45  # lines of a function, its docstring included


def _docstrings(tree: ast.AST) -> set[ast.AST]:
    """Return the constants that are docstrings."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node, clean=False):
            found.add(node.body[0].value)
    return found


def _words(tree: ast.AST) -> list[str]:
    """Return every identifier and every string that is not a docstring."""
    docstrings = _docstrings(tree)
    words = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
            words.append(node.value)
        words += [
            value
            for field in ("id", "attr", "name", "arg", "module")
            if isinstance(value := getattr(node, field, None), str)
        ]
    return words


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_core_knows_no_model(path: Path) -> None:
    """Kills: a special case for a built-in model, or its name in a default or a help text."""
    named = [word for word in _words(ast.parse(path.read_text(encoding="utf-8"))) if FAMILY.search(word)]
    assert not named


def test_functions_are_short() -> None:
    sizes = {}
    for path in CORE:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                sizes[f"{path.name}:{node.name}"] = node.end_lineno - node.lineno + 1
    assert {name: size for name, size in sizes.items() if size > LONGEST} == {}
    assert median(sizes.values()) <= 9


def test_nothing_is_pickled() -> None:
    """Kills: a persisted file that runs code when it is read; the reader of the original CIFAR-10 files admits none."""
    reader = ROOT / "genbench" / "data" / "cifar_batches.py"
    for path in CORE:
        text = path.read_text(encoding="utf-8")
        assert path == reader or not re.search(
            r"^\s*(import|from) (pickle|cloudpickle|dill|joblib|marshal)", text, re.M
        ), path
        assert "allow_pickle=True" not in text
        assert "weights_only=False" not in text
