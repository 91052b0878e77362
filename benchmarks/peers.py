"""The peers that the measures are timed against, as functions of two feature arrays; none is needed by genbench."""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import sys
import types
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FOLDER = os.environ.get("GENBENCH_PEERS")  # where peers may be, from: pip install --no-deps --target

TORCHVISION = ("torchvision", "torchvision.datasets", "torchvision.transforms", "torchvision.transforms.functional")


def prdc(real: NDArray[Any], fake: NDArray[Any], k: int = 5) -> dict[str, float]:
    """The package of Naeem et al.; it prints."""
    package = _imported("prdc")
    with contextlib.redirect_stdout(io.StringIO()):
        return package.compute_prdc(real, fake, k)


def torch_fidelity(module: str) -> types.ModuleType:
    """Return one metric module of torch-fidelity, which without torchvision imports only beside a stand-in for it."""
    _imported("torch")
    with _findable(FOLDER), _stand_ins(*TORCHVISION):
        return _imported(f"torch_fidelity.{module}")


def kid(real: NDArray[Any], fake: NDArray[Any], *, subsets: int = 100, rows: int = 1000) -> float:
    """torch-fidelity's mean over random subsets."""
    import torch

    module = torch_fidelity("metric_kid")
    sides = torch.from_numpy(fake), torch.from_numpy(real)
    found = module.kid_features_to_metric(
        *sides, kid_subsets=subsets, kid_subset_size=rows, kid_kernel="poly", rng_seed=0, verbose=False
    )
    return found[module.KEY_METRIC_KID_MEAN]


def precision_recall(real: NDArray[Any], fake: NDArray[Any], k: int = 5) -> tuple[float, float]:
    """torch-fidelity's; its first argument is the samples, its second the real rows."""
    import torch

    module = torch_fidelity("metric_prc")
    return module.calculate_precision_recall_part(torch.from_numpy(fake), torch.from_numpy(real), neighborhood=k)


def fid_by_root(real: NDArray[Any], fake: NDArray[Any]) -> float:
    """pytorch-fid's route: the matrix square root of the product of both covariances."""
    from scipy.linalg import sqrtm

    means, covariances = zip(*((rows.mean(axis=0), np.cov(rows, rowvar=False)) for rows in (real, fake)), strict=True)
    root = sqrtm(covariances[0] @ covariances[1])
    difference = means[0] - means[1]
    return float(difference @ difference + np.trace(covariances[0] + covariances[1] - 2 * root.real))


def fid_by_eigenvalues(real: NDArray[Any], fake: NDArray[Any]) -> float:
    """torch-fidelity's route."""
    import torch

    module = torch_fidelity("metric_fid")
    sides = [module.fid_features_to_statistics(torch.from_numpy(rows)) for rows in (fake, real)]
    return module.fid_statistics_to_metric(*sides, verbose=False)[module.KEY_METRIC_FID]


def fid_by_torchmetrics(real: NDArray[Any], fake: NDArray[Any]) -> float:
    """The eigenvalues again, from covariances that torchmetrics updates in float64."""
    import torch

    module = _imported("torchmetrics.image.fid")
    sides = []
    for rows in (torch.from_numpy(side).double() for side in (real, fake)):
        mean = rows.mean(dim=0)
        sides += [mean, (rows.T @ rows - len(rows) * mean.outer(mean)) / (len(rows) - 1)]
    return float(module._compute_fid(*sides))


def swd_by_a_loop(real: NDArray[Any], fake: NDArray[Any]) -> float:
    """One projection after another."""
    rng = np.random.default_rng(0)
    squares = []
    for direction in rng.normal(size=(1000, real.shape[1])).astype(np.float32):
        first, second = (np.sort(rows @ (direction / np.linalg.norm(direction))) for rows in (real, fake))
        squares.append(((first - second) ** 2).mean())
    return float(np.sqrt(np.mean(squares)))


def _imported(name: str) -> Any:
    return pytest.importorskip(name, reason=f"the peer {name.partition('.')[0]} is not installed", exc_type=ImportError)


@contextlib.contextmanager
def _findable(folder: str | None) -> Iterator[None]:
    before = list(sys.path)
    sys.path += [folder] if folder else []
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def _stand_ins(*names: str) -> Iterator[None]:
    """Put modules that have any attribute where those names cannot be imported."""
    missing = [] if _has(names[0]) else [name for name in names if name not in sys.modules]
    for name in missing:
        sys.modules[name] = _StandIn(name)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, sys.modules[name])
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def _has(name: str) -> bool:
    try:
        importlib.import_module(name)
    except (ImportError, RuntimeError, AttributeError):
        return False
    return True


class _StandIn(types.ModuleType):
    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})
