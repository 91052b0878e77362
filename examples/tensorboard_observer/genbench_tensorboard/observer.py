"""The observer: wrappers around a model's hooks, whose time is not charged, and which change nothing."""

import os
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from genbench import hookimpl

FOLDER = "GENBENCH_TENSORBOARD"
MOST = 64  # samples of a grid
_trial = None  # of this process, which trains one
_drawn = set()  # variants of which there is a grid


def begin(trial):
    """Remember what is about to be trained; called before the model is built."""
    global _trial
    _trial = trial
    _drawn.clear()


@hookimpl(wrapper=True)
def train(batches):
    """Let the model train; write its curves, also of a training that failed."""
    try:
        return (yield)
    finally:
        with _writer() as writer:
            for name, points in batches.curves.items():
                for hand_outs, value in points:
                    writer.add_scalar(name, value, hand_outs)


@hookimpl(wrapper=True)
def sample(variant):
    """Let the model draw; keep a grid of each variant's first images."""
    drawn = yield
    if drawn.ndim == 4 and drawn.shape[1] in (1, 3) and variant not in _drawn:
        _drawn.add(variant)
        with _writer() as writer:
            writer.add_images(f"samples/{variant}", drawn[:MOST].detach().float().cpu().clamp(0, 1))
    return drawn


def _writer():
    folder = Path(os.environ.get(FOLDER, "runs")) / _trial.data.name.replace(":", "_").replace("/", "_")
    return SummaryWriter(str(folder / _trial.model.title / f"seed-{_trial.seed}"))
