"""`genbench check`, from the command line to the exit code: what CI believes, and every way to deceive it."""

from __future__ import annotations

import json
import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import click
import pytest

from genbench import cli
from genbench.check.baseline import Speeds
from genbench.check.findings import Checked
from genbench.check.reading import read, write
from genbench.cli import check as cli_check

PACKAGES = Path(__file__).parents[1] / "check" / "packages"
git = runpy.run_path(str(PACKAGES / "repository.py"))["git"]
MAIN = "results/baselines/main"
STUDY = ("--models", "amble", "--datasets", "tiny", "--budget", "10steps", "--sessions", "0")
OF_CI = ("CI", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")
QUICKLY = ("--window", "0.1", "--windows", "3")
NO_TIME = ("--max-minutes", "0.001")
SCREEN = 24  # lines


class Walk:
    """A package in a git repository, installed, with a baseline that is committed on `main`."""

    def __init__(self, folder: Path, toys: Path, cache: Path) -> None:
        self.repo, self.site, self.toys, self.cache = folder / "repo", folder / "site", toys, cache
        shutil.copytree(PACKAGES / "walk", self.repo, ignore=shutil.ignore_patterns("__pycache__"))
        (self.repo / ".gitignore").write_text("/results/*\n!/results/baselines\n")
        git(self.repo, "init", "--quiet", "--initial-branch", "main")
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", self.site, self.repo]
        subprocess.run(install, check=True, capture_output=True)

    def command(self, *arguments, site=None, toys=None, cwd=None, **variables):
        """Return a command line, and in what to run it."""
        inherited = {name: value for name, value in os.environ.items() if name not in OF_CI}
        paths = [site or self.site, toys or self.toys, *filter(None, [os.environ.get("PYTHONPATH")])]
        path = os.pathsep.join(map(str, paths))
        environment = inherited | {"PYTHONPATH": path, "GENBENCH_CACHE": str(self.cache)} | variables
        return [sys.executable, "-m", "genbench", *arguments], {"cwd": cwd or self.repo, "env": environment}

    def run(self, *arguments, **settings):
        """Run genbench to its end."""
        command, where = self.command(*arguments, **settings)
        return subprocess.run(command, capture_output=True, text=True, **where)

    def check(self, *arguments, **settings):
        """Run a check; none of them ever shows a traceback."""
        done = self.run("check", *arguments, **settings)
        assert "Traceback" not in done.stdout + done.stderr
        return done

    def refused(self, *arguments, code=2, **settings):
        """Run a check that compares nothing; return what it said, on one screen."""
        done = self.check(*arguments, **settings)
        assert done.returncode == code, done.stdout + done.stderr
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) <= SCREEN
        return done.stderr

    def interrupted(self, moment, *arguments, **settings):
        """Begin a check and press Ctrl-C when a line with `moment` comes; return its code and all that it said."""
        command, where = self.command("check", *arguments, **settings)
        lines, is_sent = [], False
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, **where
        ) as process:
            for line in process.stderr:
                lines.append(line)
                if moment in line and not is_sent:
                    process.send_signal(signal.SIGINT)
                    is_sent = True
        return process.returncode, "".join(lines)

    def variant(self, folder: Path, **changes) -> Path:
        """Return an installation whose models are copies of one, each with constants of its own; None breaks it."""
        shutil.copytree(self.site, folder)
        source = (folder / "walk" / "amble.py").read_text()
        (entries,) = folder.glob("*.dist-info/entry_points.txt")
        entries.write_text("[genbench.models]\n" + "".join(f"{name} = walk.{name}\n" for name in changes))
        for name, constants in changes.items():
            path = folder / "walk" / f"{name}.py"
            path.write_text("raise ImportError('gone')" if constants is None else changed(source, **constants))
        return folder


def changed(source, **constants):
    """Set constants of a module."""
    for name, value in constants.items():
        source, count = re.subn(rf"^{name} = [^ ]+", f"{name} = {value!r}", source, flags=re.MULTILINE)
        assert count == 1, name
    return source


