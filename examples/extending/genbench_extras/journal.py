"""Keeps a journal: a line of JSON for every training, with the last value of each curve."""

import json
import os
from pathlib import Path

from genbench import hookimpl

FILE = "GENBENCH_JOURNAL"  # of the environment; else journal.jsonl in the working folder
_about = {}  # this process trains one model


def begin(trial):
    """Remember what is about to be trained."""
    _about.update(model=trial.model.title, data=trial.data.name, seed=trial.seed)


@hookimpl(wrapper=True)
def train(batches):
    """Let the model train, then write; what it raises goes on to the harness."""
    try:
        return (yield)
    finally:
        last = {name: points[-1][1] for name, points in batches.curves.items() if points}
        with Path(os.environ.get(FILE, "journal.jsonl")).open("a", encoding="utf-8") as file:
            file.write(json.dumps({**_about, **last}) + "\n")
