"""What ran where: the machine, the versions, and of the environment only the settings that change numbers."""

from __future__ import annotations

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import torch

from genbench import __version__
from genbench.arithmetic import found, settle
from genbench.device import best_device
from genbench.engines.family import TOKEN
from genbench.errors import UsageError
from genbench.machine import cache_folder
from genbench.record import Environment
from genbench.source import source_hash

if TYPE_CHECKING:
    from collections.abc import MutableSequence

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "pluggy", "pydantic", "pandas")
PREFIXES = ("CUDA_", "OMP_", "MKL_", "NCCL_", "TORCH_", "ATEN_", "OPENBLAS_", "CUBLAS_", "GENBENCH_", "MALLOC_")
SECRET = ("TOKEN", "KEY", "SECRET", "PASSWORD")


def survey(payload: str, beat: MutableSequence[int]) -> str:
    """Describe this machine for a device, "auto" for the best there is.

    Raises:
        UsageError: there is no such device.
    """
    device = best_device() if payload == "auto" else payload
    device = _checked(device)
    kind = torch.device(device)
    known = found(_cpu_name(), cache_folder()) if kind.type == "cpu" else None
    settle(kind, known.precision if known else "highest")
    measured = {"torch.matmul_error": f"{known.error:.1e}"} if known else {}
    here = environment(device)
    return here.model_copy(update={"settings": here.settings | measured}).model_dump_json()


def environment(device: str) -> Environment:
    """Describe this machine and this process as far as they decide numbers."""
    return Environment(
        genbench=__version__,
        code=source_hash(),
        python=platform.python_version(),
        platform=platform.platform(),
        cpu=_cpu_name(),
        cores=psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        memory_bytes=psutil.virtual_memory().total,
        device=device,
        device_name=torch.cuda.get_device_name(device) if device.startswith("cuda") else _cpu_name(),
        device_count=torch.cuda.device_count() if device.startswith("cuda") else 0,
        driver=_driver() if device.startswith("cuda") else None,
        packages={name: metadata.version(name) for name in PACKAGES},
        settings=_variables() | _torch_flags(),
        commit=_commit(),
    )


def _checked(device: str) -> str:
    kind, _, index = device.partition(":")
    if kind == "cuda" and int(index or 0) >= torch.cuda.device_count():
        raise UsageError(f"no device '{device}': torch sees {torch.cuda.device_count()} CUDA devices; use --device cpu")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise UsageError("no device 'mps': torch has no MPS here; use --device cpu")
    return "cuda:0" if device == "cuda" else device


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    names = [x for x in info.read_text().splitlines() if x.startswith("model name")] if info.exists() else []
    return names[0].partition(":")[2].strip() if names else platform.processor()


def _driver() -> str | None:
    import pynvml  # only where there is a GPU

    try:
        pynvml.nvmlInit()
        return str(pynvml.nvmlSystemGetDriverVersion())
    except pynvml.NVMLError:
        return None


def _variables() -> dict[str, str]:
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(PREFIXES) and name != TOKEN and not any(word in name.upper() for word in SECRET)
    }


def _torch_flags() -> dict[str, str]:
    return {
        "torch.threads": str(torch.get_num_threads()),
        "torch.matmul_precision": torch.get_float32_matmul_precision(),
        "torch.cudnn.allow_tf32": str(torch.backends.cudnn.allow_tf32),
        "torch.cpu_capability": torch.backends.cpu.get_cpu_capability(),
    }


def _commit() -> str | None:
    """Return the commit of the checkout that genbench runs from, marked where it has changes."""
    folder = Path(__file__).parents[1]
    if not (folder / ".git").exists():
        return None
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
