"""F40 and F48: names, flags and studies that nobody vouched for; all that is wrong is told at once, and where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from genbench import hookimpl, plugins
from genbench.entries import rejected
from genbench.errors import ContractError, SpecError, UsageError
from genbench.escaping import plain_lines
from genbench.messages import Prepare
from genbench.names import NAME, VARIANT, name_fault
from genbench.preparation import prepare_data
from genbench.spec import Spec, make_spec

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = ("\x1b[31mred", "<script>alert(1)</script>", "../../x", "=cmd()", "\u202eevil", "n\0ul", "x" * 10_240, "con")


def _distribution(folder: Path, name: str, entries: str | bytes, group: str = "genbench.models") -> None:
    info = folder / f"{name}-0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    content = entries if isinstance(entries, bytes) else f"[{group}]\n{entries}\n".encode()
    (info / "entry_points.txt").write_bytes(content)


def _genbench(site: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    paths = os.pathsep.join([str(site), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "genbench", *arguments]
    return subprocess.run(
        command, env=os.environ | {"PYTHONPATH": paths}, capture_output=True, text=True, cwd=site, timeout=120
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site with two rivals, and a distribution with every hostile name."""
    folder = tmp_path_factory.mktemp("site")
    names = [name.replace("\0", "\\0") for name in HOSTILE]
    _distribution(folder, "genbench_evil", "\n".join(f"{name} = evil.model" for name in names) + "\nfine = fine.model")
    _distribution(folder, "genbench_first", "twin = first.twin")
    _distribution(folder, "genbench_second", "twin = second.twin")
    return folder


@pytest.mark.parametrize("content", [b"[genbench.models]\nno equals sign\n", b"\xff\xfe[\0g\0"])
def test_f40_a_distribution_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    """Kills: a listing that stops where importlib does; pydantic and torch stop there too, so that nothing can run."""
    _distribution(tmp_path, "genbench_garbage", content)
    done = _genbench(tmp_path, "models")
    assert (done.returncode, done.stderr) == (0, "")
    assert "rejected, from genbench_garbage: its entry_points.txt cannot be read" in done.stdout
    assert "genbench_gan.gan" in done.stdout


def test_f40_rejected_names_are_listed_with_the_reason(site: Path) -> None:
    """Kills: a listing that stops at the first distribution that is damaged, names that steer a terminal."""
    done = _genbench(site, "models")
    assert (done.returncode, done.stderr) == (0, "")
    assert not set(done.stdout) & {"\x1b", "\u202e", "\0"}
    lines = done.stdout.splitlines()
    assert any(line.startswith("fine ") for line in lines)
    assert any(line.startswith("vae ") for line in lines)
    told = [line for line in lines if line.startswith("rejected, from genbench_evil 0.1: name ")]
    assert len(told) == len(HOSTILE)
    assert any(r"'\x1b[31mred'" in line for line in told)
    assert any(r"'\u202eevil'" in line for line in told)
    assert any("'con': is a device on Windows" in line for line in told)
    assert max(map(len, told)) < 250


def test_f40_rejected_names_in_json(site: Path) -> None:
    done = _genbench(site, "models", "--json")
    told = {row["rejected"]: row["reason"] for row in json.loads(done.stdout) if "rejected" in row}
    assert any("script" in name for name in told)
    assert len(told) == len(HOSTILE)


