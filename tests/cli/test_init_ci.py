"""A workflow that is safe as it is written: few rights, full history, nothing of the pull request in a shell."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from genbench.cli.init_ci import WORKFLOW, workflow
from genbench.errors import UsageError

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
OFFICIAL = re.compile(r"actions/[a-z-]+@v[0-9]+")


def _read(text: str) -> dict:
    """Return a workflow; YAML takes its key `on` for true."""
    found = yaml.safe_load(text)
    found["on"] = found.pop(True)
    return found


def test_the_example_is_what_is_written() -> None:
    """Kills: an example that is no longer what the command writes."""
    assert (EXAMPLES / "genbench.yml").read_text(encoding="utf-8") == workflow()


def test_the_workflow_has_few_rights_and_an_end() -> None:
    """Kills: pull_request_target, a token that writes, a job without a limit."""
    found = _read(workflow())
    assert list(found["on"]) == ["pull_request"]
    assert found["permissions"] == {"contents": "read"}
    assert found["concurrency"]["cancel-in-progress"] is True
    (job,) = found["jobs"].values()
    assert job["timeout-minutes"] <= 60
    assert "permissions" not in job
    assert "secrets" not in workflow()


def test_each_step_is_as_it_must_be() -> None:
    """Kills: a shallow clone, credentials left behind, torch after the package, reports lost with a failure."""
    steps = _read(workflow())["jobs"]["check"]["steps"]
    used = {step["uses"].split("@")[0]: step for step in steps if "uses" in step}
    assert all(OFFICIAL.fullmatch(step["uses"]) for step in used.values())
    assert used["actions/checkout"]["with"] == {"fetch-depth": 0, "persist-credentials": False}
    assert used["actions/upload-artifact"]["if"] == "always()"
    commands = [step["run"] for step in steps if "run" in step]
    assert [line.split()[3:5] for line in commands[:2]] == [["install", "torch"], ["install", "."]]
    assert not any("${{" in line for line in commands), "an expression in a shell is an injection"
    assert "genbench cache key" in commands[2]
    checked = commands[3].split()
    assert checked[:3] == ["genbench", "check", "results/baselines/main"]
    assert checked[3:7] == ["--against", '"$BASE"', "--rules-from", '"$BASE"']
    assert used["actions/upload-artifact"]["with"]["path"] == checked[checked.index("--reports") + 1]


def test_no_index_is_named() -> None:
    assert not re.search(r"https?://", workflow() + (EXAMPLES / "gitlab.yml").read_text(encoding="utf-8"))


def test_gitlab_does_the_same() -> None:
    """Kills: an example that fails on the third verdict, loses its reports, or clones too little."""
    job = yaml.safe_load((EXAMPLES / "gitlab.yml").read_text(encoding="utf-8"))["genbench"]
    assert job["variables"]["GIT_DEPTH"] == "0"
    assert job["allow_failure"] == {"exit_codes": 3}
    assert job["artifacts"]["reports"]["junit"] == "genbench-reports/junit.xml"
    github = _read(workflow())["jobs"]["check"]["steps"][-2]["run"]
    assert " ".join(job["script"][-1].split()) == " ".join(github.split())


@pytest.mark.parametrize(
    ("baseline", "python"),
    [
        *((each, "3.12") for each in ("$(id)", "a b", "../x", "/etc", "-x", "a;b", "a\nb", "", "a/../b", "*x")),
        *(("results/b", each) for each in ("2.7", '3.12"', "3", "3.x", "3.12\n")),
    ],
)
def test_what_could_be_a_command_is_refused(baseline, python) -> None:
    """Kills: an option that becomes a command or another key of the workflow."""
    with pytest.raises(UsageError, match="expected"):
        workflow(baseline, python)


def test_it_writes_once_and_tells_what_is_next(run_genbench, tmp_path) -> None:
    """Kills: a workflow that was edited by hand and is overwritten."""
    done = run_genbench("init-ci", "--baseline", "results/baselines/mine", "--python", "3.13")
    assert done.returncode == 0, done.stderr
    written = (tmp_path / WORKFLOW).read_text(encoding="utf-8")
    assert written == workflow("results/baselines/mine", "3.13")
    assert 'python-version: "3.13"' in written
    for told in ("genbench baseline --models NAME --out results/baselines/mine", "git add", "TORCH_INDEX"):
        assert told in done.stdout
    (tmp_path / WORKFLOW).write_text("mine")
    again = run_genbench("init-ci")
    assert again.returncode == 2
    assert "--force" in again.stderr
    assert (tmp_path / WORKFLOW).read_text() == "mine"
    (tmp_path / "results/baselines/main").mkdir(parents=True)
    forced = run_genbench("init-ci", "--force")
    assert forced.returncode == 0
    assert "genbench baseline" not in forced.stdout
    assert (tmp_path / WORKFLOW).read_text(encoding="utf-8") == workflow()
