"""F41 and F42: files of results that nobody vouched for are refused within bounds, and nothing in them runs."""

from __future__ import annotations

import ast
import io
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from genbench.errors import ResultsError
from genbench.plan import Plan
from genbench.record import Environment, Record
from genbench.store import RunFolder, collection_paused, load, publish
from genbench.store.sealed import END, _seal
from genbench.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


def _record(trial, **changes: Any) -> Record:
    where = Environment(
        genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
        driver=None, packages={}, settings={},
    )  # fmt: skip
    fields: dict[str, Any] = {"status": "OK", "started": "now", "wall_seconds": 1.0, "attempt": 1} | changes
    return Record(trial=trial, environment=where, **fields)


def _sealed(content: bytes) -> bytes:
    return _seal(content) + content + END


class _Canary:
    """Unpickled, it writes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.path}",)


def _zip_bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("record.json", bytes(2**26))
    return file.getvalue()


LOADER = """
import json, os, resource, sys, time
from pathlib import Path
from genbench.errors import ResultsError
from genbench.record import Record
from genbench.store import load

events = []
WATCHED = ("exec", "compile", "import", "os.system", "subprocess.Popen", "os.posix_spawn", "pickle.find_class")
paths = [Path(each) for each in sys.argv[1:]]
for warm in (paths[0], paths[0].with_name("none")):  # what the first error imports
    try:
        load(warm, Record, deep=True)
    except ResultsError:
        pass
sys.addaudithook(lambda event, arguments: events.append(event) if event in WATCHED else None)

def peak():  # getrusage would tell that of the process that started this one
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))

base = peak()
told = {}
for path in paths:
    for deep in (False, True):
        start = time.perf_counter()
        try:
            load(path, Record, deep=deep)
            message = None
        except ResultsError as error:
            message = str(error)
        told[f"{path.parent.name} {deep}"] = [message, time.perf_counter() - start]
