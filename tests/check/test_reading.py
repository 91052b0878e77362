"""Baselines on disk: every schema that was released stays readable, and nothing else is half believed."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from genbench.check.baseline import FILE, SCHEMA
from genbench.check.reading import migrated, read, write
from genbench.errors import BaselineError, ResultsError, UsageError
from genbench.store import durable
from genbench.store.sealed import END, _seal

GOLDEN = Path(__file__).parent / "golden"
FD, RECALL = "fd:coordinates", "recall:coordinates"


def _content(folder: Path = GOLDEN / "schema-1"):
    """Return what a baseline says, as plain values to be changed."""
    return json.loads((folder / FILE).read_text())["content"]


def _put(folder: Path, content) -> Path:
    """Seal whatever it is, as a baseline."""
    text = json.dumps(content).encode()
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(_seal(text) + text + END)
    return folder


def _refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read(folder)
    return str(caught.value)


def test_every_released_schema_stays_readable() -> None:
    """Kills: a field renamed, removed or retyped without a step from the schema before."""
    found = {path.parent.name: read(path) for path in sorted(GOLDEN.glob(f"*/{FILE}"))}
    assert found.keys() == {f"schema-{number}" for number in range(1, SCHEMA + 1)}
    baseline = found["schema-1"]
    assert baseline.schema_version == SCHEMA
    (cell,) = baseline.cells
    assert cell is baseline.cell("null", "tiny")
    assert [row.seed for row in cell.seeds] == list(range(20))
    assert cell.seeds[0].values[FD] == pytest.approx(0.3573238043601106)
    assert cell.seeds[19].digests.keys() == {"weights", "samples:default"}
    assert [gate.measure for gate in baseline.gates] == [FD, RECALL, "collapse", "training", "sampling"]
    assert len(cell.sessions) == 3
    assert baseline.rules.pairs == (12, 24, 48)


def test_a_folder_or_the_file_in_it() -> None:
    assert read(GOLDEN / "schema-1") == read(GOLDEN / "schema-1" / FILE)


def test_what_is_written_is_read_again(tmp_path) -> None:
    """Kills: an extractor left behind, a number that does not survive being written."""
    weights = tmp_path / "weights"
    weights.write_bytes(b"weights")
    sha = "9f4146f47e0fd9a5b01ac5f8a27d3a0e2b3b2ae0e24cd9dbf0e9d0c2b5f34b8b"
    baseline = read(GOLDEN / "schema-1").model_copy(update={"extractors": {"classifier-0.npz": sha}})
    write(baseline, tmp_path / "b", {"classifier-0.npz": weights})
    assert "got sha256" in _refusal(tmp_path / "b")
    sound = baseline.model_copy(update={"extractors": {"classifier-0.npz": _sha256(weights)}})
    write(sound, tmp_path / "b", {"classifier-0.npz": weights})
    assert read(tmp_path / "b") == sound
    assert (tmp_path / "b" / "features" / "classifier-0.npz").read_bytes() == b"weights"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["b", "weights"]


def _sha256(path: Path) -> str:
    import hashlib

    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_extractors_that_are_missing_or_elsewhere(tmp_path) -> None:
    """Kills: a name that leads out of the folder, a link that is followed."""
    content = _content()
    content["extractors"] = {"classifier-0.npz": "0" * 64, "../../etc/passwd": "0" * 64, "linked.npz": "0" * 64}
    folder = _put(tmp_path / "b", content)
    (folder / "features").mkdir()
    (folder / "features" / "linked.npz").symlink_to("/etc/hostname")
    told = _refusal(folder)
    assert "3 problems" in told
    assert "features/classifier-0.npz: expected the extractor's file, found none" in told
    assert "features/linked.npz: expected the extractor's file, found none" in told
    assert "'../../etc/passwd': expected the name of a file in features/" in told


def _set(content, *keys, to) -> None:
    for key in keys[:-1]:
        content = content[key]
    content[keys[-1]] = to


ROW = ("cells", 0, "seeds", 3)
EDITS = {
    "a seed twice": (lambda c: _set(c, *ROW, "seed", to=4), ["seeds given twice: 4", "missing: 3"]),
    "a seed missing": (lambda c: c["cells"][0]["seeds"].pop(3), ["19 different seeds", "missing: 3"]),
    "a seed that was not planned": (
        lambda c: _set(c, *ROW, "seed", to=99),
        ["did not plan: 99", "seeds of its study are missing: 3"],
    ),
    "seeds in another order": (lambda c: c["cells"][0]["seeds"].reverse(), ["another order than planned"]),
    "no seeds in the study": (lambda c: c["study"].pop("seeds"), ["its study names no seeds"]),
    "too few": (
        lambda c: (_set(c, "study", "seeds", to=3), _set(c, "cells", 0, "seeds", to=c["cells"][0]["seeds"][:3])),
        ["got 3 different seeds, expected at least 20"],
    ),
    "a last look at more seeds than there are": (
        lambda c: _set(c, "rules", "seeds", to=[5, 10, 40]),
        ["rules: the last look is at 40 seeds, expected at most the 20 that it has"],
    ),
    "rules by which nothing ever fails": (
        lambda c: (_set(c, "rules", "alpha", to=1e-15), _set(c, "rules", "pairs", to=[2, 3, 4])),
        ["rules: 20 seeds against 20 could never fail", "rules: pairs [2, 3, 4] could never fail"],
    ),
    "a cell twice": (lambda c: c["cells"].append(c["cells"][0]), ["null on tiny: given 2 times"]),
    "no cells": (lambda c: c["cells"].clear(), ["gated, but there is no such cell"]),
    "no gates": (lambda c: (c["gates"].clear(), c["halves"].clear()), ["it has no gates"]),
    "a gate twice": (lambda c: c["gates"].append(c["gates"][0]), [f"{FD}: gated 2 times"]),
    "a gate of no cell": (lambda c: _set(c, "gates", 3, "model", to="else"), ["else on tiny: training: gated, but"]),
    "a gate that was not measured": (
        lambda c: (_set(c, "gates", 0, "measure", to="kd:pixels"), _set(c, "halves", 0, "measure", to="kd:pixels")),
        ["kd:pixels: gated, but not measured"],
    ),
    "a gate the wrong way": (lambda c: _set(c, "gates", 0, "better", to="higher"), ["got higher as better"]),
    "a speed the wrong way": (lambda c: _set(c, "gates", 3, "better", to="lower"), ["got lower as better"]),
    "a scale of others": (lambda c: _set(c, "gates", 2, "scale", to="ratio"), ["got the scale ratio"]),
    "rates of a distance": (lambda c: _set(c, "gates", 0, "scale", to="rate"), ["got the scale rate"]),
    "no deviation": (lambda c: _set(c, "gates", 0, "scale", to="deviations"), ["got the deviation None"]),
    "NaN": (lambda c: _set(c, *ROW, "values", FD, to="NaN"), ["cells.0.seeds.3.values.fd:coordinates: got nan"]),
    "infinity": (lambda c: _set(c, *ROW, "seconds", to="Infinity"), ["cells.0.seeds.3.seconds: got inf"]),
    "a value missing": (
        lambda c: c["cells"][0]["seeds"][3]["values"].pop(FD),
        [f"{FD}: values are missing for the seeds 3"],
    ),
    "all values missing": (
        lambda c: [row["values"].update({FD: None}) for row in c["cells"][0]["seeds"]],
        [f"{FD}: no seed has a value"],
    ),
    "a distance below nothing": (lambda c: _set(c, *ROW, "values", FD, to=-0.1), ["got the value -0.1"]),
    "more than all": (lambda c: _set(c, *ROW, "values", RECALL, to=1.5), ["got 1.5, expected a share from 0 to 1"]),
    "a failed seed with values": (lambda c: _set(c, *ROW, "status", to="DIVERGED"), ["DIVERGED, but has values"]),
    "no seed that is OK": (
        lambda c: [row.update(status="OOM(host)") for row in c["cells"][0]["seeds"]],
        ["no seed is OK"],
    ),
    "time that ran back": (lambda c: _set(c, *ROW, "seconds", to=-1.0), ["seconds: got -1"]),
    "other data": (
        lambda c: _set(c, "cells", 0, "identities", FD, "data", to="0" * 64),
        [f"{FD}: measured on data 000000000000, expected f56bb2c1bdf4"],
    ),
    "no floor": (lambda c: c["references"].clear(), ["collapse: its floor is missing"]),
    "nobody knows who collapsed": (
        lambda c: [row.update(is_collapsed=None) for row in c["cells"][0]["seeds"]],
        ["of no seed is known whether it collapsed"],
    ),
    "a probe": (lambda c: _set(c, "cells", 0, "trial", "purpose", to="probe"), ["got a trial for probe"]),
    "a speed of nothing": (
        lambda c: _set(c, "cells", 0, "sessions", 0, "training", to=0.0),
        ["got a speed that is not positive"],
    ),
    "halves left out": (lambda c: c["halves"].pop(), ["collapse: not compared half by half"]),
    "halves that differ": (lambda c: _set(c, "halves", 0, "p", to=1e-5), ["its halves: got p 1e-05"]),
    "p beyond 1": (lambda c: _set(c, "halves", 0, "p", to=1.5), ["its halves: got p 1.5"]),
    "an unknown key": (lambda c: _set(c, "colour", to="red"), ["colour: Extra inputs"]),
    "a key missing": (lambda c: c.pop("environment"), ["environment: Field required"]),
    "another type": (lambda c: _set(c, *ROW, "seed", to="three"), ["cells.0.seeds.3.seed"]),
    "rules that nobody may set": (lambda c: _set(c, "rules", "alpha", to=2.0), ["rules.alpha"]),
    "a newer schema": (lambda c: _set(c, "schema_version", to=2), ["schema 2", "update genbench"]),
    "no schema": (lambda c: c.pop("schema_version"), ["schema_version: got 'None'"]),
    "a schema that is no number": (lambda c: _set(c, "schema_version", to=True), ["schema_version: got 'True'"]),
    "an older schema without a way": (lambda c: _set(c, "schema_version", to=0), ["schema 0 cannot be read any more"]),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_cannot_be_is_refused(tmp_path, name) -> None:
    """Kills: each check of a baseline left out; every one has its edit, sealed anew."""
    edit, said = EDITS[name]
    content = _content()
    edit(content)
    told = _refusal(_put(tmp_path / "b", content))
    assert str(tmp_path / "b" / FILE) in told
    for part in said:
        assert part in told
    assert len(told.splitlines()) <= 18


def test_all_problems_are_told_at_once(tmp_path) -> None:
    """Kills: a reader that stops at the first mistake."""
    content = _content()
    for name in ("a seed twice", "NaN", "halves that differ", "a gate twice", "a speed of nothing"):
        EDITS[name][0](content)
    told = _refusal(_put(tmp_path / "b", content))
    for name in ("a seed twice", "NaN", "halves that differ", "a gate twice", "a speed of nothing"):
        for part in EDITS[name][1]:
            assert part in told


def test_failed_seeds_and_equal_values_are_no_mistake(tmp_path) -> None:
    """Kills: a baseline refused for being honest about what failed."""
    content = _content()
    content["cells"][0]["seeds"][3].update(status="DIVERGED", values={FD: None, RECALL: None}, is_collapsed=None)
    for row in content["cells"][0]["seeds"][4:]:
        row["values"][FD] = 0.3
    found = read(_put(tmp_path / "b", content))
    assert found.cells[0].seeds[3].values[FD] is None


@pytest.mark.parametrize("kept", [0, 1, 80, 5_000, -3, -1])
def test_a_truncated_file(tmp_path, kept) -> None:
    whole = (GOLDEN / "schema-1" / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:kept])
    assert "damaged or edited" in _refusal(tmp_path)


@pytest.mark.parametrize("place", [0, 13, 90, 4_000, -5])
def test_an_edited_file(tmp_path, place) -> None:
    """Kills: a seal that is not looked at."""
    content = bytearray((GOLDEN / "schema-1" / FILE).read_bytes())
    content[place] ^= 1
    (tmp_path / FILE).write_bytes(content)
    assert "version control" in _refusal(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"[]", "got a list"),
        (b'{"a": NaN}', "NaN is no number"),
        (b'{"a": 1, "a": 2}', "given twice"),
        (b"{", "damaged"),
    ],
)
def test_sealed_nonsense(tmp_path, content, said) -> None:
    (tmp_path / FILE).write_bytes(_seal(content) + content + END)
    assert said in _refusal(tmp_path)


def test_no_baseline_says_how_to_make_one(tmp_path) -> None:
    assert f"genbench baseline STUDY --out {tmp_path / 'none'}" in _refusal(tmp_path / "none")
    (tmp_path / "b" / FILE).mkdir(parents=True)
    assert "cannot be read" in _refusal(tmp_path / "b")


def test_older_schemas_climb_a_ladder(tmp_path) -> None:
    """Kills: a step left out, steps in another order, a number that stays behind."""
    steps = {
        number: lambda document, number=number: document | {"steps": [*document.get("steps", []), number]}
        for number in range(1, 4)
    }
    at = tmp_path / FILE
    assert migrated({"schema_version": 1}, at, steps, 4) == {"schema_version": 4, "steps": [1, 2, 3]}
    assert migrated({"schema_version": 3}, at, steps, 4) == {"schema_version": 4, "steps": [3]}
    assert migrated({"schema_version": 4}, at, steps, 4) == {"schema_version": 4}
    with pytest.raises(BaselineError, match="schema 5, this genbench reads up to 4: update genbench"):
        migrated({"schema_version": 5}, at, steps, 4)
    with pytest.raises(BaselineError, match="schema 1 cannot be read any more"):
        migrated({"schema_version": 1}, at, {1: steps[1], 3: steps[3]}, 4)


class Failing:
    """Stands in for `os`; the n-th system call that writes fails."""

    def __init__(self, fails_at: int) -> None:
        self._left = fails_at

    def __getattr__(self, name):
        real = getattr(os, name)
        if name not in {"open", "write", "fsync", "rename", "mkdir"}:
            return real

        def call(*arguments, **named):
            self._left -= 1
            if self._left == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*arguments, **named)

        return call


def test_a_write_that_fails_anywhere_leaves_the_old_baseline(tmp_path, monkeypatch) -> None:
    """Kills: writing in place, deleting the former before the new one is whole, leaving it aside."""
    old = read(GOLDEN / "schema-1")
    new = old.model_copy(update={"made": old.made.model_copy(update={"run": "another"})})
    folder, weights = tmp_path / "b", tmp_path / "weights"
    weights.write_bytes(b"w" * 100)
    for number in range(1, 18):
        write(old, folder, {})
        with monkeypatch.context() as patched:
            patched.setattr(durable, "os", Failing(number))
            try:
                write(new, folder, {"a.npz": weights})
            except ResultsError as error:
                assert "No space left on device" in str(error)
                assert number < 17
        assert read(folder) == (old if number <= 14 else new)  # the 15th and 16th sync what has its name already
        assert [path.name for path in sorted(tmp_path.iterdir()) if path.name.startswith(".b")] == []


def test_what_is_no_baseline_is_not_replaced(tmp_path) -> None:
    """Kills: --force on a folder of somebody's own files."""
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(ResultsError, match=r"holds thesis\.tex"):
        write(read(GOLDEN / "schema-1"), tmp_path, {})
    with pytest.raises(ResultsError, match="a file"):
        write(read(GOLDEN / "schema-1"), tmp_path / "thesis.tex", {})
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_what_a_cut_off_write_put_aside_is_named(tmp_path) -> None:
    aside = tmp_path / ".b.0011aabb.partial"
    _put(aside, _content())
    assert f"lies in {aside}: move it back" in _refusal(tmp_path / "b")
