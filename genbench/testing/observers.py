"""Does an observer keep its contract: it looks, and touches nothing?"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from genbench import files, plugins, trial
from genbench.budget import Budget
from genbench.data import prepare
from genbench.engines.call import BEAT
from genbench.inspection import inspect_model
from genbench.machine import cache_folder
from genbench.messages import Inspect, Inspected, Job, Outcome
from genbench.record import Trial
from genbench.templates import contents
from genbench.testing.tally import tallied

if TYPE_CHECKING:
    from collections.abc import Iterator

    from genbench.refs import ModelRef
    from genbench.testing.tally import Tally

MODEL = "watched"  # what the observer is tried on: a model that logs a loss
STEPS = 8
PAGE = "see docs/extending/observers.md"
FAILING = "    raise ValueError('as the check of observers wants it')\n"


def check_observer(name: str) -> None:
    """Check an installed observer: a model trains and samples as it does without, and its errors come through.

    Raises:
        AssertionError: with every finding, what was expected, and how to fix it.
    """
    with tallied("observer", name) as tally:
        with tally.step("contract", expected="a module whose hooks are @hookimpl(wrapper=True)", fix=PAGE):
            plugins.load_observer(name)
        with tempfile.TemporaryDirectory(prefix="genbench-testing-") as folder:
            alone, watched = (_trained(Path(folder), "", each) for each in ((), (name,)))
            failed = _trained(Path(folder), FAILING, (name,))
        _compare(tally, alone, watched, failed)


def _compare(tally: Tally, alone: Outcome, watched: Outcome, failed: Outcome) -> None:
    tally.check(
        "runs",
        watched.status == alone.status == "OK",
        f"{watched.status}: {watched.message}",
        expected="a training that ends well",
        fix="catch what your own writing may raise",
    )
    tally.check(
        "touches nothing",
        watched.status != "OK" or watched.digests == alone.digests,
        "other samples than without the observer",
        expected="the same bits",
        fix="draw no random numbers, change neither model nor result: return what the yield gave",
    )
    tally.check(
        "leaves nothing changed",
        set(watched.warnings) <= set(alone.warnings),
        "; ".join(watched.warnings),
        expected="the process as it was",
        fix="put back what you set, and join your threads",
    )
    tally.check(
        "lets errors through",
        failed.status == "FAILED(train)" and "as the check of observers wants it" in (failed.message or ""),
        f"{failed.status}: {failed.message}",
        expected="what a model raises to reach the harness",
        fix="let `yield` raise; use try/finally and return nothing in `finally`",
    )


def _trained(folder: Path, extra: str, observers: tuple[str, ...]) -> Outcome:
    """Train and sample a small model in this process, from a file; `extra` is put before its training."""
    attempt = Path(tempfile.mkdtemp(dir=folder))
    text = contents(MODEL, kind="image", template="latent")[f"genbench_{MODEL}/{MODEL}.py"]
    path = attempt / f"{MODEL}.py"
    path.write_text(text.replace("    adam = torch", f"{extra}    adam = torch", 1), encoding="utf-8")
    with _in_use(path):
        request = Inspect(name=MODEL, options={"width": 16}, batch_size=16)
        found = Inspected.model_validate_json(inspect_model(request.model_dump_json(), [0] * BEAT))
        assert found.model is not None, found.broken
        job = _job(found.model, attempt, observers)
        return Outcome.model_validate_json(trial.main(job.model_dump_json(), [0] * BEAT))


def _job(model: ModelRef, folder: Path, observers: tuple[str, ...]) -> Job:
    cache = cache_folder()
    prepared = prepare("digits", data_root=None, cache=cache)
    planned = Trial(model=model, data=prepared.ref, budget=Budget(STEPS, "steps"), seed=0, marks=(0.5,), device="cpu")
    return Job(
        trial=planned,
        train=prepared.folder / "train",
        folder=folder,
        counts={"held_out": 20, "validation": 20},
        sample_batch=20,
        hand_outs=STEPS,
        observers=observers,
        protected=(cache,),
    )


@contextmanager
def _in_use(path: Path) -> Iterator[None]:
    """Let a file be a model, and afterwards be none."""
    before, searched = os.environ.get(files.VARIABLE), list(sys.path)
    try:
        plugins.use_files([path])
        yield
    finally:
        sys.path[:] = searched
        os.environ.pop(files.VARIABLE, None) if before is None else os.environ.__setitem__(files.VARIABLE, before)
