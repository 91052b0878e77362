"""`--seeds auto`: as many seeds as the comparison needs, by planned looks, and nothing missing in what is left."""

from __future__ import annotations

from genbench.store import RunFolder

BRIEF = ("--budget", "40steps", "--marks", "0.5", "--no-probe", "--features", "pixels")

TWIN = """
import torch
from genbench import hookimpl

@hookimpl
def build(task):
    return torch.nn.Linear(1, 1)

@hookimpl
def train(batches):
    for _ in batches:
        pass

@hookimpl
def sample(count):
    return torch.rand(count, 1, 8, 8)
"""


def _results(tmp_path):
    (folder,) = (tmp_path / "results").iterdir()
    return RunFolder(folder).read()


def test_a_run_stops_once_every_pair_is_decided(run_genbench, tmp_path):
    """Kills: trials of later looks counted as missing (exit 1, rows `not run`), or run all the same."""
    done = run_genbench("run", "--models", "vae,gan", "--seeds", "auto", "--max-seeds", "6", *BRIEF)
    assert done.returncode == 0, done.stderr
    results = _results(tmp_path)
    assert results.plan.looks == (5, 6)
    assert (results.stopped.seeds, len(results.records), len(results.planned)) == (5, 10, 10)
    assert results.stopped.reason == "every pair is decided"
    assert "stopped after 5 seeds: every pair is decided" in done.stderr
    assert "5 seeds" in done.stdout and "not run" not in done.stdout
    assert run_genbench("validate", str(results.path)).returncode == 0


def test_one_model_needs_no_more_than_the_first_look(run_genbench, tmp_path):
    done = run_genbench("run", "--models", "vae", "--seeds", "auto", *BRIEF)
    assert done.returncode == 0, done.stderr
    assert (_results(tmp_path).stopped.seeds, _results(tmp_path).stopped.reason) == (5, "there is no pair to compare")


def test_an_undecided_pair_gets_all_the_seeds_there_are(run_genbench, tmp_path):
    """Kills: a run that stops at the first look whatever it saw. One module under two names is never told apart."""
    info = tmp_path / "packages" / "twins-0.1.dist-info"
    info.mkdir(parents=True)
    (info.parent / "twin.py").write_text(TWIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twins\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[genbench.models]\none = twin\nother = twin\n")
    done = run_genbench(
        "run", "--models", "one,other", "--seeds", "auto", "--max-seeds", "6", *BRIEF, PYTHONPATH=str(info.parent)
    )
    assert done.returncode == 0, done.stderr
    assert "after 5 seeds not decided: one and other on digits" in done.stderr
    assert (_results(tmp_path).stopped.seeds, len(_results(tmp_path).records)) == (6, 12)
    assert _results(tmp_path).stopped.reason == "not decided: one and other on digits"
