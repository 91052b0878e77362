"""`genbench baseline`: 20 seeds become a folder to be committed; what could not is refused before it is trained."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest

from genbench.check import making, sessions
from genbench.check.reading import read
from genbench.cli import baseline as cli
from genbench.cli import group
from genbench.errors import Interrupted, SpecError, UsageError
from genbench.session import Ways
from genbench.spec import make_spec

GOLDEN = Path(__file__).parents[1] / "check" / "golden" / "schema-1"
# A hand-out takes some time, so that a busy machine does not make the return of `train` look late.
STUDY = ("--models", "null", "--datasets", "tiny", "--budget", "10steps", "--set", "null.sleep=0.01")
NULL = (*STUDY, "--sessions", "0")


@pytest.fixture(scope="module")
def genbench(toys, cache, tmp_path_factory):
    """Run `genbench baseline` with the toys installed, always in the same folder."""
    folder = tmp_path_factory.mktemp("baseline")
    paths = os.pathsep.join([str(toys), *filter(None, [os.environ.get("PYTHONPATH")])])

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "genbench", "baseline", *arguments]
        variables = os.environ | {"PYTHONPATH": paths, "GENBENCH_CACHE": str(cache)}
        return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, timeout=280)

    run.folder = folder
    return run


@pytest.fixture(scope="module")
def made(genbench):
    """A baseline of 20 seeds."""
    done = genbench(*NULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_it_trains_20_seeds_and_keeps_them(genbench, made) -> None:
    """Kills: the 5 seeds of `genbench run`, probes that nobody needs, a command that nobody can repeat."""
    found = read(genbench.folder / "results" / "baselines" / "null-tiny")
    (cell,) = found.cells
    assert [row.status for row in cell.seeds] == ["OK"] * 20
    assert cell.sessions == ()
    assert not found.study["probe"]
    assert found.made.command == f"genbench baseline {' '.join(NULL)}"
    (run,) = (path for path in (genbench.folder / "results").iterdir() if path.name != "baselines")
    assert found.made.run == run.name
    assert "[21/21]" in made.stderr  # the floor and 20 trials


def test_it_says_what_it_will_find_and_what_to_do(made) -> None:
    for said in (
        "5 comparisons, 3 of quality and 2 of throughput; first looks at 5 seeds and 12 pairs of processes",
        "null on tiny: fd:coordinates: finds ",
        "its halves agree",
        "git add results/baselines/null-tiny",
        "genbench check results/baselines/null-tiny",
    ):
        assert said in made.stdout


def test_one_that_is_there_is_not_overwritten(genbench, made) -> None:
    """Kills: a baseline lost to a command that was given twice; refused only after an hour of training."""
    again = genbench(*NULL)
    assert again.returncode == 2
    assert "there is a baseline already; replace it with --force" in again.stderr
    assert "Traceback" not in again.stderr


def test_a_finished_run_becomes_another_baseline_without_training(genbench, made) -> None:
    """Kills: --resume that forgets the study, a gate that is dropped, --force that does not replace."""
    folder = genbench.folder / "results" / "baselines" / "null-tiny"
    run = genbench.folder / "results" / read(folder).made.run
    again = genbench("--resume", str(run), "--gate", "kd:coordinates", *NULL[-2:], "--out", str(folder), "--force")
    assert again.returncode == 0, again.stdout + again.stderr
    found = read(folder)
    assert [gate.measure for gate in found.gates][-1] == "kd:coordinates"
    assert found.made.run == run.name
    assert "seed 0" not in again.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "vae", "--seeds", "5"], "a baseline needs at least 20 seeds, got 5: give --seeds 20"),
        (["--models", "vae", "--seeds", "auto"], "seeds auto: expected a number that no result decides"),
        (["--models", "vae", "--gate", "kd"], "expected METRIC:FEATURES"),
        (["--models", "vae", "--gate", "swd:pixels"], "give --metrics swd"),
        (["--models", "vae", "--out", "thesis"], "holds thesis.tex"),
        (["--models", "vae", "--resume", "nowhere"], "nowhere"),
        ([], "models"),
    ],
)
def test_what_is_refused_before_anything_runs(tmp_path, monkeypatch, arguments, said) -> None:
    """Kills: a mistake that is found when 20 seeds have been trained."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.tex").touch()
    with pytest.raises(UsageError) as caught:
        group(["baseline", *arguments], standalone_mode=False)
    assert said in str(caught.value)
    assert not (tmp_path / "results").exists()


