"""Build the wheel of this one package (PEP 517) without any build system."""

from __future__ import annotations

import zipfile
from pathlib import Path

NAME, VERSION = "genbench_pace", "0.1"
REQUIRES: tuple[str, ...] = ()
WHEEL = "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Pack the package with its metadata; return the wheel's name."""
    info, wheel = f"{NAME}-{VERSION}.dist-info", f"{NAME}-{VERSION}-py3-none-any.whl"
    required = "".join(f"Requires-Dist: {each}\n" for each in REQUIRES)
    files = {path.as_posix(): path.read_text() for path in sorted(Path("pace").glob("*.py"))}
    files |= {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME.replace('_', '-')}\nVersion: {VERSION}\n{required}",
        f"{info}/WHEEL": WHEEL,
        f"{info}/entry_points.txt": "[genbench.models]\npace = pace.model\n",
    }
    record = f"{info}/RECORD"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
        packed.writestr(record, "".join(f"{name},,\n" for name in [*files, record]))
    return wheel


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    """Nobody asks for it: what is timed is never editable."""
    raise NotImplementedError
