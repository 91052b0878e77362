"""What the README shows runs as it stands."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from genbench.spec import make_spec
from genbench.store import RunFolder

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = re.search(r"<!-- plugin: my_model\.py -->\n```python\n(.*?)```", README, re.DOTALL)


def _distribution(folder: Path, name: str, source: str) -> None:
    """Lay out a third party's distribution without pip."""
    info = folder / f"{name}-0.1.dist-info"
    info.mkdir()
    (folder / f"{name}.py").write_text(source)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[genbench.models]\n{name} = {name}\n")


@pytest.mark.parametrize(
    ("name", "source", "lines"),
    [("my_model", EXAMPLE[1], 45), ("mlp_gan", (ROOT / "examples" / "mlp_gan.py").read_text(), 60)],
)
def test_the_examples_learn(run_genbench, tmp_path, name, source, lines) -> None:
    """A model of the README is a row in the table, better than noise, and as short as it claims."""
    assert len(source.splitlines()) <= lines
    _distribution(tmp_path, name, source)
    done = run_genbench(
        "run", "--models", name, "--seeds", "1", "--budget", "1200steps", "--no-probe", "--marks", "0.5",
        PYTHONPATH=str(tmp_path),
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (folder,) = (tmp_path / "results").iterdir()
    results = RunFolder(folder).read()
    noise = next(
        each.value for each in results.references["digits"].measures["noise"]
        if (each.identity.metric, each.identity.features) == ("fd", "classifier")
    )  # fmt: skip
    assert results.records[0].measure("fd:classifier") < noise


def test_the_study_is_read(tmp_path) -> None:
    study = next(block for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL) if "budget" in block)
    (tmp_path / "study.toml").write_text(study)
    assert make_spec({}, tmp_path / "study.toml").options == tomllib.loads(study)["options"]


def test_the_two_commands_are_there() -> None:
    first_block = re.search(r"```\n(.*?)```", README, re.DOTALL)
    assert [line.split("#")[0].strip() for line in first_block[1].splitlines()] == ["make run", "make test"]
    makefile = (ROOT / "Makefile").read_text()
    assert "\nrun:" in makefile
    assert "\ntest:" in makefile
