"""A study file: TOML read within bounds, and where each of its keys stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from genbench.errors import SpecError
from genbench.escaping import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 2**20  # bytes


class Study:
    """What a study file says, by key; an empty one where there is no file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._text = "" if path is None else _text(path)
        self.asked = {} if path is None else _parsed(path, self._text)

    @property
    def source(self) -> str:
        """Return where mistakes were made, for the headline of an error."""
        return "the command line" if self.path is None else str(self.path)

    @property
    def folder(self) -> Path:
        """Return the absolute folder of the file; the working one where there is none."""
        return Path.cwd() if self.path is None else self.path.absolute().parent

    def place(self, keys: Sequence[object]) -> str:
        """Return `study.toml:7: ` for a key given by its path, or nothing where the file does not hold it."""
        if self.path is None or not keys or keys[0] not in self.asked:
            return ""
        return f"{self.path.name}:{_line(self._text.splitlines(), [str(key) for key in keys])}: "


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise SpecError([f"more than {LARGEST} bytes, expected a study of a few lines"], str(path))
        return content.decode("utf-8")
    except FileNotFoundError as error:
        reason = f"there is no such file in {path.absolute().parent}: expected a study in TOML; flags alone need none"
        raise SpecError([reason], str(path)) from error
    except OSError as error:
        raise SpecError([f"cannot read it: {error.strerror}"], str(path)) from error
    except UnicodeDecodeError as error:
        raise SpecError([f"not a TOML file: {error.reason} at byte {error.start}"], str(path)) from error


def _parsed(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise SpecError(["not a study: its brackets are too many deep"], str(path)) from None
    except ValueError as error:  # of syntax, of a date that is none, of a number of thousands of digits
        line = re.search(r"at line (\d+)", str(error))
        place = f"{path.name}:{line[1]}: " if line else ""
        raise SpecError([f"{place}not a TOML file: {plain(str(error))}"], str(path)) from error


def _line(lines: Sequence[str], keys: Sequence[str]) -> int:
    """Return the number of the line on which a key is given; of a nested one, of the innermost that is found.

    Found by looking for `key =`, `[key` and `.key`, which is right for files that people write.
    """
    at = 0
    for depth, key in enumerate(keys):
        name = rf"[\"']?{re.escape(key)}[\"']?"
        inner = rf"^\s*{name}\s*[.=]|\.\s*{name}\s*[\].=]|[{{,]\s*{name}\s*[.=]"
        wanted = rf"^\s*\[*\s*{name}\s*[\].=]" if depth == 0 else inner
        found = next((number for number in range(at, len(lines)) if re.search(wanted, lines[number])), None)
        if found is None:
            break
        at = found
    return at + 1
