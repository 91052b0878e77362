"""The doctor imports models where nothing else can be hurt."""

from __future__ import annotations

import os


def test_broken_models_are_told_with_what_to_do(run_genbench, toys) -> None:
    """Kills: an import that ends the doctor; a model that breaks the contract and is not named."""
    path = os.pathsep.join([str(toys), os.environ.get("PYTHONPATH", "")])
    done = run_genbench("doctor", PYTHONPATH=path)
    told = [line for line in done.stdout.splitlines() if line.startswith("fail  plugins")]
    assert done.returncode == 1
    for name in ("import_error", "import_exits", "import_interrupts", "import_syntax", "missing_sample", "misspelt"):
        (line,) = [each for each in told if f"[{name}]" in each]
        assert "genbench-badplugins 0.2" in line
    assert "genbench test-plugin misspelt tells more" in done.stdout
    assert "[null]" not in "".join(told)
    assert "models that were imported" in done.stdout
    assert "Traceback" not in done.stderr
