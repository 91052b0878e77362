"""The contract of a metric that comes as a plugin: one Python module with one function, `score`.

Register the module in the entry-point group `genbench.metrics` under the metric's name,

    [project.entry-points."genbench.metrics"]
    topological = "genbench_topological.metric"

and let it hold:

- `score(real, fake, rng) -> float | Score`: compare two sets of features, float [n, d] and [m, d]. It takes, by name,
  only the arguments that it wants; all chance comes from `rng`. Raise ValueError for rows that cannot be compared.
- `BETTER`: "lower" (the default) or "higher".

It runs where `--metrics` names it, in every feature space, at the end of a training.
"""

from __future__ import annotations

import inspect
from typing import Any, Literal

import numpy as np

from genbench import plugins
from genbench.errors import ContractError, HookError
from genbench.metrics.catalogue import GROUP
from genbench.metrics.score import Score


def foreign(name: str, real: Any, fake: Any, rng: np.random.Generator) -> Score:
    """Return what a third party's metric says.

    Raises:
        ValueError: the metric says that the rows cannot be compared.
        PluginError: its module cannot be imported, breaks the contract or raises another error.
    """
    loaded = plugins.load(plugins.find(name, GROUP))
    function, culprit = getattr(loaded.module, "score", None), loaded.plugin.culprit
    if not callable(function):
        raise ContractError(f"{loaded.plugin.module} has no function `score`", culprit=culprit)
    given = {"real": real, "fake": fake, "rng": rng}
    wanted = {key: value for key, value in given.items() if key in inspect.signature(function).parameters}
    try:
        found = function(**wanted)
    except ValueError:
        raise
    except Exception as error:
        raise HookError(f"{type(error).__name__}: {error}", culprit=culprit, hook="score") from error
    if isinstance(found, Score):
        return found
    if isinstance(found, bool) or not isinstance(found, int | float | np.floating):
        raise ContractError(f"got {type(found).__name__}, expected a float or a Score", culprit=culprit, hook="score")
    return Score(value=float(found))


def direction(name: str) -> Literal["lower", "higher"]:
    """Return which way a third party's metric is better.

    Raises:
        PluginError: its module cannot be imported.
    """
    module = plugins.load(plugins.find(name, GROUP)).module
    return "higher" if getattr(module, "BETTER", "lower") == "higher" else "lower"
