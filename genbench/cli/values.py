"""Turn the text of flags into values; what cannot be one is a usage error."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from genbench.errors import SpecError

LEAST_MEMORY = 500 * 10**6  # bytes: a trial's process has some 300 MB of libraries in use before it does anything


def names(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[str, ...] | None:
    """Read `a,b` as names."""
    return None if text is None else tuple(part.strip() for part in text.split(",") if part.strip())


def numbers(context: click.Context, parameter: click.Parameter, text: str | None) -> tuple[float, ...] | None:
    """Read `0.1,0.5` as numbers."""
    if text is None:
        return None
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        raise click.BadParameter(f"'{text}': expected numbers, as 0.1,0.5") from None


def seeds(context: click.Context, parameter: click.Parameter, text: str | None) -> int | str | tuple[int, ...] | None:
    """Read `5` as how many seeds, `0,7,9` as which, and `auto` as it stands."""
    if text is None or text == "auto":
        return text
    try:
        return tuple(int(part) for part in text.split(",") if part.strip()) if "," in text else int(text)
    except ValueError:
        raise click.BadParameter(f"'{text}': expected how many seeds, as 5, or which, as 0,7,9, or auto") from None


def workers(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Read a number; `auto` is the same as nothing."""
    if text is None or text == "auto":
        return None
    if not text.isdecimal() or int(text) < 1:
        raise click.BadParameter(f"'{text}': expected how many, as 2, or auto")
    return int(text)


def size(context: click.Context, parameter: click.Parameter, text: str | None) -> int | None:
    """Read `8GB`, `500MB` or `2GiB` as bytes, no fewer than a trial's process has in use when it starts."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]i?)?B?", text.strip(), re.IGNORECASE)
    if found is None or float(found[1]) == 0:
        raise click.BadParameter(f"'{text}': expected bytes, as 8GB or 500MB")
    prefix = (found[2] or "").lower()
    size = int(float(found[1]) * (1024 if prefix.endswith("i") else 1000) ** " kmgt".index(prefix[:1] or " "))
    if size < LEAST_MEMORY:
        raise click.BadParameter(f"'{text}': got {size:,} bytes, expected 500MB at least, which a trial needs to start")
    return size


def files(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, Path]:
    """Read every `NAME=FILE`."""
    chosen: dict[str, Path] = {}
    for text in texts:
        name, equals, path = text.partition("=")
        if not (name and equals and path):
            raise click.BadParameter(f"'{text}': expected a feature space and its file, as inception=weights.pth")
        if not Path(path).is_file():
            raise click.BadParameter(f"'{text}': expected a file, found none at {path}")
        chosen[name] = Path(path).absolute()
    return chosen


def options(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Read every `MODEL.OPTION=VALUE`; all that are wrong are told at once."""
    from genbench.spec import parse_option

    problems: list[str] = []
    chosen: dict[str, dict[str, Any]] = {}
    for text in texts:
        try:
            model, option, value = parse_option(text)
        except SpecError as error:
            problems += error.problems
        else:
            chosen.setdefault(model, {})[option] = value
    if problems:
        raise SpecError(problems)
    return chosen


def limits(context: click.Context, parameter: click.Parameter, texts: tuple[str, ...]) -> dict[str, float]:
    """Read every `NAME=SECONDS`."""
    known = ("hook", "first", "stall", "finish", "terminate")
    chosen: dict[str, float] = {}
    for text in texts:
        name, _, value = text.partition("=")
        try:
            chosen[name] = float(value)
        except ValueError:
            chosen[name] = -1.0
        if name not in known or not chosen[name] > 0:
            raise click.BadParameter(f"'{text}': expected one of {', '.join(known)} and seconds, as stall=60")
    return chosen
