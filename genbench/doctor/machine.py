"""The machine and its Python: versions, devices, cores, folders."""

from __future__ import annotations

import os
import platform
import re
import shutil
import tempfile
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from genbench.doctor.finding import Finding, fail, ok, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

LITTLE_SPACE = 2 * 10**9  # bytes; below, a run with many marks on images may not fit
REQUIREMENT = re.compile(r"([\w.-]+)\s*([^;]*)(;.*)?")
BOUND = re.compile(r"(>=|<)\s*([\d.]+)")


def versions() -> Iterator[Finding]:
    """Compare Python and the packages that genbench needs with the ranges that it states."""
    yield _version("python", platform.python_version(), metadata.metadata("genbench")["Requires-Python"])
    for requirement in metadata.requires("genbench") or ():
        matched = REQUIREMENT.fullmatch(requirement)
        if matched is not None and "extra" not in (matched[3] or ""):
            yield _package(matched[1], matched[2])


def devices() -> Iterator[Finding]:
    """Multiply small matrices of integers on every device, where the result is exact at any precision."""
    import torch

    yield _device("cpu", platform.processor() or platform.machine())
    for index in range(torch.cuda.device_count()):
        yield _device(f"cuda:{index}", torch.cuda.get_device_name(index))
    if torch.backends.mps.is_available():
        yield _device("mps", platform.machine())


def cores() -> Finding:
    """Tell how many trials can run side by side."""
    from genbench.machine import cores

    return ok("cores", f"{cores()} of {os.cpu_count()} may be used, one trial on each")


def folders(cache: Path) -> Iterator[Finding]:
    """Write to the cache and to the working folder, and see how much room they have."""
    yield _folder("cache", cache, "set GENBENCH_CACHE to a folder that can be written")
    yield _folder("results", Path.cwd(), "start genbench elsewhere or give --output")


def _package(name: str, wanted: str) -> Finding:
    try:
        return _version(name, metadata.version(name), wanted)
    except metadata.PackageNotFoundError:
        return fail(name, f"not installed, expected {wanted}", f"pip install '{name}{wanted}'")


def _version(name: str, found: str, wanted: str) -> Finding:
    """Compare `3.12.1` with `>=3.11,<3.15`; a newer one than stated may still work."""
    for sign, bound in BOUND.findall(wanted):
        if sign == ">=" and _numbers(found) < _numbers(bound):
            return fail(name, f"{found}, expected {wanted}", f"install {name} {wanted}")
        if sign == "<" and _numbers(found) >= _numbers(bound):
            return warn(name, f"{found} is newer than what is tested ({wanted})")
    return ok(name, found)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _device(device: str, name: str) -> Finding:
    import torch

    whole = torch.arange(64 * 64).reshape(64, 64) % 7
    try:
        found = (whole.to(device, torch.float32) @ whole.to(device, torch.float32)).cpu()
    except (RuntimeError, AssertionError) as error:  # old drivers, no memory left, no kernels, torch without CUDA
        return fail(
            device, f"{name}: {str(error).splitlines()[0]}", "check the driver and torch's build, or --device cpu"
        )
    if not torch.equal(found, (whole @ whole).to(torch.float32)):
        return fail(device, f"{name}: a product of small integers came out wrong", "do not trust this device")
    return ok(device, f"{name}, multiplies exactly")


def _folder(topic: str, folder: Path, advice: str) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"genbench")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return fail(topic, f"{folder} cannot be written: {error.strerror}", advice)
    found = f"{folder} can be written, {free / 1e9:.1f} GB free"
    return ok(topic, found) if free > LITTLE_SPACE else warn(topic, found, advice)
