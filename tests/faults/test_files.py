"""F39, F41 and F42: files that nobody vouched for, data and results; they are refused, untouched, and nothing runs."""

from __future__ import annotations

import ast
import gzip
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

from genbench.data import prepare
from genbench.data.cifar10 import KNOWN
from genbench.data.fashion_mnist import files as fashion_files
from genbench.data.folder import ABANDONED, read
from genbench.data.spoken_digits import KNOWN as KNOWN_CLIPS
from genbench.errors import DataError, ResultsError
from genbench.plan import Plan
from genbench.record import Environment, Record
from genbench.store import RunFolder, collection_paused, load, publish
from genbench.store.sealed import END, _seal
from genbench.validation import validate

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
HTML = b"<!DOCTYPE html><html><title>404 Not Found</title></html>"
DAMAGES = ("truncated", "checksum", "empty", "html", "zeros")


# F39: data


def _idx(damage: str) -> bytes:
    """Return train images of MNIST's form: right in all but one thing."""
    header = b"\0\0\x08\x03" + b"".join(axis.to_bytes(4, "big") for axis in (60_000, 28, 28))
    made = {
        "truncated": lambda: gzip.compress(header + b"\x07" * 10_000)[:-20],
        "checksum": lambda: header + b"\x07" * (60_000 * 784),
        "empty": lambda: b"",
        "html": lambda: gzip.compress(HTML),
        "zeros": lambda: gzip.compress(header + bytes(60_000 * 784), 1),
    }
    return made[damage]()