def test_f40_a_rejected_name_that_is_asked_for(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kills: "no such model" for one that the user sees installed."""
    monkeypatch.syspath_prepend(str(site))
    assert len(rejected(plugins.MODELS)) == len(HOSTILE)
    with pytest.raises(UsageError, match=r"model of genbench_evil 0\.1 was rejected: name 'con': is a device"):
        plugins.find("con")


@pytest.mark.parametrize("name", ["genbench <b>", "\x1b[31m", "a/b"])
def test_f40_a_distribution_with_a_hostile_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    info = tmp_path / "odd-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text("[genbench.models]\nfine = odd\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "fine" not in {each.name for each in plugins.find_all()}
    assert next(each.reason for each in rejected(plugins.MODELS)).startswith("distribution '")


@given(st.text())
@example("a\n")
@example("CON.txt")
@example("nul")
@settings(max_examples=100)
def test_f40_names_are_harmless_or_refused(name: str) -> None:
    """Kills: `$`, which lets a newline through; a name that climbs."""
    for form in (NAME, VARIANT):
        fault = name_fault(name, form)
        if fault is None:
            assert name.isascii() and name.isprintable() and not set(name) & set("/\\<>&'\"= ")
            assert name[0].isalnum() and name.lower().partition(".")[0] not in ("con", "nul")
        else:
            assert fault.isprintable() and len(fault) < 250


@pytest.mark.parametrize(
    ("hook", "declared", "said"),
    [
        ("variants", ("ema", "../../x"), "variant '../../x'"),
        ("variants", ("<b>",), "variant '<b>'"),
        ("variants", ("nul",), "device on Windows"),
        ("variants", tuple(f"v{number}" for number in range(33)), "got 33, expected at most 32"),
        ("options", dict, "expected a pydantic model class"),
        ("card", {"paper": "x" * 100_000}, "expected a dict of at most 65536"),
        ("card", {"paper": object()}, "cannot be written as JSON"),
        ("card", {"year": float("nan")}, "cannot be written as JSON"),
        ("card", {"sampling": 3}, "sampling is 3, expected text"),
    ],
)
def test_f40_declarations_become_no_paths(
    hook: str, declared: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kills: a variant's name that becomes a part of the path of its samples; a card that fills every record,
    or that no record can hold, so that the whole run ends where it would be written."""
    import types

    from genbench.inspection import _inspect
    from genbench.messages import Inspect

    module = types.ModuleType("toy")
    module.__file__ = __file__
    monkeypatch.setitem(sys.modules, "toy", module)
    functions = {"build": lambda task: None, "train": lambda model: None, "sample": lambda model: None}
    for name, function in (functions | {hook: lambda: declared}).items():
        setattr(module, name, hookimpl(function))
    valid = plugins.validate(plugins.LoadedPlugin(plugins.Plugin("toy", "toy", "genbench-toy 0.2"), module))
    with pytest.raises(ContractError, match=rf"genbench-toy 0.2 \[toy\] {hook}: ") as caught:
        _inspect(valid, Inspect(name="toy"))
    assert said in str(caught.value)


def test_f48_two_distributions_with_one_name(site: Path) -> None:
    done = _genbench(site, "run", "--models", "twin,vea")
    assert done.returncode == 2
    assert "'twin' is claimed by genbench_first 0.1 (first.twin) and genbench_second 0.1 (second.twin)" in done.stderr
    assert "no model 'vea'; did you mean 'vae'?" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_bad_option_is_one_line_of_the_list(site: Path) -> None:
    """Kills: a list within the list, `-   - vae.latnt`."""
    done = _genbench(site, "run", "--models", "vae", "--set", "vae.latnt=3")
    assert done.returncode == 2
    assert "\n  - vae: no option 'latnt'; did you mean 'latent'?\n" in done.stderr


STUDY = """\
models = ["vae", "gna"]
budegt = "30s"

seeds = 0
batch_size = "many"
marks = [0.5, 1.5]
threads = 99999
max_seeds = 30
[options.vae]
latent = 1
[options.dcgan]
latent = 2
"""


def _refused(folder: Path, text: str | bytes, **flags: object) -> tuple[str, ...]:
    path = folder / "study.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SpecError) as caught:
        make_spec(flags, path)
    return caught.value.problems


def test_f48_every_mistake_of_a_study_with_its_line(tmp_path: Path) -> None:
    """Kills: stopping at the first; a clash that hides the rest; names that are looked up only once all is well."""
    told = _refused(tmp_path, STUDY)
    places = [problem.partition(": ")[0] for problem in told]
    assert sorted(places) == sorted(f"study.toml:{line}" for line in (1, 2, 4, 5, 6, 7, 8, 11))
    by_line = dict(problem.partition(": ")[::2] for problem in told)
    for line, part in {
        1: "no model 'gna'; did you mean 'gan'?",
        2: "did you mean 'budget'?",
        4: "seeds: got 0, expected 1 to 10000",
        5: "got 'many'",
        6: "marks.1: Input should be less than 1, got 1.5",
        7: "threads",
        8: "expected it only with seeds 'auto'",
        11: "options.dcgan: no such model in this study",
    }.items():
        assert part in by_line[f"study.toml:{line}"]


def test_f48_a_flag_in_the_place_of_a_key_has_no_line(tmp_path: Path) -> None:
    """Kills: blaming the study for a flag."""
    told = _refused(tmp_path, 'models = ["vae"]\nbudget = "30s"\n', budget="-3s", seeds=3, max_seeds=9)
    assert len(told) == 2
    assert not any("study.toml" in problem for problem in told)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('budget = "-3s"', "must be positive"),
        ('budget = "1e99steps"', "expected at most 1e+12 steps"),
        ("budget = 1e99", "expected text: a positive number and a unit"),
        ('budget = {amount = -3.0, unit = "steps"}', "expected text"),
        ("seeds = 1000000000000", "expected 1 to 10000"),
        ("seeds = 10001", "seeds: got 10001, expected 1 to 10000"),
        ("seeds = 1e99", "valid tuple"),
        (f"seeds = 0x{'f' * 6000}", "seeds: got a int, expected 1 to 10000"),
        ("seeds = [1, 1]", "named twice: 1"),
        ("batch_size = -1", "greater than or equal to 1"),
        ("probe = 7", "valid boolean"),
        ('device = "tpu"', "device"),
        ('options.vae = 3\n"\\u001b[31m" = 1', "options.vae"),
        ('"\\u001b[31m" = 1', "no key"),
        ("marks = [nan]", "marks.0"),
        ('protocol = "fid50k-train"', "needs --features-weights"),
        ("budget = =", "study.toml:2: not a TOML file"),
        ("x = " + "[" * 100_000, "brackets are too many deep"),
        (b"\xff\xfe", "not a TOML file: invalid start byte"),
        ("#" * 2**21, "more than 1048576 bytes"),
        (f"budget = {'9' * 5000}", "Exceeds the limit"),
    ],
)  # fmt: skip
def test_f48_bad_values(tmp_path: Path, text: str | bytes, said: str) -> None:
    head = b'models = ["vae"]\n'
    told = _refused(tmp_path, head + (text if isinstance(text, bytes) else text.encode()))
    assert any(said in problem for problem in told), told
    assert all(len(problem) < 700 and "\x1b" not in plain_lines(problem) for problem in told)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("def load():\n    return 1 / 0\n", r"\[odd\] load: ZeroDivisionError: division by zero; mend that plugin"),
        ("raise SystemExit(0)\n", r"\[odd\]: cannot import odd_data: SystemExit: 0; mend that plugin"),
    ],
)
def test_f48_a_data_set_that_raises_is_no_fault_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, said: str
) -> None:
    """Kills: "please report this", and exit 4, for somebody else's module; one that leaves by SystemExit unseen."""
    _distribution(tmp_path, "genbench_odd", "odd = odd_data", "genbench.datasets")
    (tmp_path / "odd_data.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "odd_data", raising=False)
    asked = Prepare(name="odd", features=None, data_root=None, cache=tmp_path / "cache")
    with pytest.raises(UsageError, match=rf"genbench_odd 0\.1 {said}"):
        prepare_data(asked.model_dump_json(), [])


def test_f48_flags_that_cannot_stand_together(site: Path) -> None:
    done = _genbench(site, "run", "--models", "vae", "--seeds", "3", "--max-seeds", "9", "--batch-size", "-4")
    assert done.returncode == 2
    assert "max_seeds: got 9, expected it only with seeds 'auto'; give --seeds auto" in done.stderr
    assert "batch_size" in done.stderr


def test_f48_a_plugin_for_another_genbench() -> None:
    """An unknown hook or argument is what another version of the contract looks like; the version is told."""
    import types

    module = types.ModuleType("toy")
    functions = {"build": lambda task: None, "train": lambda model, clock: None, "sample": lambda model: None}
    for name, function in (functions | {"distil": lambda model: None}).items():
        setattr(module, name, hookimpl(function))
    with pytest.raises(ContractError) as caught:
        plugins.validate(plugins.LoadedPlugin(plugins.Plugin("toy", "toy", "genbench-toy 9.0"), module))
    for part in ("unknown argument clock, expected any of: model, batches", "no hook 'distil'", "genbench here is 0.1"):
        assert part in str(caught.value)


SCALARS = st.one_of(
    st.booleans(), st.integers(), st.floats(), st.text(max_size=20), st.sampled_from(["auto", "30s", "vae", "cpu"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.one_of(st.sampled_from([*Spec.model_fields, "max_seeds"]), st.text(min_size=1, max_size=8))


def _toml(value: object) -> str:
    """Write a value as TOML."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_toml(key)} = {_toml(each)}" for key, each in value.items()) + "}"
    return json.dumps(value).replace("\\ud", "?") if isinstance(value, str) else str(value)


@given(st.dictionaries(KEYS, VALUES, max_size=6))
@example({"models": ["vae"], "options": {"vae": 3}})
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_f48_any_study_is_a_spec_or_an_error_of_the_users(tmp_path: Path, asked: dict[str, object]) -> None:
    """Kills: any other exception: flags merged into a model's options that are no table, a range without end."""
    text = "".join(f"{_toml(key)} = {_toml(value)}\n" for key, value in asked.items())
    path = tmp_path / "study.toml"
    path.write_text(text)
    for flags in ({}, {"models": ("vae",), "options": {"vae": {"latent": 3}}}):
        try:
            make_spec(flags, path)
        except SpecError as error:
            assert plain_lines(str(error)).replace("\n", "").isprintable()


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_f48_any_bytes_are_a_study_or_an_error_of_the_users(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "study.toml"
    path.write_bytes(content)
    with pytest.raises(SpecError):  # none of them names a model
        make_spec({}, path)


def test_the_studies_of_these_tests_are_toml() -> None:
    assert tomllib.loads(STUDY)["max_seeds"] == 30
