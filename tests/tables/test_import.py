from __future__ import annotations

import subprocess
import sys


def test_importing_the_tables_imports_no_torch():
    code = "import genbench.tables, sys; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
