r"""What `genbench new` writes: an installable package with a model that trains as it stands.

The files beside this one are real: they hold the name `my_model`, which is replaced by the author's. A line that ends
in `#: image wave` is for those kinds alone; the mark is left out.
"""

from __future__ import annotations

import importlib.util
import keyword
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from genbench.errors import UnknownName, UsageError
from genbench.escaping import quoted
from genbench.names import name_fault
from genbench.plugins import find

if TYPE_CHECKING:
    from genbench.hookspecs import Kind

HERE = Path(__file__).parent
NAME = "my_model"  # of the model, in the files beside this one
MARK = re.compile(r"\s+#: ([a-z ]+)$")
Template = Literal["latent", "adversarial", "blank"]


def write(name: str, *, kind: Kind, template: Template, into: Path) -> Path:
    """Write the package of a new model.

    Args:
        name: of the model; its module bears it too.
        kind: of data that it is to learn.
        template: what it is to begin with.
        into: folder that is to hold the package's; made where it is not there.

    Returns:
        The package's folder, `genbench-NAME`.

    Raises:
        UsageError: the name is none or taken, the folder is there already, or nothing can be written.
    """
    _check_name(name)
    folder = into / f"genbench-{name}"
    if folder.exists():
        raise UsageError(f"{folder}: is there already; choose another name, or another folder with --into")
    try:
        into.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=into))  # whole, or not there
        try:
            for path, text in contents(name, kind=kind, template=template).items():
                (partial / path).parent.mkdir(parents=True, exist_ok=True)
                (partial / path).write_text(text, encoding="utf-8")
            partial.chmod(0o755)
            partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror}; choose another folder with --into") from error
    return folder


def contents(name: str, *, kind: Kind, template: Template) -> dict[str, str]:
    """Return the text of every file of a package by its path."""
    package = HERE / "package"
    sources = {
        "pyproject.toml": package / "pyproject.toml",
        "README.md": package / "README.md",
        ".gitignore": package / "gitignore",
        ".github/workflows/test.yml": package / "workflow.yml",
        f"tests/test_{name}.py": package / f"test_{NAME}.py",
        f"genbench_{name}/{name}.py": HERE / "model" / f"{template}.py",
    }
    texts = {path: chosen(source.read_text(encoding="utf-8"), kind) for path, source in sources.items()}
    init = f'"""The model {NAME}, a plugin of genbench."""\n'
    return {path: text.replace(NAME, name) for path, text in {**texts, f"genbench_{name}/__init__.py": init}.items()}


def chosen(text: str, kind: Kind) -> str:
    """Return a text without the lines that are for other kinds, and without marks."""
    lines = ((MARK.search(line), line) for line in text.splitlines())
    kept = (MARK.sub("", line) for mark, line in lines if mark is None or kind in mark[1].split())
    return "\n".join(kept) + "\n"


def next_steps(folder: Path) -> tuple[str, ...]:
    """Return the commands that the package's own README tells."""
    block = re.search(r"```sh\n(.*?)```", (folder / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    return () if block is None else tuple(block[1].splitlines())


def _check_name(name: str) -> None:
    """Refuse a name that cannot be a model's and a module's, or that would hide what is installed.

    Raises:
        UsageError: with what to do.
    """
    fault = name_fault(name, what="model")
    if fault is not None:
        raise UsageError(fault)
    if not name.isidentifier() or keyword.iskeyword(name):
        better = re.sub(r"\W", "_", name) + "_" * keyword.iskeyword(name)
        raise UsageError(f"model {quoted(name)}: its module would bear the name too; call it '{better}'")
    try:
        owner = find(name).distribution
    except UnknownName:
        if importlib.util.find_spec(f"genbench_{name}") is None:
            return
        owner = f"a package genbench_{name}"
    raise UsageError(f"model '{name}' is installed already, from {owner}; choose another name")
