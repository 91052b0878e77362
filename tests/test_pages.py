"""Every block of every page is held true: run, compared with a file, read as a study, or marked with why it is not."""

from __future__ import annotations

import re
import runpy
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from genbench.cli import COMMANDS, group
from genbench.spec import make_spec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]}
FENCE = re.compile(r"^(?:<!-- (?P<marker>[^\n]*?) -->\n)?```(?P<kind>[^\n]*)\n(?P<code>.*?)^```$", re.S | re.M)
NUMBER = re.compile(r"[-+]?\d[\d,]*\.?\d*(e-?\d+)?%?|[-+]?\.\d+")
EXACT = 0.02  # relative, of printed numbers: other machines round otherwise
PUT = ("save", "study")  # a file into the page's folder
SLOW_RUNS = 300  # seconds a command may take on a busy machine
HELD_ELSEWHERE = {  # marker: the file of the test
    "pytest": "tests/test_pytest_plugin.py",
    "output: make run": "tests/test_readme.py",
    "plugin: my_model.py": "tests/test_readme.py",
}


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands before it, what it holds, and what it is said to print."""

    page: str
    line: int
    marker: str
    kind: str
    code: str
    said: str = ""
    any_numbers: bool = False

    @property
    def word(self) -> str:
        """What is done with it."""
        return self.marker.partition(":")[0]

    @property
    def rest(self) -> str:
        """With what: a name, a path, a reason."""
        return self.marker.partition(":")[2].strip()


def _blocks(page: str, text: str) -> Iterator[Block]:
    """Yield the blocks of a page, what is printed joined to what prints it."""
    pending: Block | None = None
    for match in FENCE.finditer(text):
        block = Block(page, text.count("\n", 0, match.start()) + 1, match["marker"] or "", match["kind"], match["code"])
        if block.word == "prints" and pending is not None:
            any_numbers = block.rest == "any numbers"
            yield Block(**vars(pending) | {"said": block.code, "any_numbers": any_numbers})
            pending = None
            continue
        if pending is not None:
            yield pending
        pending = block
    if pending is not None:
        yield pending


ALL = [block for page, path in PAGES.items() for block in _blocks(page, path.read_text(encoding="utf-8"))]


def _id(block: Block) -> str:
    return f"{block.page}:{block.line}"


def _of(*words: str) -> list[Block]:
    return [block for block in ALL if block.word in words]


def _is_alike(shown: str, printed: str, any_numbers: bool = False) -> bool:
    """Whether two lines have the same words, and nearly the same numbers."""
    ours, theirs = (_words(line) for line in (shown, printed))
    return len(ours) == len(theirs) and all(
        _is_same(one, other, any_numbers) for one, other in zip(ours, theirs, strict=True)
    )


def _words(line: str) -> list[str]:
    """Return the words of a line, without marks of a busy machine."""
    return [word.strip("[],±") for word in line.split() if not word.startswith("⚠")]


def _is_same(ours: str, theirs: str, any_numbers: bool) -> bool:
    if not (NUMBER.fullmatch(ours) and NUMBER.fullmatch(theirs)):
        return ours == theirs
    if any_numbers:
        return True
    shown, printed = (float(each.replace(",", "").rstrip("%")) for each in (ours, theirs))
    return abs(shown - printed) <= EXACT * abs(shown) + 1e-9


def _missing(said: str, printed: str, any_numbers: bool = False) -> str | None:
    """Return the first line shown that does not follow in what was printed; lines may be left out between.

    Where numbers may be any they put rows in any order, and so each line has to be there somewhere, once for each.
    """
    shown = [line for line in said.splitlines() if line.strip() not in ("", "...")]
    left = printed.splitlines()
    for each in shown:
        found = next((place for place, line in enumerate(left) if _is_alike(each, line, any_numbers)), None)
        if found is None:
            return each
        del left[found if any_numbers else 0 : found + 1]
    return None


def _commands(code: str) -> Iterator[list[str]]:
    """Yield the words of each command, comments and prompts left out, of pipes each part."""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        while "|" in words:
            yield words[: words.index("|")]
            words = words[words.index("|") + 1 :]
        if words:
            yield words


class Reader:
    """Does what a page says, in a folder of its own."""

    def __init__(self, folder: Path, run_genbench: Callable[..., subprocess.CompletedProcess[str]]) -> None:
        self._folder, self._genbench = folder, run_genbench

    def do(self, block: Block) -> None:
        """Put a file there, or run a block and compare what it prints."""
        if block.word in PUT:
            (self._folder / block.rest).write_text(block.code, encoding="utf-8")
        else:
            printed = self._python(block.code) if block.kind == "python" else self._shell(block.code)
            missing = _missing(block.said, printed, block.any_numbers)
            assert missing is None, f"{_id(block)}: not printed: {missing}\n{printed}"

    def _python(self, code: str) -> str:
        return subprocess.run(
            [sys.executable, "-c", code],
            cwd=self._folder,
            check=True,
            timeout=SLOW_RUNS,
            capture_output=True,
            text=True,
        ).stdout

    def _shell(self, code: str) -> str:
        """Run each command; with the one arithmetic that every processor has, for else the tables' headings differ."""
        printed = ""
        for program, *arguments in _commands(code):
            assert program == "genbench", f"{program}: only genbench is run from a page"
            given = [path for each in arguments for path in self._expanded(each)]
            done = self._genbench(*given, *(("--matmul", "highest") if arguments[0] == "run" else ()))
            assert done.returncode == 0, done.stdout + done.stderr
            printed += done.stdout
        return printed

    def _expanded(self, argument: str) -> list[str]:
        return sorted(map(str, self._folder.glob(argument))) if "*" in argument else [argument]


