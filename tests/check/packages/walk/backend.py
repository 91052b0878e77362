"""Build the wheel of this one package (PEP 517) without any build system; every module of it is a model."""

from __future__ import annotations

import zipfile
from pathlib import Path

NAME, VERSION = "genbench_walk", "0.1"
WHEEL = "Wheel-Version: 1.0\nGenerator: backend\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Pack the package with its metadata; return the wheel's name."""
    info, wheel = f"{NAME}-{VERSION}.dist-info", f"{NAME}-{VERSION}-py3-none-any.whl"
    modules = sorted(Path("src/walk").glob("*.py"))
    models = "".join(f"{each.stem} = walk.{each.stem}\n" for each in modules if each.stem != "__init__")
    files = {f"walk/{path.name}": path.read_text() for path in modules} | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {NAME.replace('_', '-')}\nVersion: {VERSION}\n",
        f"{info}/WHEEL": WHEEL,
        f"{info}/entry_points.txt": f"[genbench.models]\n{models}",
    }
    record = f"{info}/RECORD"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w") as packed:
        for name, text in files.items():
            packed.writestr(name, text)
        packed.writestr(record, "".join(f"{name},,\n" for name in [*files, record]))
    return wheel
