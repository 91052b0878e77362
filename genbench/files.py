"""Models from files that are not installed: named by path, found by every process of a run, hashed with what they use.

A file's model bears its stem as a name. Which files are in use stands in an environment variable, so that whatever
process a run starts, on whichever way, finds the same ones.
"""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.escaping import plain, quoted
from genbench.names import name_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, ModuleType

VARIABLE = "GENBENCH_PLUGIN_FILES"  # of the environment: a JSON list of absolute paths
PREFIX = "genbench_file_"  # of a module's name, so that a file called torch.py takes no library's place
SUFFIX = ".py"
LARGEST = 2**22  # bytes


class FreshLoader(SourceFileLoader):
    """Compiles the file as it is now: what was compiled before may be of an edit in the same second."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the file's code."""
        return self.source_to_code(self.get_data(self.path), self.path)


def in_use() -> dict[str, Path]:
    """Return the files in use by the names of their models."""
    paths = [Path(text) for text in json.loads(os.environ.get(VARIABLE) or "[]")]
    return {path.stem: path for path in paths}


def add(paths: Iterable[Path]) -> None:
    """Put files in use, beside those that are; one of the same name takes the former's place."""
    known = in_use() | {path.stem: path.absolute() for path in paths}
    os.environ[VARIABLE] = json.dumps([str(path) for path in known.values()])


def carried() -> dict[str, str]:
    """Return the variable that tells a process which files are in use."""
    return {VARIABLE: os.environ.get(VARIABLE, "")}


def fault(path: Path) -> str | None:
    """Return what is wrong with a file as a plugin, as far as can be told without running it; None for a good one."""
    what = f"plugin {quoted(str(path), 200)}"
    if path.is_dir():
        return f"{what}: is a folder, expected one {SUFFIX} file; install a package with: pip install -e FOLDER"
    if path.suffix != SUFFIX:
        return f"{what}: expected the path of a {SUFFIX} file, as ./my_model{SUFFIX}"
    wrong = name_fault(path.stem, what="the name of its model,")
    if wrong is not None or "." in path.stem:
        return f"{what}: {wrong or 'a model that is named by its file has no dot in its name; rename it'}"
    if not path.is_file():
        return f"{what}: no such file; give the path where it lies, from {Path.cwd()}"
    return _unreadable(path, what)


def _unreadable(path: Path, what: str) -> str | None:
    """Return why a file cannot be read as Python, with the line."""
    try:
        if path.stat().st_size > LARGEST:
            return f"{what}: more than {LARGEST} bytes, expected a module that somebody wrote"
        ast.parse(path.read_bytes(), str(path))
    except OSError as error:
        return f"{what}: cannot be read: {error.strerror}"
    except SyntaxError as error:
        line = f"{path.name}:{error.lineno}" if error.lineno else path.name
        shown = f", at: {plain(error.text, 80)}" if error.text else ""
        return f"{what}: no Python: {line}: {plain(error.msg)}{shown}; mend it"
    except (ValueError, RecursionError) as error:
        return f"{what}: no Python: {plain(str(error))}"
    return None


def load(name: str) -> ModuleType:
    """Import a file's model; its folder is searched for what it imports, after everything that is installed.

    Raises:
        FileNotFoundError: it is no longer there, or not in use.
        BaseException: whatever the file raises.
    """
    path = in_use().get(name)
    if path is None or not path.is_file():
        raise FileNotFoundError(f"{path or f'{name}{SUFFIX}'} is not there; give its path with --plugin")
    module_name = PREFIX + name.replace("-", "_")
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location(module_name, path, loader=FreshLoader(module_name, str(path)))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # before it runs: dataclasses and pydantic look there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    return module


def sources(path: Path) -> list[Path]:
    """Return a file and the modules and packages that it, or they, import from its folder, sorted.

    They are read and not imported, so that an import within a function counts too.
    """
    found, waiting = {path}, [path]
    while waiting:
        for name in _imported(waiting.pop()):
            fresh = [each for each in _of_folder(path.parent, name) if each not in found]
            found.update(fresh)
            waiting += fresh
    return sorted(found)


def _imported(path: Path) -> set[str]:
    """Return the first parts of the names of the modules that a file imports."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return set()
    plain_imports = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
    from_imports = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in [*plain_imports, *from_imports] if name}


def _of_folder(folder: Path, name: str) -> list[Path]:
    """Return the files of a module that Python would take from a folder that is searched last."""
    module, package = folder / f"{name}{SUFFIX}", folder / name / f"__init__{SUFFIX}"
    own = package if package.is_file() else module
    if not own.is_file() or name == "genbench" or name in sys.stdlib_module_names:
        return []
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        spec = None
    if spec is not None and spec.origin is not None and Path(spec.origin) != own:
        return []  # an installed one is found before it
    return sorted(package.parent.rglob(f"*{SUFFIX}")) if own == package else [own]