def under_names(baseline, names):
    """Return a baseline as if each of several models had come to the same 20 seeds."""
    (cell,) = baseline.cells
    models = [cell.trial.model.model_copy(update={"name": name, "module": f"walk.{name}"}) for name in names]
    trials = [cell.trial.model_copy(update={"model": model}) for model in models]
    return baseline.model_copy(
        update={
            "study": baseline.study | {"models": list(names)},
            "cells": tuple(cell.model_copy(update={"trial": trial}) for trial in trials),
            "gates": tuple(each.model_copy(update={"model": name}) for name in names for each in baseline.gates),
            "halves": tuple(each.model_copy(update={"model": name}) for name in names for each in baseline.halves),
        }
    )


@pytest.fixture(scope="module")
def walk(toys, cache, tmp_path_factory):
    """The package with its baseline of 20 seeds."""
    made = Walk(tmp_path_factory.mktemp("walk"), toys, cache)
    done = made.run("baseline", *STUDY, "--out", MAIN, "--quiet")
    assert done.returncode == 0, done.stdout + done.stderr
    git(made.repo, "add", "--all")
    git(made.repo, "commit", "--quiet", "--message", "first")
    return made


# What comes of models


@pytest.fixture(scope="module")
def judged(walk, tmp_path_factory):
    """A check of models that became worse, better, broken in two ways or were lost, where GitHub runs it."""
    folder = tmp_path_factory.mktemp("judged")
    names = ("worse", "better", "fails", "broken", "lost")
    write(under_names(read(walk.repo / MAIN), names), folder / "baseline", {})
    site = walk.variant(
        folder / "site", worse={"WIDTH": 2.5}, better={"WIDTH": 1.0}, fails={"FAULT": "oh"}, broken=None
    )
    of_github = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    options = ("--only", "quality", "--reports", str(folder / "reports"), "--output", str(folder))
    done = walk.check(str(folder / "baseline"), *options, site=site, **of_github)
    found = Checked.model_validate_json((folder / "reports" / "check.json").read_text())
    return folder, done, {(each.gate.model, each.gate.measure): each for each in found.gated}


def test_what_became_worse_fails_and_says_by_how_much(judged) -> None:
    """Kills: a regression that exits 0; a verdict without its effect."""
    _, done, found = judged
    assert done.returncode == 1
    assert found["worse", "fd:coordinates"].verdict == "FAIL"
    assert found["worse", "fd:coordinates"].effect > 1
    assert "\nFAIL: of 15 gated comparisons 10 failed" in done.stdout


def test_what_became_better_passes(judged) -> None:
    """Kills: a change of either sign that fails; an improvement that nobody is asked to verify."""
    _, done, found = judged
    assert {each.verdict for (model, _), each in found.items() if model == "better"} == {"PASS"}
    assert "better on tiny: fd:coordinates: much better than the baseline" in done.stdout


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("fails", "5 of 5 seeds failed: FAILED(train): genbench-walk 0.1 [fails] train: RuntimeError: oh"),
        ("broken", "5 of 5 seeds failed: FAILED(import): genbench-walk 0.1 [broken]: cannot import walk.broken"),
        ("lost", "the candidate has no such trials: is the model still installed"),
    ],
)
def test_what_does_not_run_any_more_fails_and_says_why(judged, model, said) -> None:
    """Kills: a FAIL without a reason; a model that cannot be imported refused for the options that it lacks."""
    _, done, found = judged
    assert {each.verdict for (name, _), each in found.items() if name == model} == {"FAIL"}
    assert said in " ".join(done.stdout.split())
    assert "+inf" not in done.stdout


def test_reports_are_all_written_and_parse(judged) -> None:
    """Kills: numbers that are none in JSON, a report that is forgotten."""
    folder, _, _ = judged
    written = {path.name: path.read_text() for path in (folder / "reports").iterdir()}
    for name, text in written.items():
        if name.endswith(".json"):
            json.loads(text, parse_constant=pytest.fail)
    assert ET.fromstring(written["junit.xml"]).get("failures") == "10"
    assert {"check.txt", "summary.md", "bencher.json", "pytest-benchmark.json"} < written.keys()
    assert "lost on tiny" in (folder / "summary.md").read_text()


def test_github_shows_what_failed(judged) -> None:
    """Kills: the verdict last among the notices, of which ten are shown."""
    _, done, _ = judged
    annotations = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert any(line.startswith("::error title=FAIL worse on tiny%3A fd%3Acoordinates::") for line in annotations)
    assert any(line.startswith("::notice title=genbench check::FAIL: of 15 gated") for line in annotations)


