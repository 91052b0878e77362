"""Is this machine fit for a run? One finding a check, with what to do; nothing is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench.doctor import answers, imports, installed, machine
from genbench.doctor.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["Finding", "examine"]


def examine(root: Path | None, cache: Path, files: Mapping[str, Path], device: str) -> Iterator[Finding]:
    """Yield findings as they are made.

    Args:
        root: the data root, None where there is none.
        cache: where prepared data, features and notes of verified weights are kept.
        files: the user's weights by feature space, to be compared with published numbers.
        device: where to do so.
    """
    yield from machine.versions()
    yield from machine.devices()
    yield machine.cores()
    yield from machine.folders(cache)
    yield from installed.data_sets(root)
    yield from installed.plugin_groups()
    yield from imports.models()
    yield installed.weights()
    for name, path in files.items():
        yield from answers.compare(name, path, root=root, cache=cache, device=device)
