"""Foreign text made harmless: what plugins, records and files say, before anybody reads it."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 300  # characters kept of a foreign string
MOST_LINES, LONGEST_LINE = 200, 2_000  # of a message of several lines
ESCAPE_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f]).*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC: titles, links
    r"|\x1b[ -/]*[0-~]?",
    re.DOTALL,
)


def plain(text: str, longest: int = LONGEST) -> str:
    """Return `text` as one short line that cannot steer a terminal, a CI log or the direction of reading.

    Every string that comes from a plugin or a record passes here once, before any format escapes it in its own way.
    """
    return shortened(neutral(" ".join(_visible(text[: 20 * longest]).split())), longest)


def plain_lines(text: str) -> str:
    """Return a message of several lines, spaces kept, of which none can steer what shows it."""
    lines = text[: MOST_LINES * LONGEST_LINE].split("\n")
    kept = [shortened(neutral(_visible(line).rstrip()), LONGEST_LINE) for line in lines[:MOST_LINES]]
    return "\n".join([*kept, *([f"… {len(lines) - MOST_LINES} more lines"] if len(lines) > MOST_LINES else [])])


def quoted(text: str, longest: int = 80) -> str:
    r"""Return `text` in quotes, what cannot be seen written as `\x1b`, the middle of a long one left out."""
    return shortened(repr(text[: 20 * longest]), longest)


def quoted_value(value: object, longest: int = 80) -> str:
    """Return any value as a message shows it, cut; a value that cannot even be shown is told by its type."""
    try:
        return plain(repr(value), longest)
    except Exception:  # repr is the value's own code, and of a number of thousands of digits Python refuses it
        return f"a {type(value).__name__}"


def told(error: BaseException) -> str:
    """Return the class and the text of what was raised; one that has no text, or cannot even give it, by its class."""
    try:
        return f"{type(error).__name__}: {error}".strip(": ")
    except Exception:  # __str__ is the plugin's own code
        return f"{type(error).__name__}: its text cannot be told"


def neutral(line: str) -> str:
    """Return a line that no CI service takes for a command: `::set-env`, `##[group]`, `##vso[...]`."""
    return re.sub(r"##(?=\w*\[)", "# #", re.sub(r"^(\s*):(?=:)", r"\1: ", line))


def shortened(text: str, longest: int) -> str:
    """Return `text` in at most `longest` characters, the middle left out."""
    if len(text) <= longest:
        return text
    tail = longest // 3
    return f"{text[: longest - tail - 1]}…{text[-tail:]}"


def first_line(message: str | None) -> str:
    """Return the first line of a message that says something."""
    lines = [plain(line) for line in re.split(r"[\r\n]+", (message or "")[: 20 * LONGEST])]
    return next((line for line in lines if line), "no message")


def _visible(text: str) -> str:
    if text.isprintable():  # by far the most, and a hundred times faster
        return text
    return "".join(_harmless(character) for character in ESCAPE_SEQUENCE.sub("", text))


def _harmless(character: str) -> str:
    """Drop what is invisible (control, format and bidi, surrogate, private), keep white space as a space."""
    if character.isspace():
        return " "
    return "" if unicodedata.category(character)[0] == "C" else character
