"""What proposes configurations: seeded random points, or optuna's tree of Parzen estimators.

Every proposal depends on nothing but the search's seed, the model, the data set, the number of the configuration and
how often it was drawn, and where the sampler looks at what was tried, on the scores of the lower numbers. So a model
more, or a larger number of trials, changes no other configuration, and a search that is gone on with proposes the same.

References:
    J. Bergstra, Y. Bengio, Random Search for Hyper-Parameter Optimization, JMLR 13, 2012.
    J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl, Algorithms for Hyper-Parameter Optimization, NeurIPS 2011: TPE.
    T. Akiba, S. Sano, T. Yanase, T. Ohta, M. Koyama, Optuna, KDD 2019, arXiv 1907.10902.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from genbench.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from genbench.tuning.asked import Value
    from genbench.tuning.search import Dimension, Search, Space

    Drawn = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Draw:
    """Which configuration is to be proposed."""

    model: str
    data: str
    number: int
    again: int = 0  # how often what was proposed was refused, or known


@dataclass(frozen=True, slots=True)
class Tried:
    """A configuration of which the score is known, as its place among those that are: 0 is the best."""

    options: Mapping[str, Any]
    place: float


class Sampler(Protocol):
    """Proposes options."""

    @property
    def looks_back(self) -> bool:
        """Whether proposals depend on what was tried, so that one configuration follows another."""

    def propose(self, draw: Draw, space: Space, tried: Sequence[Tried]) -> Drawn:
        """Return a value for every dimension of a space."""


@dataclass(frozen=True, slots=True)
class RandomSampler:
    """Independent points, each coordinate from a hash of its own: a dimension more changes no other's value."""

    seed: int
    looks_back = False

    def propose(self, draw: Draw, space: Space, tried: Sequence[Tried]) -> Drawn:
        """Return a random point."""
        return {each.option: each.at(_point(self.seed, draw, each.option)) for each in space.dimensions}


@dataclass(frozen=True, slots=True)
class TpeSampler:
    """Optuna's TPE, asked anew for every configuration with all that is known: it keeps nothing that a kill loses."""

    seed: int
    looks_back = True

    def propose(self, draw: Draw, space: Space, tried: Sequence[Tried]) -> Drawn:
        """Ask a study that was told of every trial."""
        optuna = _optuna()
        distributions = {each.option: _distribution(optuna, each) for each in space.dimensions}
        sampler = optuna.samplers.TPESampler(seed=int(_point(self.seed, draw, "") * 2**32))
        study = optuna.create_study(sampler=sampler)
        for each in tried:
            known = {name: each.options[name] for name in distributions}
            if all(distributions[name]._contains(distributions[name].to_internal_repr(known[name])) for name in known):
                study.add_trial(optuna.create_trial(params=known, distributions=distributions, value=each.place))
        return dict(study.ask(distributions).params)


def sampler_of(search: Search) -> Sampler:
    """Return the sampler that a search names.

    Raises:
        UsageError: it needs optuna, which is not installed.
    """
    if search.sampler == "random":
        return RandomSampler(search.seed)
    _optuna()
    return TpeSampler(search.seed)


def _point(seed: int, draw: Draw, option: str) -> float:
    """Return a number in [0, 1), uniform over whatever it is asked for."""
    asked = json.dumps([seed, draw.model, draw.data, draw.number, draw.again, option])
    return (int.from_bytes(hashlib.sha256(asked.encode()).digest()[:8], "big") >> 11) / 2**53


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise UsageError(
            "sampler 'tpe' needs optuna, which is not installed: pip install 'genbench[optuna]', or "
            "take --sampler random"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _distribution(optuna: Any, dimension: Dimension) -> Any:
    if dimension.choices:
        return optuna.distributions.CategoricalDistribution(dimension.choices)
    low, high = dimension.ends
    kind = "IntDistribution" if dimension.is_whole else "FloatDistribution"
    return getattr(optuna.distributions, kind)(low, high, log=dimension.is_log)
