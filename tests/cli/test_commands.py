"""The command line as a newcomer uses it, with wrong input too."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

BRIEF = ("--budget", "60steps", "--seeds", "2", "--marks", "0.5", "--quick")


def test_help_and_listings_import_neither_torch_nor_a_plugin() -> None:
    """Kills: an import at the top of a command that brings torch, pydantic or a model in."""
    code = (
        "import sys\nfrom genbench.cli import group\n"
        "for command in (['--help'], ['run', '--help'], ['models'], ['datasets'], ['metrics']):\n"
        "    group(command, standalone_mode=False)\n"
        "heavy = {'torch', 'pandas', 'pydantic', 'scipy', 'genbench_vae', 'genbench_gan'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_the_contract_imports_no_torch() -> None:
    code = "import sys\nfrom genbench import hookimpl, Likelihood, Task\nassert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "--models", "vea"], ["no model 'vea'", "did you mean 'vae'?"]),
        (["run", "--models", "vae", "--budget", "-3s"], ["budget '-3s'", "expected a positive number and a unit"]),
        (["run", "--models", "vea", "--datasets", "digts", "--budget", "0steps"], ["3 problems", "'vea'", "'digts'"]),
        (["run"], ["models"]),
        (["run", "nothing.toml"], ["nothing.toml", "there is no such file in"]),
        (["run", "--models", "vae", "--set", "vae.latnt=3"], ["did you mean 'latent'?"]),
        (
            ["run", "--models", "vae", "--set", "vae.latent=-3", "--set", "vae.lr=x"],
            ["2 problems", "vae.latent", "vae.lr"],
        ),
        (["run", "--models", "vae", "--batch-size", "5000"], ["5000", "997 train rows of digits"]),
        (["run", "--models", "vae", "--datasets", "mnist", "--data-root", "/nowhere"], ["/nowhere", "--data-root"]),
        (["run", "--models", "vae", "--datasets", "images:/nowhere"], ["/nowhere"]),
        (["run", "--models", "vae", "--features", "clasifier"], ["did you mean 'classifier'?"]),
        (["run", "--models", "vae", "--device", "cuda:7"], ["cuda:7"]),
        (["run", "--models", "vae", "--output", "/proc/nowhere"], ["--output"]),
        (["run", "--models", "vae", "--limit", "stal=3"], ["stal=3"]),
        (["run", "--modles", "vae"], ["--modles"]),
        (["table", "nothing"], ["nothing", "expected a results folder"]),
        (["validate", "nothing"], ["nothing", "expected a results folder"]),
        (["tabel"], ["no command 'tabel'; did you mean 'table'?"]),
    ],
)
def test_bad_input_is_one_screen_and_exit_2(run_genbench, arguments, said) -> None:
    done = run_genbench(*arguments)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 24
    for part in said:
        assert part in done.stderr


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A small run of both models on both kinds of data."""
    folder = tmp_path_factory.mktemp("finished")
    command = [sys.executable, "-m", "genbench", "run", "--models", "vae,gan", "--datasets", "digits,ring8", *BRIEF]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    return done, next((folder / "results").iterdir())


def test_a_run_prints_three_tables_and_where_things_are(finished) -> None:
    done, folder = finished
    for part in ("Sample quality", "Stability", "Throughput", "Budget charged", "floor", "memoriser", "noise", "YES"):
        assert part in done.stdout
    assert f"genbench table {folder}" in done.stdout
    tables = done.stdout.partition("Records, curves")[0]
    assert max(map(len, tables.splitlines())) <= 100
    assert "modes" in done.stdout
    assert "[14/14]" in done.stderr
    pictures = list(folder.glob("trials/*/attempt-1/samples.png"))
    assert len(pictures) == 8
    reconstructions = list(folder.glob("trials/*/attempt-1/reconstructions.png"))
    assert len(reconstructions) == 2  # of the one model that reconstructs, on images
    assert not list(folder.glob("trials/*/attempt-1/snapshots"))
    assert "windows of 0.1 s" in done.stdout


@pytest.mark.parametrize("form", ["text", "markdown", "csv", "latex", "json"])
def test_tables_come_again_from_records(finished, run_genbench, form) -> None:
    done, folder = finished
    again = run_genbench("table", str(folder), "--format", form)
    assert again.returncode == 0
    if form == "text":
        assert again.stdout.strip() in done.stdout
    if form == "json":
        json.loads(again.stdout, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_what_was_written_is_whole(finished, run_genbench) -> None:
    _, folder = finished
    assert run_genbench("validate", str(folder)).returncode == 0
    record = next(folder.glob("trials/*/attempt-1/record.json"))
    whole = record.read_text()
    record.write_text(whole.replace('"status": "OK"', '"status": "KO"'))
    damaged = run_genbench("validate", str(folder))
    record.write_text(whole)
    assert damaged.returncode == 1
    assert "damaged or edited" in damaged.stdout


def test_an_interrupt_keeps_what_is_done(tmp_path) -> None:
    """Kills: a run that loses its records, or leaves processes behind, when it is interrupted."""
    command = [
        sys.executable,
        "-m",
        "genbench",
        "run",
        "--models",
        "vae",
        "--seeds",
        "50",
        "--budget",
        "30steps",
        "--no-probe",
    ]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    for line in process.stderr:
        if re.match(r"\[4/", line):
            break
    os.kill(process.pid, signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "Sample quality" in out
    folder = next((tmp_path / "results").iterdir())
    assert len(list(folder.glob("trials/*/attempt-1/record.json"))) >= 3
    assert not _processes_in(Path(folder))


def _processes_in(folder: Path) -> list[str]:
    """Return the command lines of processes that have a file of the folder open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            held = [str(link.readlink()) for link in (process / "fd").iterdir()]
        except OSError:
            continue
        if any(name.startswith(str(folder)) for name in held):
            found.append(process.name)
    return found
