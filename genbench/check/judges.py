"""By which baseline a change is judged: the one beside it, or the one of the base, which the change cannot edit."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from genbench.check import git
from genbench.check.baseline import FEATURES
from genbench.check.reading import file_of, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.check.baseline import Baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A baseline, the extractors that came with it, and whether the change that is judged has another one."""

    baseline: Baseline
    features: Path  # folder
    rules_from: str | None = None
    is_changed: bool = False


@contextmanager
def judge(path: Path, rules_from: str | None) -> Iterator[Judge | None]:
    """Yield the baseline that judges; None where there is none.

    Args:
        path: of the baseline, its folder or its file.
        rules_from: a ref whose baseline and thresholds count instead of those in the working tree.

    Raises:
        UsageError: it is damaged, or there is no such ref.
    """
    file = file_of(path)
    if rules_from is None:
        yield Judge(baseline=read(path), features=file.parent / FEATURES) if file.exists() else None
        return
    with TemporaryDirectory(prefix="genbench-rules-") as scratch:
        base = Path(scratch) / "baseline"
        if (
            not git.export_folder(rules_from, file.parent.absolute(), base, Path.cwd())
            or not (base / file.name).exists()
        ):
            yield None
            return
        yield Judge(
            baseline=read(base / file.name),
            features=base / FEATURES,
            rules_from=rules_from,
            is_changed=_contents(base) != _contents(file.parent),
        )


def _contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
