"""Install the toys as third-party distributions, without pip: `install.py FOLDER`, then FOLDER on PYTHONPATH."""

from __future__ import annotations

import base64
import hashlib
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).parent
MODELS = "genbench.models"
SOUND = "sound"  # what the bad plugins share; no entry point of its own


def install(folder: Path) -> None:
    """Write distributions into `folder`: good models, bad models, metrics, data sets, features; a module each."""
    _distribution(folder, "genbench-toys", "0.1", "genbench_toys", HERE / "good_plugins")
    _distribution(folder, "genbench-badplugins", "0.2", "genbench_badplugins", HERE / "bad_plugins")
    _distribution(folder, "genbench-toymetrics", "0.3", "genbench_toymetrics", HERE / "metrics", "genbench.metrics")
    _distribution(folder, "genbench-toydata", "0.4", "genbench_toydata", HERE / "datasets", "genbench.datasets")
    _distribution(folder, "genbench-toyfeatures", "0.5", "genbench_toyfeatures", HERE / "features", "genbench.features")


def _distribution(folder: Path, name: str, version: str, package: str, source: Path, group: str = MODELS) -> None:
    """Lay out one distribution as a wheel's installation does (PEP 376, PEP 427)."""
    info = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    for made in (folder / package, info):
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
    (folder / package / "__init__.py").touch()
    modules = sorted(source.glob("*.py"))
    for module in modules:
        shutil.copyfile(module, folder / package / module.name)
    names = [module.stem for module in modules if module.stem != SOUND]
    entries = "\n".join(f"{each} = {package}.{each}" for each in names)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "entry_points.txt").write_text(f"[{group}]\n{entries}\n")
    _record(folder, package, info)


def _record(folder: Path, package: str, info: Path) -> None:
    """List every file with its hash and size, RECORD itself without."""
    lines = [_line(path, folder) for path in sorted([*(folder / package).iterdir(), *info.iterdir()])]
    lines.append(f"{(info / 'RECORD').relative_to(folder).as_posix()},,")
    (info / "RECORD").write_text("\n".join(lines) + "\n")


def _line(path: Path, folder: Path) -> str:
    content = path.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{path.relative_to(folder).as_posix()},sha256={digest},{len(content)}"


if __name__ == "__main__":
    install(Path(sys.argv[1]))