# The same code, cut short by Ctrl-C and gone on with


@pytest.fixture(scope="module")
def resumed(walk, tmp_path_factory):
    """A check of unchanged code, interrupted in training and given again."""
    reports = tmp_path_factory.mktemp("reports")
    options = (MAIN, "--only", "quality", "--output", str(reports))
    first = walk.interrupted("seed 0: OK", *options)
    return first, walk.check(*options, "--json", "--quiet", "--reports", str(reports)), reports


def test_an_interrupted_training_is_gone_on_with(resumed) -> None:
    """Kills: an exit of 0 or 1 for Ctrl-C; seeds that are trained again."""
    (code, said), again, reports = resumed
    assert code == 130
    assert "stopped by SIGINT: what was measured is kept; the same command goes on" in said
    assert again.returncode == 0
    (run,) = (reports / "checks").iterdir()
    assert len(list((run / "trials").iterdir())) == 5  # not one of them twice


def test_unchanged_code_passes_as_identical(resumed) -> None:
    """Kills: medians of other seeds beside one another under the word identical."""
    _, again, _ = resumed
    found = Checked.model_validate(json.loads(again.stdout, parse_constant=pytest.fail))
    assert {(each.verdict, each.reason) for each in found.gated} == {("PASS", "identical")}
    assert all(each.baseline == each.candidate and each.n == (5, 5) for each in found.gated)


def test_quiet_is_quiet(resumed) -> None:
    _, again, _ = resumed
    assert again.stderr == ""


# What cannot be compared


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda text: text.replace(b'"alpha": 0.005', b'"alpha": 0.5'), "damaged or edited"),
        (lambda text: text[:3000], "damaged or edited"),
        (lambda text: b"", "damaged"),
    ],
)
def test_an_edited_baseline_is_refused(walk, tmp_path, edit, said) -> None:
    shutil.copytree(walk.repo / MAIN, tmp_path / "edited")
    path = tmp_path / "edited" / "baseline.json"
    path.write_bytes(edit(path.read_bytes()))
    assert said in walk.refused(str(tmp_path / "edited"))


def test_a_baseline_of_a_newer_genbench_is_refused(walk, tmp_path) -> None:
    write(read(walk.repo / MAIN).model_copy(update={"schema_version": 99}), tmp_path / "newer", {})
    assert "schema 99, this genbench reads up to 1: update genbench" in walk.refused(str(tmp_path / "newer"))


def test_where_no_model_is_installed_nothing_is_compared(walk, tmp_path) -> None:
    assert "none of its models is installed: amble" in walk.refused(MAIN, "--only", "quality", site=tmp_path)


def test_other_options_and_other_rows_are_another_thing(walk, tmp_path) -> None:
    """Kills: a model of other defaults, or on other data, compared as if nothing had happened."""
    site = walk.variant(tmp_path / "site", amble={"DEPTH": 2})
    toys = shutil.copytree(walk.toys, tmp_path / "toys")
    path = toys / "genbench_toydata" / "tiny.py"
    path.write_text(path.read_text().replace("(77, place)", "(78, place)"))
    said = walk.refused(MAIN, "--only", "quality", site=site, toys=toys)
    assert "amble on tiny: option depth changed from 1 to 2" in said
    assert "amble on tiny: data hash changed from" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--against", ""], "is the variable that it comes from set?"),
        (["--rules-from", " "], "is the variable that it comes from set?"),
        (["--rules-from", "nowhere"], "no ref 'nowhere'"),
        (["--only", "quality", "--against", "main"], "give one of them"),
        (["--only", "throughput"], "expected what to time against"),
    ],
)
def test_a_contradiction_is_refused_at_once(walk, arguments, said) -> None:
    """Kills: an empty variable of a workflow, by which the working tree is compared with itself and passes."""
    assert said in walk.refused(MAIN, *arguments)


# No baseline


@pytest.mark.parametrize("settings", [{}, {"CI": "true"}])
def test_no_baseline_is_no_success_and_says_how_to_make_one(walk, settings) -> None:
    said = walk.refused("results/baselines/none", code=3, **settings)
    assert "genbench baseline STUDY.toml --out results/baselines/none\n" in said
    assert "git add results/baselines/none && git commit" in said


