"""A stand for hooks that are installed nowhere."""

from __future__ import annotations

import pytest
import torch

from genbench import hookimpl
from genbench.plugins import Plugin, ValidPlugin
from genbench.signatures import HOOKS
from genbench.testing.stand import Stand


@pytest.fixture
def stand(tmp_path):
    """Give a function that puts an object's hooks on a stand, on one kind of task."""

    def put(hooks: object, place: str = "points") -> Stand:
        found = [name for name in HOOKS if hasattr(hooks, name)]
        for name in found:
            hookimpl(getattr(type(hooks), name))
        valid = ValidPlugin(Plugin("toy", "toy_model", "toys 1.0"), hooks, tuple(found))
        return Stand(valid, place, device=torch.device("cpu"), folder=tmp_path)

    return put