print(json.dumps({"told": told, "events": events, "rise": peak() - base}))
"""


@pytest.fixture(scope="module")
def looked_at(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What became of every hostile file, read in a process that watches itself."""
    folder = tmp_path_factory.mktemp("hostile")
    canary = folder / "canary"
    hostile = {name: make(canary) for name, make in HOSTILE.items()}
    paths = []
    for name, content in hostile.items():
        path = folder / name / "record.json"
        path.parent.mkdir()
        if isinstance(content, int):
            with path.open("wb") as file:
                file.truncate(content)
        else:
            path.write_bytes(content)
        paths.append(path)
    (folder / "fifo").mkdir()
    os.mkfifo(folder / "fifo" / "record.json")
    (folder / "folder" / "record.json").mkdir(parents=True)
    paths += [folder / name / "record.json" for name in ("fifo", "folder")]
    done = subprocess.run([sys.executable, "-c", LOADER, *map(str, paths)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout) | {"canary": canary.exists()}


def _document(**changes: Any) -> dict[str, Any]:
    model = {
        "name": "a", "distribution": "a 1", "module": "a", "code": "", "options": {}, "batch_size": 1,
        "variants": ["default"], "hooks": [],
    }  # fmt: skip
    data = {"name": "d", "kind": "image", "shape": [1], "classes": None, "labelled": False, "counts": {}, "hash": "0"}
    trial = {"model": model, "data": data, "budget": {"amount": 1, "unit": "steps"}, "seed": 0, "marks": []}
    where = dict.fromkeys(("genbench", "python", "platform", "cpu", "device", "device_name"), "x")
    environment = where | {"cores": 1, "memory_bytes": 1, "driver": None, "packages": {}, "settings": {}}
    return {
        "trial": trial | {"device": "cpu"}, "attempt": 1, "status": "OK", "environment": environment, "started": "now",
        "wall_seconds": 1.0,
    } | changes  # fmt: skip


def _with(text: str, **changes: Any) -> bytes:
    """Return a sealed record with raw JSON in the place of the text `HERE`."""
    return _sealed(json.dumps(_document(**changes)).replace('"HERE"', text).encode())


def _options(text: str) -> bytes:
    document = _document()
    document["trial"]["model"]["options"] = {"x": "HERE"}
    return _sealed(json.dumps(document).replace('"HERE"', text).encode())


HOSTILE: dict[str, Callable[[Path], bytes | int]] = {
    "empty": lambda _: b"",
    "pickle": lambda canary: pickle.dumps(_Canary(canary)),
    "pickle-sealed": lambda canary: _sealed(pickle.dumps(_Canary(canary))),
    "zip": lambda _: _zip_bomb(),
    "zip-sealed": lambda _: _sealed(_zip_bomb()),
    "yaml": lambda canary: _sealed(f"!!python/object/apply:os.system ['touch {canary}']".encode()),
    "script": lambda canary: _sealed(f"__import__('os').system('touch {canary}')".encode()),
    "deep": lambda _: _sealed(b"[" * 100_000),
    "deep-option": lambda _: _options("[" * 100_000 + "]" * 100_000),
    "sparse": lambda _: 2**30,
    "long-string": lambda _: _with(f'"{"x" * 2**25}"', message="HERE"),
    "many-lists": lambda _: _options(f"[{'[],' * 9_000_000}[]]"),
    "unknown-key": lambda _: _with("1", surprise="HERE"),
    "wrong-type": lambda _: _with('{"a": 1}', attempt="HERE"),
    "digits": lambda _: _with("9" * 5_000, attempt="HERE"),
    "utf8": lambda _: _with('"abc"', message="HERE").replace(b"abc", b"a\xff\xfe"),
    "utf8-sealed": lambda _: _sealed(json.dumps(_document(message="abc")).encode().replace(b"abc", b"a\xff\xfe")),
    "surrogate": lambda _: _with('"\\ud800"', message="HERE"),
    "newer": lambda _: _with("99", schema_version="HERE"),
    "nan": lambda _: _with("NaN", wall_seconds="HERE"),
    "infinity": lambda _: _options("[-Infinity]"),
    "huge": lambda _: _with("1e999", wall_seconds="HERE"),
    "twice": lambda _: _sealed(json.dumps(_document()).replace('"status"', '"status": "DIVERGED", "status"').encode()),
}  # fmt: skip
DEEP_ONLY = {"huge", "twice"}  # numbers and keys that a fast parser lets pass; validation does not
SAID = {
    "pickle": "does not match the sha256", "zip": "does not match", "sparse": "expected at most 33554432",
    "deep": "recursion limit", "deep-option": "recursion limit", "long-string": "expected at most 33554432",
    "many-lists": "expected at most 1000000", "unknown-key": "surprise", "newer": "schema 99, expected 1",
    "nan": "NaN is no number", "infinity": "Infinity is no number", "huge": "'1e999' is beyond",
    "twice": "'status' is given twice", "fifo": "expected a file", "folder": "record.json", "wrong-type": "attempt",
}  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", [*HOSTILE, "fifo", "folder"])
def test_f41_a_hostile_file_is_refused(looked_at: dict[str, Any], name: str) -> None:
    """Kills: a limit that is checked once the file was read; an error of the parser that is no ResultsError."""
    message, seconds = looked_at["told"][f"{name} True"]
    assert message is not None
    assert f"{name}/record.json: " in message
    assert SAID.get(name, "") in message
    assert len(message) < 700
    assert seconds < 10
    assert (looked_at["told"][f"{name} False"][0] is None) == (name in DEEP_ONLY)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_f41_no_code_runs_and_memory_is_bounded(looked_at: dict[str, Any]) -> None:
    """Kills: unpickling, an import named in a file, a parser that builds what it will refuse."""
    assert not looked_at["canary"]
    assert looked_at["events"] == []
    assert looked_at["rise"] < 200e6


@pytest.fixture
def run(tmp_path: Path, make_trial, put_record) -> RunFolder:
    """A run of one trial with its record."""
    trial = make_trial()
    folder = RunFolder.create(tmp_path / "results", Plan(trials=(trial,), probes=()))
    put_record(folder, _record(trial))
    return folder


@pytest.mark.parametrize("where", ["record.json", "attempt", "trial", "trials", "plan.json"])
def test_f41_links_are_refused(run: RunFolder, tmp_path: Path, where: str) -> None:
    """Kills: following a link out of the folder, the last part of a path or any before it."""
    record = run.record_paths()[0]
    places = {"record.json": record, "attempt": record.parent, "trial": record.parents[1], "trials": record.parents[2]}
    link = places.get(where, run.path / "plan.json")
    link.rename(tmp_path / "elsewhere")
    link.symlink_to(tmp_path / "elsewhere")
    if where == "plan.json":
        with pytest.raises(ResultsError, match=f"{link}: is a symbolic link"):
            run.read()
        return
    results = run.read()
    assert results.records == ()
    assert f"{link}: is a symbolic link" in results.damaged[0]
    assert any("symbolic link" in problem for problem in validate(run.path).problems)


def test_f41_a_link_to_the_whole_run_is_the_users_own(run: RunFolder, tmp_path: Path) -> None:
    """Kills: refusing `results/latest`."""
    (tmp_path / "latest").symlink_to(run.path)
    assert len(RunFolder(tmp_path / "latest").read().records) == 1
    assert validate(tmp_path / "latest").problems == ()


@pytest.mark.parametrize("name", ["../../../../x", "/etc/passwd", "a/../../x", "C:\\x", "\\\\host\\x", "x" * 300])
def test_f41_a_record_lists_files_of_its_own_folder(run: RunFolder, make_trial, name: str, put_record) -> None:
    """Kills: taking a path in a record for one of ours."""
    put_record(run, _record(make_trial(), files={"curves": name}))
    (told,) = validate(run.path).problems
    assert "expected a file in the attempt's own folder" in told


def test_f41_validation_reads_deeply(run: RunFolder) -> None:
    """Kills: a record with two statuses, of which one reader believes the first and another the last."""
    path = run.record_paths()[0]
    content = path.read_bytes()[len(_seal(b"")) : -len(END)]
    path.write_bytes(_sealed(content.replace(b'"status": "OK"', b'"status": "DIVERGED", "status": "OK"')))
    assert load(path, Record).status == "OK"
    assert "'status' is given twice" in validate(run.path).problems[0]


def test_f41_a_listed_file_that_is_a_link(run: RunFolder, make_trial, tmp_path: Path, put_record) -> None:
    attempt = run.record_paths()[0].parent
    (tmp_path / "secret").write_text("x")
    (attempt / "curves.json").symlink_to(tmp_path / "secret")
    put_record(run, _record(make_trial(), files={"curves": "curves.json"}))
    assert "is a symbolic link" in validate(run.path).problems[0]


def test_f41_arrays_of_objects_are_no_features(tmp_path: Path) -> None:
    """Kills: allow_pickle=True where the features of real rows are read back."""
    import hashlib

    from genbench.evaluate.spaces import load as load_features

    file = io.BytesIO()
    np.save(file, np.array([_Canary(tmp_path / "canary")], dtype=object), allow_pickle=True)
    path = tmp_path / "x.features"
    path.write_bytes(hashlib.sha256(file.getvalue()).digest() + file.getvalue())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_features(path)
    assert not (tmp_path / "canary").exists()


@pytest.mark.parametrize("card", ["[" * 100_000, "[1]", "{"])
def test_f41_a_hostile_card_of_weights(tmp_path: Path, card: str) -> None:
    """Kills: a parser's error that is no ResultsError; a card that is no table."""
    from genbench.features.artefact import CARD, read

    np.savez(tmp_path / "w.npz", **{CARD: np.array(card)})
    with pytest.raises(ResultsError, match=r"w\.npz"):
        read(tmp_path / "w.npz")


def test_f42_every_truncation_is_noticed(run: RunFolder) -> None:
    """Kills: a seal that is compared as far as the file goes."""
    path = run.record_paths()[0]
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(ResultsError, match="damaged or edited"):
            load(path, Record)


def test_f42_what_was_added_is_noticed(run: RunFolder) -> None:
    path = run.record_paths()[0]
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(ResultsError, match="damaged or edited"):
        load(path, Record)


def test_the_collector_is_paused_and_goes_on(run: RunFolder) -> None:
    import gc

    with collection_paused():
        assert not gc.isenabled()
        publish(run.path / "again.json", run.read().plan)
    assert gc.isenabled()


# F41: the sources


FORBIDDEN = {"pickle", "cPickle", "cloudpickle", "dill", "marshal", "shelve", "joblib", "yaml", "jsonpickle"}
READER = ROOT / "genbench" / "data" / "cifar_batches.py"  # of the original files, whose unpickler admits no code
SOURCES = sorted([*(ROOT / "genbench").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")])


def _faults(tree: ast.AST) -> list[str]:
    """Return every way in which a source could run what it reads."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [each.name for each in node.names if each.name.partition(".")[0] in FORBIDDEN]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in FORBIDDEN:
            found.append(str(node.module))
        elif isinstance(node, ast.Call):
            named = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            called = ast.unparse(node.func)
            if called in ("eval", "exec", "compile", "__import__"):
                found.append(called)
            if called.endswith("torch.load") and named.get("weights_only") != "True":
                found.append(ast.unparse(node))
            if called in ("np.load", "numpy.load") and named.get("allow_pickle") != "False":
                found.append(ast.unparse(node))
            if named.get("allow_pickle") == "True":
                found.append(ast.unparse(node))
    return found


def test_f41_nothing_that_is_read_can_run() -> None:
    """Kills: a reader that runs what a file says."""
    found = {str(path): _faults(ast.parse(path.read_text(encoding="utf-8"))) for path in SOURCES if path != READER}
    assert {path: faults for path, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "line",
    ["import pickle", "from joblib import load", "eval('1')", "torch.load(f)", "torch.load(f, weights_only=False)",
     "np.load(f)", "np.load(f, allow_pickle=True)", "import yaml", "np.savez(f, allow_pickle=True)"],
)  # fmt: skip
def test_f41_the_check_of_the_sources_sees(line: str) -> None:
    assert _faults(ast.parse(line))
