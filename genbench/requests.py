"""What a run asks of its processes: messages, made from the study, what was found, and an attempt's course."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.messages import PICTURE, Controls, Job, Judge, Places, Score
from genbench.plan import judged_counts, sample_counts
from genbench.store import TRIALS
from genbench.windows import QUICK_WINDOW, WINDOW

if TYPE_CHECKING:
    from genbench.course import Course
    from genbench.spec import Spec
    from genbench.survey import Survey


@dataclass(frozen=True, kw_only=True)
class Requests:
    """The messages of one run."""

    spec: Spec  # what was asked
    found: Survey
    run: Path  # folder
    cache: Path  # where features of real rows are kept

    def job(self, course: Course, flops_per_example: float | None) -> Job:
        """Ask for a trial or a probe."""
        trial = course.trial
        is_counted = trial.budget.is_exact and trial.purpose != "probe"
        return Job(
            trial=trial,
            train=self.found.data[trial.data.name].data.folder / "train",
            folder=course.folder,
            counts=sample_counts(trial),
            sample_batch=self.spec.sample_batch,
            hand_outs=trial.budget.hand_outs(trial.model.batch_size, flops_per_example) if is_counted else None,
            observers=self.spec.observers,
            earlier=course.earlier,
            protected=self._protected(),
            window=QUICK_WINDOW if self.spec.quick else WINDOW,
        )

    def judge(self, course: Course) -> Judge:
        """Ask for the measures of a trial's samples."""
        ready = self.found.data[course.trial.data.name]
        return Judge(
            places=self.places,
            data=ready.data,
            features=ready.features,
            samples=course.outcome.samples,
            metrics=self.spec.metrics,
            picture=course.folder / PICTURE,
        )

    def score(self, course: Course) -> Score:
        """Ask a trained model about held-out rows."""
        return Score(
            trial=course.trial,
            data=self.found.data[course.trial.data.name].data,
            snapshot=course.folder / "snapshots" / "final.pt",
            folder=course.folder,
        )

    def controls(self, name: str) -> Controls:
        """Ask for the floor and the controls of a data set."""
        ready = self.found.data[name]
        return Controls(
            places=self.places,
            data=ready.data,
            features=ready.features,
            counts=judged_counts(ready.data.ref),
            metrics=self.spec.metrics,
        )

    @property
    def places(self) -> Places:
        """Where the judge finds and leaves things."""
        device = self.found.device if self.found.device.startswith("cuda") else "cpu"
        return Places(cache=self.cache, run=self.run, weights=self.spec.weights, device=device)

    def _protected(self) -> tuple[Path, ...]:
        """Return what a model that trains has no business to open: rows, also of other files, and others' results."""
        found = find_spec("sklearn")  # found and not imported: that takes a second in which no worker has a call
        bundled = (Path(found.origin).parent / "datasets" / "data",) if found and found.origin else ()
        root = () if self.spec.data_root is None else (self.spec.data_root.absolute(),)
        return (self.cache.absolute(), self.run / TRIALS, *bundled, *root)
