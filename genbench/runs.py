"""The runs under a folder and how each stands, derived from what lies there: no state has to be set or cleared."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from genbench.errors import ResultsError
from genbench.status import OK
from genbench.store import RunFolder, Watch
from genbench.store.folder import planned_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Standing:
    """One run."""

    path: Path
    state: str  # "finished", "running", "unfinished", "damaged"
    models: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    planned: int = 0
    ok: int = 0
    failed: int = 0
    note: str = ""  # who works on it, what is damaged


def standings(output: Path) -> Iterator[Standing]:
    """Yield the runs under `output`, the newest first."""
    plans = sorted(output.glob("*/plan.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in plans:
        yield standing(path.parent)


def standing(path: Path) -> Standing:
    """Tell how a run stands."""
    folder, damaged = RunFolder(path), list[str]()
    try:
        plan = folder.plan()
        planned = planned_of(plan, folder.stopped())
    except ResultsError as error:
        return Standing(path, "damaged", note=str(error))
    statuses = folder.statuses(plan, damaged)
    counts = Counter(status == OK for status in statuses.values())
    state, note = _state(path, damaged, is_whole=len(statuses) >= len(planned) and not plan.is_open)
    return Standing(
        path=path,
        state=state,
        models=tuple(dict.fromkeys(trial.model.title for trial in plan.everything)),
        datasets=tuple(dict.fromkeys(trial.data.name for trial in plan.everything)),
        planned=len(planned),
        ok=counts[True],
        failed=counts[False],
        note=note,
    )


def _state(path: Path, damaged: list[str], *, is_whole: bool) -> tuple[str, str]:
    living = Watch(path).living()
    if living:
        return "running", "by " + " and ".join(owner.name for owner in living)
    if damaged:
        return "damaged", "; ".join(damaged)
    return ("finished", "") if is_whole else ("unfinished", f"go on with: genbench run --resume {path}")
