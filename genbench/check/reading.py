"""Baselines on disk: a sealed `baseline.json` and the extractors trained for it, whole or refused, never half believed.

A baseline outlives the code that wrote it. What an older genbench wrote becomes what this one reads by a ladder of
steps, each of which is tested; what a newer one wrote is refused.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from genbench.check.baseline import FEATURES, FILE, SCHEMA, Baseline
from genbench.check.soundness import problems_of
from genbench.errors import BaselineError, ResultsError, UsageError
from genbench.escaping import plain, quoted
from genbench.store import load_document, seal
from genbench.store.durable import PARTIAL, replace_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

STEPS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}  # from the schema of that number to the next one
LARGEST = 64 * 2**20  # bytes of an extractor
MOST_TOLD = 16  # problems, so that they fit a screen
ADVICE = "restore it from version control, or make it again with `genbench baseline`"


def read(path: Path) -> Baseline:
    """Read a baseline: its folder, or the `baseline.json` in it.

    Raises:
        ResultsError: it is missing, damaged, edited, or something else.
        BaselineError: it is of a newer schema or says what cannot be; with every problem at once.
    """
    file = file_of(path)
    document = migrated(_document(file), file)
    try:
        baseline = Baseline.model_validate_json(json.dumps(document))
    except ValidationError as error:
        told = error.errors(include_url=False, include_context=False, include_input=False)
        raise _refusal(
            [f"{plain('.'.join(map(str, each['loc'])))}: {plain(each['msg'])}" for each in told], file
        ) from None
    problems = [*problems_of(baseline), *_extractor_problems(baseline, file.parent / FEATURES)]
    if problems:
        raise _refusal(problems, file)
    return baseline


def file_of(path: Path) -> Path:
    """Return the file of a baseline that is named by its folder or by itself."""
    return path / FILE if path.is_dir() or path.suffix != ".json" else path


def migrated(
    document: dict[str, Any],
    file: Path,
    steps: Mapping[int, Callable[[dict[str, Any]], dict[str, Any]]] = STEPS,
    newest: int = SCHEMA,
) -> dict[str, Any]:
    """Return the content of a baseline as the newest schema has it.

    Args:
        document: as it was read.
        file: where, for messages.
        steps: from one schema to the next.
        newest: the schema to arrive at.

    Raises:
        BaselineError: it is of a newer schema, of none, or of one from which no step leads on.
    """
    schema = document.get("schema_version")
    if not isinstance(schema, int) or isinstance(schema, bool):
        raise _refusal([f"schema_version: got {quoted(str(schema))}, expected a number up to {newest}; {ADVICE}"], file)
    if schema > newest:
        raise _refusal([f"schema {schema}, this genbench reads up to {newest}: update genbench"], file)
    for number in range(schema, newest):
        if number not in steps:
            raise _refusal([f"schema {schema} cannot be read any more: make it again with `genbench baseline`"], file)
        document = steps[number](document) | {"schema_version": number + 1}
    return document


def write(baseline: Baseline, folder: Path, extractors: Mapping[str, Path]) -> None:
    """Write a baseline: its folder appears whole, or a former one stays.

    Args:
        baseline: what to write.
        folder: where.
        extractors: files that were trained for it, by name.

    Raises:
        ResultsError: it cannot be written; or the folder holds what is no baseline's, which is left alone.
    """
    strange = others_in(folder)
    if strange:
        raise ResultsError(f"{folder}: holds {', '.join(strange[:3])}, expected nothing but a baseline; choose another")
    files = {FILE: seal(baseline)} | {f"{FEATURES}/{name}": path.read_bytes() for name, path in extractors.items()}
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        replace_folder(folder.absolute(), files)
    except OSError as error:
        raise ResultsError(f"cannot write a baseline to {folder}: {error.strerror}; choose another --out") from error


def others_in(folder: Path) -> list[str]:
    """Return what lies in a folder, or in its place, and is no part of a baseline."""
    if not folder.is_dir():
        return [f"{folder.name}, a file"] if folder.exists() else []
    known = {FILE, FEATURES, *(f"{FEATURES}/{path.name}" for path in (folder / FEATURES).glob("*.npz"))}
    return sorted({path.relative_to(folder).as_posix() for path in folder.rglob("*")} - known)


def _document(file: Path) -> dict[str, Any]:
    try:
        return load_document(file)
    except FileNotFoundError:
        raise ResultsError(f"{file}: no such file; {_way_out(file.parent)}") from None
    except ResultsError as error:
        raise ResultsError(f"{error}; {ADVICE}") from None


def _way_out(folder: Path) -> str:
    """Tell how to come by a baseline; where a write was cut off in the moment of replacing one, where it lies."""
    aside = sorted(folder.absolute().parent.glob(f".{folder.name}.*{PARTIAL}/{FILE}"))
    if aside:
        return f"what was there lies in {aside[0].parent}: move it back"
    return f"make one with: genbench baseline STUDY --out {folder}"


def _extractor_problems(baseline: Baseline, folder: Path) -> list[str]:
    """Return which of the extractors that were trained for it are missing or others."""
    problems = []
    for name, expected in baseline.extractors.items():
        path = folder / name
        if name in ("", ".", "..") or "/" in name or "\\" in name:
            problems.append(f"extractor {quoted(name)}: expected the name of a file in {FEATURES}/")
        elif path.is_symlink() or folder.is_symlink() or not path.is_file():
            problems.append(f"{FEATURES}/{plain(name)}: expected the extractor's file, found none; {ADVICE}")
        elif path.stat().st_size > LARGEST:
            problems.append(f"{FEATURES}/{plain(name)}: {path.stat().st_size} bytes, expected at most {LARGEST}")
        elif (found := hashlib.sha256(path.read_bytes()).hexdigest()) != expected:
            problems.append(
                f"{FEATURES}/{plain(name)}: got sha256 {found[:16]}…, expected {plain(expected)[:16]}…; {ADVICE}"
            )
    return problems


def _refusal(problems: list[str], file: Path) -> UsageError:
    told = problems[:MOST_TOLD]
    if len(problems) > MOST_TOLD:
        told.append(f"and {len(problems) - MOST_TOLD} more")
    return BaselineError(told, str(file))