def test_names_of_baselines() -> None:
    spec = make_spec({"models": ("a", "b"), "datasets": ("images:/some/Where",)})
    assert cli._name(None, spec) == "a-b-images_some_where"
    assert cli._name(Path("/x/Nightly.toml"), spec) == "nightly"


def test_seeds_of_a_study_are_its_own(tmp_path) -> None:
    """Kills: 20 seeds in the place of those that the file names; a gate that only flags can give."""
    study = tmp_path / "study.toml"
    study.write_text('models = ["vae"]\nseeds = 30\ngate = ["kd:classifier", "setup"]\n')
    ways = Ways(output=tmp_path)
    spec = cli._spec({}, None, study, ways)
    assert (len(spec.seeds), spec.gate, spec.probe) == (30, ("kd:classifier", "setup"), False)
    study.write_text('models = ["vae"]\n')
    assert len(cli._spec({}, None, study, ways).seeds) == 20


def test_rules_of_a_study_are_those_of_its_baseline(tmp_path) -> None:
    """Kills: thresholds that nobody can set; fewer seeds than the last look needs; no line told."""
    study = tmp_path / "study.toml"
    study.write_text('models = ["vae"]\n[rules]\nseeds = [10, 20, 40]\nmuch_slower = 0.2\n')
    spec = cli._spec({}, None, study, Ways(output=tmp_path))
    assert (len(spec.seeds), spec.rules.seeds, spec.rules.much_slower) == (40, (10, 20, 40), 0.2)
    study.write_text('models = ["vae"]\nseeds = 20\n[rules]\nseeds = [10, 20, 40]\n')
    with pytest.raises(SpecError, match="the last look is at 40 seeds, and the baseline has 20: give --seeds 40"):
        making.refuse_early(cli._spec({}, None, study, Ways(output=tmp_path)))
    study.write_text('models = ["vae"]\n[rules]\nleast_seeds = 5\nlooks = 3\n')
    with pytest.raises(SpecError, match=r"study\.toml:3: rules\.least_seeds: .*20.*\n.*study\.toml:4: rules\.looks: "):
        make_spec({}, study)


def test_a_gate_is_a_key_of_every_study(tmp_path) -> None:
    """Kills: a study for `genbench baseline` that `genbench run` refuses; a wrong name without its line."""
    study = tmp_path / "study.toml"
    study.write_text('models = ["vae"]\ngate = ["collapse"]\n')
    assert make_spec({}, study).gate == ("collapse",)
    study.write_text('models = ["vae"]\n\ngate = ["fdd:pixels", "kd", "setup"]\n')
    with pytest.raises(SpecError) as caught:
        make_spec({}, study)
    (problem,) = caught.value.problems
    assert problem.startswith("study.toml:3: gate: ")
    assert "did you mean 'fd'?" in problem
    assert "got 'kd', expected METRIC:FEATURES" in problem


class Stopped:
    """A session that was asked to stop."""

    def __init__(self, spec, ways) -> None:
        pass

    def run(self, report):
        return object()

    def exit_code(self, results, *, is_strict):
        return 143


def test_a_run_that_was_stopped_becomes_no_baseline(tmp_path, monkeypatch) -> None:
    """Kills: half a run taken for a whole one, an exit of 0 or 1 for a signal."""
    monkeypatch.setattr("genbench.session.Session", Stopped)
    with pytest.raises(click.exceptions.Exit) as caught:
        cli._run(make_spec({"models": ("a",)}), Ways(output=tmp_path), None)
    assert caught.value.exit_code == 143


class Results:
    """Of a finished run."""

    path, plan = Path("/runs/1"), None


def test_sessions_that_were_stopped_tell_how_to_go_on(monkeypatch) -> None:
    """Kills: 20 trained seeds thrown away with an interrupted session."""
    told = []

    class Report:
        def say(self, text):
            told.append(text)

    def interrupted(*arguments, asked_to_stop):
        signal.raise_signal(signal.SIGINT)
        assert asked_to_stop()
        raise Interrupted

    monkeypatch.setattr(making, "make", lambda *arguments, **named: read(GOLDEN))
    monkeypatch.setattr(sessions, "run", interrupted)
    with pytest.raises(click.exceptions.Exit) as caught:
        cli._make(Results(), make_spec({"models": ("a",)}), 10, Report())
    assert caught.value.exit_code == 130
    assert told == ["stopped by SIGINT; go on with: genbench baseline --resume /runs/1"]
