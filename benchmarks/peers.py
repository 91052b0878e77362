"""The peers that the measures are timed against, as functions of two feature arrays; none is needed by genbench.

All raise ImportError where the peer is not installed: `make bench` puts them into .bench/venv.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import sys
import types
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FOLDERS = [str(each) for each in Path(__file__).parents[1].glob(".bench/venv/lib/python3*/site-packages")]
TORCHVISION = (
    "torchvision", "torchvision.datasets", "torchvision.models", "torchvision.models.inception",
    "torchvision.transforms", "torchvision.transforms.functional",
)  # fmt: skip


def prdc(real: NDArray[Any], fake: NDArray[Any], k: int = 5) -> dict[str, float]:
    """The package of Naeem et al.; it prints."""
    package = importlib.import_module("prdc")
    with contextlib.redirect_stdout(io.StringIO()):
        return package.compute_prdc(real, fake, k)


def torch_fidelity(module: str) -> types.ModuleType:
    """Return one metric module of torch-fidelity."""
    return _beside_stand_ins(f"torch_fidelity.{module}")


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
    module = _beside_stand_ins("pytorch_fid.fid_score")
    (mean, covariance), (mean_of_fake, covariance_of_fake) = (
        (rows.mean(axis=0), np.cov(rows, rowvar=False)) for rows in (real, fake)
    )
    with warnings.catch_warnings():  # of how it calls scipy
        warnings.simplefilter("ignore")
        return float(module.calculate_frechet_distance(mean, covariance, mean_of_fake, covariance_of_fake))


def fid_by_eigenvalues(real: NDArray[Any], fake: NDArray[Any]) -> float:
    """torch-fidelity's route."""
    import torch

    module = torch_fidelity("metric_fid")
    sides = [module.fid_features_to_statistics(torch.from_numpy(rows)) for rows in (fake, real)]
    return module.fid_statistics_to_metric(*sides, verbose=False)[module.KEY_METRIC_FID]


def _beside_stand_ins(name: str) -> Any:
    """Import a peer's module, which without torchvision imports only beside a stand-in for it."""
    with _findable(FOLDERS), _stand_ins(*TORCHVISION):
        return importlib.import_module(name)


@contextlib.contextmanager
def _findable(folders: list[str]) -> Iterator[None]:
    before = list(sys.path)
    sys.path += [each for each in folders if each not in before]
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
