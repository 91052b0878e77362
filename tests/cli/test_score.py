"""`genbench score` as a newcomer uses it, with wrong input too."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from genbench.scorecard.card import DEFAULT


@pytest.fixture
def arrays(tmp_path):
    generator = np.random.default_rng(0)
    np.save(tmp_path / "real.npy", generator.normal(size=(120, 4)))
    np.save(tmp_path / "fake.npy", generator.normal(0.5, 1, (100, 4)).astype(np.float32))
    np.save(tmp_path / "wide.npy", generator.normal(size=(100, 5)))
    return tmp_path


def test_json_of_two_feature_arrays(arrays, run_genbench):
    done = run_genbench("score", "real.npy", "fake.npy", "--features", "none", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found) == set(DEFAULT)
    assert found["fd"]["value"] > found["fd"]["floor"]["value"] > 0
    assert found["copies"]["value"] is None and "--train" in found["copies"]["warnings"][0]


def test_a_table_for_people(arrays, run_genbench):
    wanted = ("--train", "real.npy", "--metrics", "fd,prdc,copies", "--n", "90")
    done = run_genbench("score", "real.npy", "fake.npy", *wanted)
    assert done.returncode == 0, done.stderr
    assert "90 real and 90 fake rows" in done.stdout
    assert "How to read it" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["real.npy", "nothing.npy"], ["FAKE nothing.npy", "no such file", ".npz"]),
        (["real.npy", "wide.npy"], ["REAL real.npy has rows [4]", "FAKE wide.npy has rows [5]"]),
        (["real.npy", "fake.npy", "--metrics", "fdd"], ["no metric 'fdd'", "did you mean 'fd'?"]),
        (["real.npy", "fake.npy", "--features", "pixels"], ["got features [n, d]", "--features none"]),
        (["real.npy", "fake.npy", "--n", "101"], ["FAKE fake.npy", "got 100 rows", "--n 101"]),
        (["real.npy", "fake.npy", "--k", "0"], ["--k"]),
        (["real.npy", "fake.npy", "--train", "wide.npy"], ["TRAIN wide.npy has rows [5]"]),
        (["real.npy"], ["FAKE"]),
    ],
)
def test_a_mistake_is_one_screen_and_exit_2(arrays, run_genbench, arguments, said):
    done = run_genbench("score", *arguments)
    assert done.returncode == 2, done.stderr
    assert all(each in done.stderr for each in said), done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 12


def test_scoring_features_imports_no_torch(arrays):
    """Kills: a second of importing torch for every call of the oracle on arrays."""
    code = (
        "import sys\nfrom genbench.cli import group\n"
        "group(['score', 'real.npy', 'fake.npy', '--metrics', 'fd,kd,prdc,swd,energy'], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=arrays)
