"""A model from a file: every process finds it, its code is hashed with what it imports, mistakes are told at once."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench import files, plugins
from genbench.engines.order import environment
from genbench.errors import SpecError
from genbench.spec import make_spec

NULL = (Path(__file__).parent / "toys" / "good_plugins" / "null.py").read_text(encoding="utf-8")
QUICKLY = ("--datasets", "tiny", "--budget", "5steps", "--seeds", "1", "--marks", "0.5", "--no-probe", "--quiet")


@pytest.fixture(autouse=True)
def _none_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(files.VARIABLE, "")
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def written(tmp_path: Path):
    """Write a file below the test's folder; return its path."""

    def write(name: str, text: str = NULL) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def _refused(*paths: Path) -> str:
    with pytest.raises(SpecError) as error:
        plugins.use_files(paths)
    assert not files.in_use()
    return str(error.value)


def test_a_file_is_a_model_under_its_stem(written) -> None:
    """Kills: a file that is listed twice, or found under another name; one whose distribution is unknown."""
    path = written("mine.py")
    plugins.use_files([path])
    plugins.use_files([path])
    (found,) = [each for each in plugins.find_all() if each.name == "mine"]
    assert (found.distribution, found.culprit, found.is_file) == ("mine.py", "mine.py [mine]", True)
    assert plugins.validate(plugins.load(plugins.find("mine"))).hooks[:3] == ("build", "train", "sample")
    assert not any(each.is_file for each in plugins.find_all() if each.name != "mine")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("gone.py", None, "no such file; give the path where it lies"),
        ("folder", "", "is a folder, expected one .py file; install a package with: pip install -e"),
        ("mine.txt", NULL, "expected the path of a .py file, as ./my_model.py"),
        ("Mine.py", NULL, "expected a lower-case letter, then"),
        ("two words.py", NULL, "rename it"),
        ("my.model.py", NULL, "has no dot in its name; rename it"),
        ("con.py", NULL, "is a device on Windows"),
        ("slip.py", "x = 1\ndef f(:\n", r"slip\.py:2: invalid syntax, at: def f\(:; mend it"),
        ("null.py", "x = '\0'\n", "no Python"),
        ("vae.py", NULL, "there is a model 'vae' already, of genbench 0.1.0; rename the file"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(written, tmp_path, name: str, text: str | None, says: str) -> None:
    """Kills: a mistake that is told only by a traceback of an import, or after others have trained."""
    path = tmp_path / name
    if text:
        written(name, text)
    elif text == "":
        path.mkdir()
    message = _refused(path)
    assert re.search(says, message), message
    assert len(message.splitlines()) == 2


def test_two_files_of_one_name_are_refused(written) -> None:
    assert "there is a model 'mine' already, of" in _refused(written("a/mine.py"), written("b/mine.py"))


def test_a_file_takes_no_library_s_place(written) -> None:
    """Kills: a file that is imported under its bare name, or its folder searched before what is installed."""
    plugins.use_files([written("torch.py"), written("random.py")])
    written("json.py", "raise AssertionError('the library was meant')\n")
    for name in ("torch", "random"):
        module = plugins.load(plugins.find(name)).module
        assert sys.modules[name] is not module
        assert module.__name__ == f"genbench_file_{name}"
    code = "import genbench.plugins as p, sys; p.load(p.find('random')); import json, random; print(json.dumps(1))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "1\n"), done.stderr


def test_an_edit_is_seen_at_once(written, monkeypatch) -> None:
    """Kills: code of an earlier edit of the same second and length, from a cache of what was compiled."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = written("mine.py", NULL + "\nWORD = 'one'\n")
    os.utime(path, (10**9, 10**9))
    plugins.use_files([path])
    first = plugins.load(plugins.find("mine")).module
    os.utime(written("mine.py", NULL + "\nWORD = 'two'\n"), (10**9, 10**9))
    second = plugins.load(plugins.find("mine")).module
    assert (first.WORD, second.WORD) == ("one", "two")


def test_the_hash_covers_what_a_file_imports_from_its_folder(written) -> None:
    """Kills: an edited helper that leaves the hash as it was; a stranger in the folder that changes it."""
    late = "\ndef helped():\n    from blocks.deep import x\n    return x\n"
    path = written("mine.py", f"{NULL}\nimport layers_of_mine, json, torch\n{late}")
    written("layers_of_mine.py", "import deeper_still\n")
    written("deeper_still.py", "x = 1\n")
    written("blocks/__init__.py", "")
    written("blocks/deep.py", "x = 1\n")
    written("json.py", "")
    written("stranger.py", "")
    names = [str(each.relative_to(path.parent)) for each in files.sources(path)]
    assert names == ["blocks/__init__.py", "blocks/deep.py", "deeper_still.py", "layers_of_mine.py", "mine.py"]
    plugins.use_files([path])
    loaded = plugins.load(plugins.find("mine"))
    before = plugins.code_hash(loaded.module)
    written("stranger.py", "y = 2\n")
    assert plugins.code_hash(loaded.module) == before
    written("deeper_still.py", "x = 2\n")
    assert plugins.code_hash(loaded.module) != before


@given(st.lists(st.text("abc:;, \"'\\ü", min_size=1, max_size=8), unique=True, max_size=4))
def test_any_path_comes_through_the_environment(names: list[str]) -> None:
    """Kills: a separator that a folder's name may hold."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(files.VARIABLE, "")
        paths = {f"m{number}": Path("/x") / name / f"m{number}.py" for number, name in enumerate(names)}
        files.add(paths.values())
        assert files.in_use() == paths
        assert environment(1) == environment(1) | files.carried()


def test_a_study_names_files_from_its_own_folder(written, monkeypatch, tmp_path) -> None:
    """Kills: paths that are looked for where the command is given; a flag that does not win."""
    written("deep/mine.py")
    written("other/mine.py")
    study = written("deep/study.toml", 'models = ["mine"]\nplugins = ["./mine.py"]\n')
    assert make_spec({}, study).plugins == (tmp_path / "deep" / "mine.py",)
    monkeypatch.chdir(tmp_path)
    assert make_spec({"plugins": (Path("other/mine.py"),)}, study).plugins == (tmp_path / "other" / "mine.py",)
    written("deep/study.toml", 'models = ["gone"]\nplugins = ["./gone.py"]\n')
    with pytest.raises(SpecError, match=r"(?s)^1 problem.*study\.toml:2: plugin .*no such file"):
        make_spec({}, study)
    written("deep/study.toml", 'models = ["gone"]\nplugins = 3\n')
    with pytest.raises(SpecError, match="plugins"):
        make_spec({}, study)


@pytest.fixture(scope="module")
def ran(launch, tmp_path_factory: pytest.TempPathFactory):
    """A run of a file with a neighbour, and of an installed model; the folder of the file, and of the runs."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "mine.py").write_text(f"{NULL}\nimport neighbour_of_mine\n", encoding="utf-8")
    (folder / "neighbour_of_mine.py").write_text("x = 1\n", encoding="utf-8")
    done, records = launch(
        "--plugin", str(folder / "mine.py"), "--models", "mine,null", *QUICKLY, into=folder / "runs"
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, records


def test_a_file_trains_beside_what_is_installed(ran) -> None:
    """Kills: a child process that does not know the file; a record that does not say where the model came from."""
    folder, records = ran
    mine, null = records["mine"].trial.model, records["null"].trial.model
    assert records["mine"].status == records["null"].status == "OK"
    assert (mine.distribution, mine.module, null.distribution) == ("mine.py", "mine.py", "genbench-toys 0.1")
    assert str(folder) not in mine.model_dump_json()
    assert records["mine"].digests.keys() == records["null"].digests.keys()


def test_a_run_goes_on_with_its_file_and_tells_what_became_of_it(ran, run_genbench, toys) -> None:
    """Kills: --resume that forgets the file; one that goes on with other code; a traceback where it is gone."""
    folder, _ = ran
    (run,) = (folder / "runs").iterdir()
    path = os.pathsep.join(filter(None, (str(toys), os.environ.get("PYTHONPATH"))))
    again = ("run", "--resume", str(run), "--quiet")
    done = run_genbench(*again, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    (folder / "mine.py").write_text(f"{NULL}\nimport neighbour_of_mine\n# edited\n", encoding="utf-8")
    changed = run_genbench(*again, PYTHONPATH=path)
    assert changed.returncode == 2
    assert "mine on tiny: model code changed from" in changed.stderr
    (folder / "mine.py").rename(folder / "elsewhere.py")
    gone = run_genbench(*again, PYTHONPATH=path)
    assert gone.returncode == 2
    assert "mine.py': no such file; give the path where it lies" in gone.stderr
    assert "Traceback" not in gone.stderr
    (folder / "moved").mkdir()
    (folder / "moved" / "mine.py").write_text(f"{NULL}\nimport neighbour_of_mine\n", encoding="utf-8")
    (folder / "moved" / "neighbour_of_mine.py").write_text("x = 1\n", encoding="utf-8")
    moved = run_genbench(*again, "--plugin", str(folder / "moved" / "mine.py"), PYTHONPATH=path)
    assert moved.returncode == 0, moved.stderr


def test_a_file_that_breaks_the_contract_is_refused_before_anything_runs(run_genbench, written, tmp_path) -> None:
    """Kills: a user who waits for the other models to train before he is told of his own file."""
    path = written("mine.py", "import torch\nx = 1\n")
    done = run_genbench("run", "--plugin", str(path), "--models", "mine", "--budget", "5steps")
    assert done.returncode == 2
    assert "mine.py [mine]: no hook `build`" in done.stderr
    assert "`genbench new` writes a module that has them" in done.stderr
    assert not (tmp_path / "results").exists()
    listed = run_genbench("models", "--plugin", str(path), "--json")
    assert {"model": "mine", "module": "mine.py", "from": "mine.py", "cannot be used": ""} in json.loads(listed.stdout)


def test_a_file_that_changes_under_a_trial_is_told(written, attempt) -> None:
    """Kills: trials of one run that are of two codes."""
    good = NULL.replace('("image", "points")', '("image",)')
    plugins.use_files([written("mine.py", good)])
    assert attempt("mine", steps=2)[0].status == "OK"
    written("mine.py", good + "\nfrom pathlib import Path\nwith Path(__file__).open('a') as f:\n    f.write('#')\n")
    outcome, _ = attempt("mine", steps=2)
    assert outcome.status == "FAILED(import)"
    assert "mine.py has changed since the run was planned; begin anew with --fresh" in outcome.message