def test_in_ci_no_baseline_is_made(walk) -> None:
    """Kills: a check that records what it should judge."""
    walk.refused("results/baselines/none", "--create-baseline", "--study", "study.toml", code=3, CI="true")
    assert not (walk.repo / "results" / "baselines" / "none").exists()


def test_a_baseline_is_not_made_of_nothing(walk) -> None:
    assert "--create-baseline: got no --study" in walk.refused("results/baselines/none", "--create-baseline")


@pytest.mark.slow
def test_a_baseline_is_made_where_it_is_asked_for(walk, tmp_path) -> None:
    (tmp_path / "study.toml").write_text('models = ["amble"]\ndatasets = ["tiny"]\nbudget = "10steps"\n')
    made, study = tmp_path / "made", str(tmp_path / "study.toml")
    done = walk.check(str(made), "--create-baseline", "--study", study, "--output", str(tmp_path / "results"))
    assert done.returncode == 0, done.stderr
    assert len(read(made).cells[0].seeds) == 20


def test_a_baseline_whose_making_was_stopped_is_no_success(tmp_path, monkeypatch) -> None:
    """Kills: exit 0 where Ctrl-C ended the making of a baseline."""
    for name in OF_CI:
        monkeypatch.delenv(name, raising=False)

    def stopped(arguments, **settings):
        return 130  # which click returns where a command exits

    monkeypatch.setattr("genbench.cli.baseline.command.main", stopped)
    flags = {"data_root": None, "output": tmp_path, "quiet": True}
    with pytest.raises(click.exceptions.Exit) as caught:
        cli_check._without_baseline(tmp_path / "none", None, tmp_path / "study.toml", is_wanted=True, flags=flags)
    assert caught.value.exit_code == 130


