"""Make a git repository of `pace`, whose second version differs in some constants."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
WHO = {f"GIT_{role}_{what}": "test@example.org" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
ISOLATED = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder, *arguments):
    """Run git without anybody's settings; return what it said."""
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments], env=os.environ | WHO | ISOLATED, capture_output=True, text=True
    )
    assert done.returncode == 0, (arguments, done.stderr)
    return done.stdout.strip()


def repository(folder, **constants):
    """Commit `pace` on the branch `main`, then leave changed constants uncommitted; return the folder."""
    shutil.copytree(HERE / "pace", folder, ignore=shutil.ignore_patterns("__pycache__"))
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    change(folder, **constants)
    return folder


def change(folder, **constants):
    """Set constants of the model."""
    path = folder / "pace" / "model.py"
    text = path.read_text()
    for name, value in constants.items():
        text, count = re.subn(rf"^{name} = \S+", f"{name} = {value}", text, flags=re.MULTILINE)
        assert count == 1, name
    path.write_text(text)
