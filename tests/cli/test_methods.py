"""`genbench methods`: a paragraph to paste, and what it cites."""

from __future__ import annotations

import subprocess
import sys

import pytest
from click.testing import CliRunner

from genbench.cli.methods import command


@pytest.mark.parametrize(
    ("form", "said"), [("text", "[heusel2017"), ("markdown", "[@heusel2017"), ("latex", r"\cite{heu")]
)
def test_every_format(written, form, said):
    done = CliRunner().invoke(command, [str(written()), "--format", form], catch_exceptions=False)
    assert done.exit_code == 0
    assert said in done.output
    assert "@inproceedings{heusel2017," in done.output
    assert "sha256 d1d1d1d1d1d1d1d1" in done.output


def test_no_torch_is_needed(written):
    """Kills: seconds of imports for a paragraph."""
    code = (
        "import sys\nfrom genbench.cli.methods import command\n"
        f"command([{str(written())!r}], standalone_mode=False)\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)