def _do(page: str, reader: Reader, *, slow: bool) -> None:
    """Do all of a page, what is slow with it or not."""
    done = ("run", "run: slow") if slow else ("run",)
    for block in ALL:
        if block.page == page and (block.word in PUT or block.marker in done):
            reader.do(block)


@pytest.mark.parametrize("page", sorted({block.page for block in ALL if block.marker == "run"}))
def test_what_is_quick_runs_and_prints_what_is_shown(run_genbench, tmp_path, page) -> None:
    """Kills: an option renamed, a number that has moved, a measure that sees what the page says it misses."""
    _do(page, Reader(tmp_path, run_genbench), slow=False)


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("page", sorted({block.page for block in ALL if block.marker == "run: slow"}))
def test_what_trains_runs_and_prints_what_is_shown(run_genbench, tmp_path, page) -> None:
    """Kills: a tutorial whose command, or table, is no longer that."""
    _do(page, Reader(tmp_path, run_genbench), slow=True)


def test_no_block_is_without_a_marker() -> None:
    """Kills: an example that nobody runs, a marker with a slip in it, an exception without a reason."""
    words = {"run", "prints", *PUT, "file", "generated", "not run"}
    wrong = [_id(block) for block in ALL if block.marker not in HELD_ELSEWHERE and block.word not in words]
    wrong += [_id(block) for block in ALL if block.word == "run" and block.rest not in ("", "slow")]
    wrong += [_id(block) for block in ALL if block.word not in ("run", "prints", "pytest") and not block.rest]
    assert wrong == []
    assert len(ALL) > 40


@pytest.mark.parametrize("block", _of("file"), ids=_id)
def test_what_is_shown_of_a_file_is_the_file(block: Block) -> None:
    """Kills: a page whose code is no longer that of the file which the tests run."""
    assert (ROOT / block.rest).read_text(encoding="utf-8") == block.code


@pytest.mark.parametrize("block", _of("study"), ids=_id)
def test_studies_are_read(block: Block, tmp_path) -> None:
    """Kills: a key of a study that was renamed."""
    path = tmp_path / "study.toml"
    path.write_text(block.code, encoding="utf-8")
    assert make_spec({} if "models" in block.code else {"models": ("alpha",)}, path)


def _given(arguments: list[str]) -> None:
    """Refuse a command or a flag of ours that does not exist; values are not looked at."""
    context = click.Context(group, **group.context_settings)
    command = group.get_command(context, arguments[0])
    assert command is not None, f"no command {arguments[0]}; there are {', '.join(COMMANDS)}"
    rest = arguments[1:]
    if isinstance(command, click.Group) and rest:
        context = click.Context(command, parent=context)
        command, rest = command.get_command(context, rest[0]), rest[1:]
    command.make_parser(click.Context(command, parent=context)).parse_args(rest)


@pytest.mark.parametrize("block", [block for block in ALL if block.kind in ("", "sh", "text")], ids=_id)
def test_commands_that_are_shown_exist(block: Block) -> None:
    """Kills: a command or a flag that was renamed, where nothing runs what is shown."""
    lines = block.code.replace("\\\n", " ").splitlines() if block.word == "not run" else []
    for line in lines:
        for words in _commands(line) if line.startswith("genbench ") else ():
            words = words[words.index("genbench") :] if "genbench" in words else []
            _given(words[1 : words.index("&&") if "&&" in words else None])


def test_the_command_line_is_told_as_it_is() -> None:
    """Kills: a flag, a default or a sentence of help that the reference does not have."""
    found = runpy.run_path(str(ROOT / "docs" / "_tools" / "cli_reference.py"))
    written = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert found["page"]() == written, "write it anew: python docs/_tools/cli_reference.py"


def test_what_is_shown_must_follow_in_order() -> None:
    """Kills: a comparison that finds everything in everything."""
    assert _missing("a ± .5\nb [1.001, 2]", "a ± .5\nx\nb [1, 2]") is None
    assert _missing("b 1\na 2", "a 2\nb 1") == "a 2"
    assert _missing("fd 1.5", "fd 1.6") == "fd 1.5"
    assert _missing("fd 1.5", "fd 1.6", any_numbers=True) is None
    assert _missing("fd 1.5", "kd 1.5", any_numbers=True) == "fd 1.5"
    assert _missing("b 1\na 2", "a 2\nb 1", any_numbers=True) is None
    assert _missing("a 1\na 2", "a 2\nb 1", any_numbers=True) == "a 2"
    assert _missing("copies YES", "copies no") == "copies YES"


def test_blocks_are_found_with_what_they_print() -> None:
    """Kills: a block that is taken for the text between two others, output that is compared with nothing."""
    text = "<!-- run -->\n```sh\na\n```\n<!-- prints -->\n```\nb\n```\n\n```toml\nc\n```\n"
    first, second = _blocks("p", text)
    assert (first.marker, first.code, first.said, first.line) == ("run", "a\n", "b\n", 1)
    assert (second.marker, second.kind, second.code) == ("", "toml", "c\n")


def test_links_between_pages_lead_somewhere() -> None:
    """Kills: a page that was moved, where only the site would tell."""
    broken = []
    for name, path in PAGES.items():
        text = FENCE.sub("", path.read_text(encoding="utf-8"))
        for target in re.findall(r"\]\((?!https?:|#)([^)\s#]+)", text):
            if not (path.parent / target).exists():
                broken.append(f"{name}: {target}")
    assert broken == []


def test_an_unknown_flag_is_told() -> None:
    """Kills: a look at commands that lets everything pass."""
    _given(["run", "--models", "alpha", "--budget", "30s"])
    with pytest.raises(click.UsageError):
        _given(["run", "--model-names", "alpha"])
    with pytest.raises(AssertionError):
        _given(["ran"])
