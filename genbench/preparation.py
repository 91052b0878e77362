"""Prepare a data set in a process of its own: decoding may run a third party's code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import data, features
from genbench.errors import PluginError, UsageError
from genbench.messages import Prepare, Ready
from genbench.record import PROTOCOL_SPACE

if TYPE_CHECKING:
    from collections.abc import MutableSequence


def prepare_data(payload: str, beat: MutableSequence[int]) -> str:
    """Decode, check, split and keep a data set; `Prepare` in, a `Ready` out.

    Raises:
        UsageError: a file is damaged or missing, or the code of a data set or a feature space is at fault.
    """
    asked = Prepare.model_validate_json(payload)
    try:
        return _ready(asked).model_dump_json()
    except PluginError as error:
        raise UsageError(f"{error}; mend that plugin, or leave it out") from error


def _ready(asked: Prepare) -> Ready:
    prepared = data.prepare(asked.name, data_root=asked.data_root, cache=asked.cache)
    if asked.protocol is not None:
        features.choose((PROTOCOL_SPACE,), prepared.ref, asked.weights)
    return Ready(data=prepared, features=features.choose(asked.features, prepared.ref, asked.weights))
