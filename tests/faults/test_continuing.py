"""A trial's process is killed by SIGKILL at any time; the next attempt goes on, and the result is that of no kill."""

from __future__ import annotations

import multiprocessing
import random
import time
from multiprocessing.sharedctypes import RawArray
from typing import TYPE_CHECKING, Any

import pytest

from genbench import inspection, trial
from genbench.budget import Budget
from genbench.checkpoints import FILE
from genbench.data import prepare
from genbench.engines.call import BEAT, HAND_OUTS
from genbench.messages import Inspect, Inspected, Job, Outcome
from genbench.record import Trial

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 60
MARKS = tuple(k / 10 for k in range(1, 10))
PATIENCE = 120.0  # seconds for a process to come as far as it does in one


class Victim:
    """Attempts at one trial, each in a process of its own."""

    def __init__(self, model: str, seed: int, folder: Path, cache: Path) -> None:
        found = Inspected.model_validate_json(
            inspection.inspect_model(Inspect(name=model).model_dump_json(), [0] * BEAT)
        )
        assert found.model is not None
        prepared = prepare("digits", data_root=None, cache=cache)
        self.planned = Trial(
            model=found.model, data=prepared.ref, budget=Budget(STEPS, "steps"), seed=seed, marks=MARKS, device="cpu"
        )
        self._train = prepared.folder / "train"
        self._folder = folder
        self._attempts: list[Path] = []
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["torch._dynamo", "genbench.trial"])  # seconds to import

    def job(self) -> Job:
        """Plan the next attempt; it goes on from the last."""
        earlier = self._attempts[-1] if self._attempts else None
        self._attempts.append(self._folder / f"attempt-{len(self._attempts) + 1}")
        self._attempts[-1].mkdir(parents=True)
        return Job(
            trial=self.planned, train=self._train, folder=self._attempts[-1], counts={"held_out": 50, "validation": 30},
            sample_batch=50, hand_outs=STEPS, earlier=earlier,
        )  # fmt: skip

    def finish(self) -> Outcome:
        """Make an attempt that nobody kills, in this process."""
        return Outcome.model_validate_json(trial.main(self.job().model_dump_json(), [0] * BEAT))

    def kill(self, chance: random.Random) -> bool:
        """Make an attempt and kill it after a random hand-out, and a little later; return whether that was in time."""
        beat: Any = RawArray("Q", BEAT)
        process = self._context.Process(target=trial.main, args=(self.job().model_dump_json(), beat))
        process.start()
        after, gives_up = chance.randint(0, STEPS), time.monotonic() + PATIENCE
        while beat[HAND_OUTS] < after and process.is_alive() and time.monotonic() < gives_up:
            time.sleep(0.0002)
        time.sleep(chance.choice((0.0, 0.0, 0.002, 0.01)))
        process.kill()
        process.join()
        return process.exitcode == -9

    @property
    def is_begun(self) -> bool:
        """Whether the last attempt left a checkpoint."""
        return (self._attempts[-1] / FILE).exists()


def _told(outcome: Outcome) -> dict[str, Any]:
    """Return all that is to be as if nobody had been killed."""
    assert outcome.spend is not None
    assert outcome.status == "OK", outcome.message
    return {
        "digests": outcome.digests,
        "marks": [(mark.fraction, mark.steps, mark.updates) for mark in outcome.marks],
        "spend": (outcome.spend.steps, outcome.spend.examples, outcome.spend.updates, outcome.spend.fraction),
        "samples": [(each.variant, each.mark, each.split) for each in outcome.samples],
    }


def _kill_often(model: str, kills: int, in_a_row: int, folder: Path, cache: Path, seed: int) -> tuple[int, int]:
    """Kill `kills` processes, never more than `in_a_row` of one trial; return how many went on, and hand-outs saved."""
    chance = random.Random(seed)
    whole = _told(Victim(model, seed, folder / "whole", cache).finish())
    done = went_on = 0
    for number in range(10 * kills):
        if done >= kills:
            break
        victim = Victim(model, seed, folder / str(number), cache)
        done += sum(victim.kill(chance) for _ in range(chance.randint(1, min(in_a_row, kills - done))))
        had_begun = victim.is_begun
        outcome = victim.finish()
        assert _told(outcome) == whole
        assert (outcome.continued > 0) == had_begun, outcome.warnings
        went_on += had_begun
    assert done >= kills
    return done, went_on


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_a_killed_process_goes_on(tmp_path: Path, cache: Path, model: str) -> None:
    """Kills: a partial checkpoint that is believed, photographs that died with their attempt, a feed off by one."""

    _, went_on = _kill_often(model, 6, 3, tmp_path, cache, seed=1)
    assert went_on > 0


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("model", ["vae", "gan"])
def test_a_hundred_kills(tmp_path: Path, cache: Path, model: str) -> None:
    done, went_on = _kill_often(model, 100, 4, tmp_path, cache, seed=2)
    print(f"{model}: {done} of {done} kills, {went_on} trials went on from a checkpoint")
