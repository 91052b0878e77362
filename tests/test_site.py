"""The site of the documentation: every page has its place, and nothing in it asks the network for anything."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

ROOT = Path(__file__).parents[1]
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
FETCHED = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src", "use": "href"}
ADDRESS = re.compile(r"\s*(https?:)?//")


class Fetches(HTMLParser):
    """Collects what a browser would fetch from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        address = dict(attrs).get(FETCHED.get(tag, "")) or ""
        if ADDRESS.match(address):
            self.found.append((tag, address))


def _pages(nav: list) -> list[str]:
    values = [value for each in nav for value in (each.values() if isinstance(each, dict) else [each])]
    return [page for value in values for page in (_pages(value) if isinstance(value, list) else [value])]


def _fetched(html: str) -> list[tuple[str, str]]:
    parser = Fetches()
    parser.feed(html)
    return parser.found


def test_every_page_has_its_place() -> None:
    """Kills: a page that nobody finds, one twice, a place of a page that is not there."""
    written = [path.relative_to(ROOT / "docs").as_posix() for path in ROOT.glob("docs/**/*.md")]
    assert sorted(_pages(SITE["nav"])) == sorted(written)


def test_nothing_is_fetched_by_default() -> None:
    """Kills: fonts of Google, the shim of unpkg that the plugin `offline` asks for, analytics."""
    assert SITE["theme"]["font"] is False
    assert SITE["strict"] is True
    assert SITE["extra"]["generator"] is False
    assert [each for each in SITE["extra"]["polyfills"] if ADDRESS.match(each)] == []
    assert "analytics" not in SITE["extra"]
    assert all((ROOT / "docs" / each).exists() for each in SITE["extra"]["polyfills"])


def test_links_out_of_the_pages_become_text() -> None:
    """Kills: a link on the site to a file that it does not have; one between pages that is lost."""
    change = runpy.run_path(str(ROOT / "docs" / "_tools" / "outside.py"))["on_page_markdown"]
    page = SimpleNamespace(file=SimpleNamespace(src_uri="tutorial/first-run.md"))
    text = "[a](../../README.md) [b](../ci.md#x) [c](tables.md) [d](https://e.org) [e](#f) [`g`](../../genbench/)"
    assert change(text, page) == "a [b](../ci.md#x) [c](tables.md) [d](https://e.org) [e](#f) `g`"


def test_what_a_page_fetches_is_seen() -> None:
    """Kills: a look at pages that sees nothing."""
    assert _fetched('<script src="//a.b/c.js"></script><a href="https://a.b">') == [("script", "//a.b/c.js")]
    assert _fetched('<link href="https://f.g/css"><img src="a.png">') == [("link", "https://f.g/css")]


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("mkdocs") is None, reason="no mkdocs: pip install 'genbench[docs]'")
def test_the_site_is_built_and_asks_for_nothing(tmp_path: Path) -> None:
    """Kills: a broken link or anchor, a docstring that cannot be read, a theme that fetches fonts or scripts."""
    done = subprocess.run(
        ["mkdocs", "build", "--strict", "--quiet", "--site-dir", tmp_path], cwd=ROOT, capture_output=True, text=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"NO_MKDOCS_2_WARNING": "1"},
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    pages = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.html")}
    assert len(pages) > 20
    assert {name: found for name, text in pages.items() if (found := _fetched(text))} == {}
    styles = "".join(path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.css"))
    assert re.findall(r"(?:url\(|@import)\s*['\"]?(?:https?:)?//[^)'\"]*", styles) == []
    assert "batches.until" in (tmp_path / "search" / "search_index.js").read_text(encoding="utf-8")
    assert "Make the untrained model" in pages["api.html"]