def test_our_own_mistake_is_no_regression(monkeypatch, capsys) -> None:
    """Kills: the 1 with which Python ends on a bug, which CI takes for a regression that was found."""
    monkeypatch.setattr(cli, "group", lambda **settings: {}["bug"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 4
    assert "please report this" in capsys.readouterr().err


# By whose rules


@pytest.fixture
def edited(walk):
    """The baseline replaced by another valid one in the working tree, beside one that is only there."""
    folder = walk.repo / MAIN
    ours = read(folder)
    write(ours.model_copy(update={"rules": ours.rules.model_copy(update={"alpha": 0.001})}), folder, {})
    shutil.copytree(folder, walk.repo / "results" / "baselines" / "new")
    yield walk
    git(walk.repo, "checkout", "--quiet", "main", "--", MAIN)
    shutil.rmtree(walk.repo / "results" / "baselines" / "new")


def test_a_change_cannot_edit_its_judge(edited) -> None:
    """Kills: thresholds of the working tree under --rules-from; an edit that is passed over; 0 for nothing compared."""
    options = ("--rules-from", "main", "--only", "quality", "--inconclusive", "warn", *NO_TIME)
    done = edited.check(MAIN, *options, CI="true")
    assert done.returncode == 3  # nothing was compared, whatever may be inconclusive
    assert "BASELINE CHANGED: this change touches its own baseline" in done.stdout
    assert "Rules taken from main: unchanged code fails in at most 0.5 % of checks; what is 25 % worse" in done.stdout
    said = edited.refused("results/baselines/new", "--rules-from", "main", code=3)
    assert "no baseline: results/baselines/new at main" in said


# Two versions


@pytest.fixture(scope="module")
def paired(walk, resumed, tmp_path_factory):
    """A check against main that Ctrl-C ended among its pairs, and the same one once more, which has no time left.

    The quality is judged by what the check before has trained.
    """
    scratch = tmp_path_factory.mktemp("scratch")
    command = (MAIN, "--against", "main", *QUICKLY, "--output", str(resumed[-1]))
    first = walk.interrupted("pair 2 of 12", *command, TMPDIR=str(scratch))
    left = [path.name for path in scratch.iterdir()]
    reports = tmp_path_factory.mktemp("reports")
    again = walk.check(*command, *NO_TIME, "--inconclusive", "warn", "--reports", str(reports), CI="true")
    return first, left, again, Checked.model_validate_json((reports / "check.json").read_text())


def test_interrupted_pairs_are_gone_on_with(paired) -> None:
    """Kills: pairs that are thrown away, a first look that several short checks never reach, installs left behind."""
    (code, said), left, again, _ = paired
    assert code == 130
    assert "throughput: 2 comparisons; 12, 24 or 48 pairs" in said
    assert "the same command goes on" in said
    assert not any(name.startswith("genbench-check-") for name in left)
    assert "amble on tiny: 2 pairs of an earlier check of the same code count" in again.stderr
    assert "amble on tiny: training and sampling: 2 of the 12 pairs of the first look" in again.stdout


def test_two_versions_of_the_same_code_are_told(paired) -> None:
    """Kills: a workflow whose base is the change itself, green for ever."""
    _, _, again, _ = paired
    assert "both versions are the same code" in again.stdout


def test_what_is_inconclusive_passes_where_that_is_allowed(paired) -> None:
    """Kills: --inconclusive warn that does nothing, an undecided check that is a success by default."""
    _, _, again, found = paired
    assert "INCONCLUSIVE: of 5 gated comparisons 2 inconclusive and 3 passed" in again.stdout
    assert again.returncode == 0
    assert found.exit_code() == 3


@pytest.mark.slow
def test_what_is_installed_has_to_be_what_is_judged(walk, tmp_path) -> None:
    """Kills: the quality of one version and the speed of another in one verdict."""
    site = walk.variant(tmp_path / "site", amble={"WIDTH": 1.6})
    said = walk.refused(MAIN, "--against", "main", site=site)
    assert "install the working tree: pip install --no-deps ." in said


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["wheel", "folder"])
def test_a_wheel_and_a_folder_are_versions_too(walk, tmp_path, kind) -> None:
    """Kills: what is no ref taken for one; a version that is not named in what was found."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", tmp_path, walk.repo]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    against = str(wheel if kind == "wheel" else shutil.copytree(walk.repo, tmp_path / "folder"))
    options = ("--only", "throughput", "--json", "--output", str(tmp_path), *NO_TIME)
    done = walk.check(MAIN, "--against", against, *options)
    assert done.returncode == 3
    assert Checked.model_validate_json(done.stdout).against == against


@pytest.fixture
def slower(walk):
    """Double the time of a hand-out in the working tree."""
    path = walk.repo / "src" / "walk" / "amble.py"
    source = path.read_text()
    path.write_text(changed(source, PAUSE=0.02))
    yield walk
    path.write_text(source)


def timed(walk, output):
    """Time the working tree against main to the end; return the exit code and findings by measure."""
    options = ("--only", "throughput", "--against", "main", *QUICKLY, "--json", "--output", str(output))
    done = walk.check(MAIN, *options)
    found = Checked.model_validate_json(done.stdout)
    return done.returncode, {each.gate.measure: each for each in found.gated}


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_trains_at_half_the_speed_fails_after_its_control(slower, tmp_path) -> None:
    """Kills: arms or signs that are swapped between the processes and the verdict; a FAIL without its control."""
    code, found = timed(slower, tmp_path)
    assert (code, found["training"].verdict, found["sampling"].verdict) == (1, "FAIL", "PASS")
    assert found["training"].effect == pytest.approx(1, abs=0.3)
    assert abs(found["training"].control) < 0.025


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_unchanged_code_is_not_slower(walk, tmp_path) -> None:
    """Kills: an install whose place makes it slower."""
    code, found = timed(walk, tmp_path)
    assert (code, {each.verdict for each in found.values()}) == (0, {"PASS"})


@pytest.mark.slow
def test_stored_speeds_are_advice_only(walk, tmp_path) -> None:
    """Kills: a FAIL by a number of another session; a check without --against that says nothing of speed."""
    ours = read(walk.repo / MAIN)
    stored = (Speeds(training=1e9, sampling=1e9, setup=1e-6),) * 2
    cells = tuple(each.model_copy(update={"sessions": stored}) for each in ours.cells)
    write(ours.model_copy(update={"cells": cells}), tmp_path / "timed", {})
    done = walk.check(str(tmp_path / "timed"), *QUICKLY, "--json", "--output", str(tmp_path))
    found = Checked.model_validate_json(done.stdout)
    assert (done.returncode, found.verdict) == (0, "PASS")
    speeds = [each for each in found.findings if each.gate.half == "throughput"]
    assert [each.gate.measure for each in speeds] == ["training", "sampling", "setup"]
    assert not any(each.is_gated for each in speeds)
    assert "speeds were not judged" in found.warnings[0]