def _packed(**arrays: np.ndarray[Any, Any]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def _damaged(damage: str, good: Callable[[int], bytes]) -> bytes:
    """Return an archive of `good(value)` with one damage."""
    if damage in ("empty", "html"):
        return b"" if damage == "empty" else HTML
    whole = good(0 if damage == "zeros" else 7)
    return whole[: len(whole) // 2] if damage == "truncated" else whole


def _photographs(value: int) -> bytes:
    train, test = (np.full((n, 32, 32, 3), value, np.uint8) for n in (10_000, 1_000))
    labels = {"y_train": np.arange(10_000, dtype=np.uint8) % 10, "y_test": np.arange(1_000, dtype=np.uint8) % 10}
    return _packed(x_train=train, x_test=test, **labels)


def _clips(value: int) -> bytes:
    lengths = np.full(3_000, 10, np.int32)
    whole = np.zeros(3_000, np.uint8)
    return _packed(audio=np.full(30_000, value, np.int16), lengths=lengths, labels=whole, takes=whole)


def _picture(value: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise if value else np.zeros_like(noise)).save(file, "png")
    return file.getvalue()


def _array(value: int) -> bytes:
    file = io.BytesIO()
    np.save(file, np.full((40, 8, 8), value, np.uint8))
    return file.getvalue()


def _lay(root: Path, name: str, damage: str) -> tuple[str, Path]:
    """Lay out a damaged data set below a root; return what to ask for and the damaged file."""
    if name in ("mnist", "fashion_mnist"):
        path = root / name.replace("_", "-") / "train-images-idx3-ubyte"
        path.parent.mkdir(parents=True)
        for other in ("train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
            (path.parent / f"{other}-ubyte").write_bytes(b"")
        path.write_bytes(_idx(damage))
        return name, path
    where, content = {
        "cifar10": ("cifar10/cifar10_a.npz", lambda: _damaged(damage, _photographs)),
        "spoken_digits": ("audio/fsdd.npz", lambda: _damaged(damage, _clips)),
        "images": ("photos/a.png", lambda: _damaged(damage, _picture)),
        "arrays": ("rows.npy", lambda: _damaged(damage, _array)),
    }[name]
    path = root / where
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content())
    if (name, damage) == ("images", "zeros"):
        for number in range(20):
            (path.parent / f"{number}.png").write_bytes(content())
    return {"images": "images:photos", "arrays": "arrays:rows.npy"}.get(name, name), path


SETS = ("mnist", "fashion_mnist", "cifar10", "spoken_digits", "images", "arrays")
UNKNOWN = {("images", "checksum"), ("arrays", "checksum")}  # nobody knows what the user's own rows should be
SLOW = {("fashion_mnist", "checksum"), ("fashion_mnist", "zeros")}  # 47 MB through the code that mnist goes through
HASHES = {
    "mnist": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "cifar10": KNOWN[0],
    "spoken_digits": KNOWN_CLIPS,
}


@pytest.mark.parametrize(
    ("name", "damage"), [(name, damage) for name in SETS for damage in DAMAGES if (name, damage) not in UNKNOWN | SLOW]
)
def test_f39_a_damaged_file_is_refused_and_left_alone(tmp_path: Path, name: str, damage: str) -> None:
    """Kills: rows made of what a server said in place of the file, of a part of it, or of zeros."""
    asked, path = _lay(tmp_path / "root", name, damage)
    before = path.read_bytes()
    with pytest.raises(DataError) as caught:
        prepare(asked, data_root=tmp_path / "root", cache=tmp_path / "cache")
    told = str(caught.value)
    for part in {"html": "web page", "empty": "empty file (0 bytes)", "zeros": "zero"}.get(damage, ""), "expected":
        assert part in told or (damage == "zeros" and "sha256" in told)
    if damage == "checksum":
        assert told.count("sha256") == 2 or "found" in told
        assert HASHES.get(name, "sha256") in told
    assert any(advice in told for advice in ("what to do: ", "get it again"))
    assert path.read_bytes() == before
    assert not list((tmp_path / "cache").glob("*-*"))


def test_f39_the_first_digits_of_a_hash_are_known(tmp_path: Path) -> None:
    """Both hashes are told of a file that has the right size and other content."""
    _, path = _lay(tmp_path, "fashion_mnist", "checksum")
    assert path in fashion_files(tmp_path)
    with pytest.raises(DataError, match=r"with sha256 [0-9a-f]{64}\n.*47040016 bytes with sha256 [0-9a-f]{64}\n"):
        prepare("fashion_mnist", data_root=tmp_path, cache=tmp_path / "cache")


def test_f39_nothing_is_trained_on_damaged_data(launch, tmp_path: Path) -> None:
    """Kills: a run that starts with the data sets that are whole; one mistake told at a time."""
    names = [_lay(tmp_path / "root", name, "html")[0] for name in SETS]
    done, _ = launch(
        "--models", "null", "--datasets", ",".join([*names, "tiny"]), "--data-root", str(tmp_path / "root"),
        into=tmp_path / "out", results=False, GENBENCH_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "6 problems" in done.stderr
    assert done.stderr.count(f"cannot use {tmp_path / 'root'}") == len(SETS)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


KILLS = """
import os, signal, sys
from pathlib import Path
import numpy as np
from genbench.data import folder, prepare
source, cache = sys.argv[1], Path(sys.argv[2])

def prepared():
    return prepare(f"arrays:{source}", data_root=None, cache=cache)

def dying(function, at, calls=[0]):
    def call(*arguments, **named):
        calls[0] += 1
        if calls[0] > at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)
    return call

for at in range(100):
    child = os.fork()
    if not child:
        np.save, os.rename, os.replace = (dying(f, at) for f in (np.save, os.rename, os.replace))
        Path.write_text = dying(Path.write_text, at)
        prepared()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    whole = [each for each in cache.glob("arrays*") if folder.read(each) is None] if cache.exists() else []
    assert not whole, (at, whole)
    if status == 0:
        print(at)
        break
assert prepared() == prepared()
"""


def test_f39_a_preparation_killed_at_any_write_leaves_nothing_half_made(tmp_path: Path) -> None:
    """Kills: rows written under the final name."""
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(50, 3)))
    command = [sys.executable, "-W", "ignore", "-c", KILLS, str(tmp_path / "rows.npy"), str(tmp_path / "cache")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 6


def test_f39_what_the_killed_left_is_swept_in_the_end(tmp_path: Path) -> None:
    """Kills: a cache that grows with every kill; one that deletes what another process is making."""
    for name in (".preparing-old", ".preparing-new"):
        (tmp_path / "cache" / name).mkdir(parents=True)
    then = (tmp_path / "cache" / ".preparing-old").stat().st_mtime - 2 * ABANDONED
    os.utime(tmp_path / "cache" / ".preparing-old", (then, then))
    np.save(tmp_path / "rows.npy", np.random.default_rng(0).normal(size=(50, 3)))
    found = prepare(f"arrays:{tmp_path / 'rows.npy'}", data_root=None, cache=tmp_path / "cache")
    assert read(found.folder) == found
    assert [path.name for path in (tmp_path / "cache").glob(".preparing-*")] == [".preparing-new"]


# F41, F42: results


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
scale = 1 if sys.platform == "darwin" else 1024
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale
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
rise = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale - base
print(json.dumps({"told": told, "events": events, "rise": rise}))
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
def run(tmp_path: Path, make_trial) -> RunFolder:
    """A run of one trial with its record."""
    trial = make_trial()
    folder = RunFolder.create(tmp_path / "results", Plan(trials=(trial,), probes=()))
    folder.publish_record(folder.attempt(trial), _record(trial))
    return folder


@pytest.mark.parametrize("where", ["record.json", "attempt", "trial", "trials", "plan.json"])
def test_f41_links_are_refused(run: RunFolder, tmp_path: Path, where: str) -> None:
    """Kills: following a link out of the folder, the last part of a path or any before it."""
    record = run.record_paths()[0]
    places = {"record.json": record, "attempt": record.parent, "trial": record.parents[1], "trials": record.parents[2]}
    link = places.get(where, run.path / "plan.json")
    link.rename(tmp_path / "elsewhere")
    link.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ResultsError, match=f"{link}: is a symbolic link"):
        run.read()
    if where != "plan.json":
        assert any("symbolic link" in problem for problem in validate(run.path).problems)


def test_f41_a_link_to_the_whole_run_is_the_users_own(run: RunFolder, tmp_path: Path) -> None:
    """Kills: refusing `results/latest`."""
    (tmp_path / "latest").symlink_to(run.path)
    assert len(RunFolder(tmp_path / "latest").read().records) == 1
    assert validate(tmp_path / "latest").problems == ()


@pytest.mark.parametrize("name", ["../../../../x", "/etc/passwd", "a/../../x", "C:\\x", "\\\\host\\x", "x" * 300])
def test_f41_a_record_lists_files_of_its_own_folder(run: RunFolder, make_trial, name: str) -> None:
    """Kills: taking a path in a record for one of ours."""
    run.publish_record(run.record_paths()[0].parent, _record(make_trial(), files={"curves": name}))
    (told,) = validate(run.path).problems
    assert "expected a file in the attempt's own folder" in told


def test_f41_validation_reads_deeply(run: RunFolder) -> None:
    """Kills: a record with two statuses, of which one reader believes the first and another the last."""
    path = run.record_paths()[0]
    content = path.read_bytes()[len(_seal(b"")) : -len(END)]
    path.write_bytes(_sealed(content.replace(b'"status": "OK"', b'"status": "DIVERGED", "status": "OK"')))
    assert load(path, Record).status == "OK"
    assert "'status' is given twice" in validate(run.path).problems[0]


def test_f41_a_listed_file_that_is_a_link(run: RunFolder, make_trial, tmp_path: Path) -> None:
    attempt = run.record_paths()[0].parent
    (tmp_path / "secret").write_text("x")
    (attempt / "curves.json").symlink_to(tmp_path / "secret")
    run.publish_record(attempt, _record(make_trial(), files={"curves": "curves.json"}))
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
