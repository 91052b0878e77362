"""One adapter for the whole family: what differs between two of its models is data."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pythae.models
import torch
from pythae.samplers import NormalSampler
from pythae.trainers import BaseTrainer, CoupledOptimizerTrainer

from genbench import Task, hookimpl
from genbench_pythae.feed import Loader, Spent
from genbench_pythae.networks import Code, Decoder, Encoder
from genbench_pythae.options import Shared, options_of
from genbench_pythae.papers import AUTO_ENCODING, Paper
from genbench_pythae.samplers import fit_mixture, hold_mixture, make_sampler, mixture_sampler
from genbench_pythae.trainers import make_trainer

if TYPE_CHECKING:
    from pythae.models import BaseAE
    from torch import Tensor

    from genbench.batches import Batches

for _name in [name for name in logging.root.manager.loggerDict if name.startswith("pythae")]:
    logging.getLogger(_name).setLevel(logging.WARNING)  # each of its modules prints to the console by itself


@dataclass(frozen=True, eq=False)
class Adapter:
    """A model of pythae's as a plugin: its marked methods are the hooks.

    Args:
        name: of the library's class, as `IWAE`.
        paper: whose idea it is.
        config: the name of its configuration's class, where that is not the model's and `Config`.
        code: what its encoder says of a code.
        trainer: the library's trainer that its documentation asks for.
        sampler: the library's sampler; None where a mixture is fitted to the codes.
        is_of_errors: whether squared errors are the only reconstruction loss with which it trains on grey values.
        is_mixed: whether it trains under autocast; what draws from tables of dtypes or inverts matrices does not.
    """

    name: str
    paper: Paper = AUTO_ENCODING
    config: str = ""
    code: Code = "gaussian"
    trainer: type[Any] = BaseTrainer
    sampler: type[Any] | None = NormalSampler
    is_of_errors: bool = False
    is_mixed: bool = True
    Options: type[Shared] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "Options", options_of(self._configuration))

    @hookimpl
    def build(self, task: Task, options: Shared) -> BaseAE:
        """Make the library's model with its own networks, or with the neutral ones.

        Raises:
            ValueError: the library's model cannot be trained with such a reconstruction loss.
        """
        if self.is_of_errors and getattr(options, "reconstruction_loss", "mse") != "mse":
            reason = "reads grey values as bits, and what its decoder puts out as logits: use 'mse'"
            raise ValueError(f"reconstruction_loss 'bce': pythae's {self.name} {reason}")
        given = options.model_dump(exclude={"latent", "learning_rate", "networks", "batch_size"})
        config = self._configuration(input_dim=task.shape, latent_dim=options.latent, **given)
        networks = {}
        if options.networks == "neutral":
            networks = {
                "encoder": Encoder(task, options.latent, self.code),
                "decoder": Decoder(task, options.latent),
            }
        model = getattr(pythae.models, self.name)(config, **networks)
        if self.sampler is None:
            hold_mixture(model, options.latent)
        model.trial = (task, options)
        model.device = task.device
        return model.to(task.device)

    @hookimpl
    def train(self, model: BaseAE, batches: Batches) -> None:
        """Let the library's trainer train, until its loader ends."""
        task, options = model.trial
        fit = None if self.sampler is not None else partial(fit_mixture, model)
        loader = Loader(batches, task.examples, task.batch_size, fit)
        decay = getattr(options, "reg_weight", 0.0) if self.trainer is CoupledOptimizerTrainer else 0.0
        task = task if self.is_mixed else replace(task, precision="fp32")
        trainer = make_trainer(self.trainer, model, loader, task, options.learning_rate, decay)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=UserWarning, module="pythae")  # of its own use of torch
            try:
                trainer.train()
            except Spent:
                return
            except ArithmeticError:  # how it says that a loss is not a number, which the curve says too
                if next(batches, None) is not None:
                    raise

    @hookimpl
    def sample(self, model: BaseAE, count: int) -> Tensor:
        """Draw with the library's sampler."""
        device = model.trial[0].device
        sampler = make_sampler(self.sampler, model, device) if self.sampler else mixture_sampler(model, device)
        drawn: Tensor = sampler.sample(num_samples=count)
        return drawn.reshape(count, *model.trial[0].shape).to(torch.float32)

    @hookimpl
    def options(self) -> type[Shared]:
        """Return what can be set."""
        return self.Options

    @hookimpl
    def kinds(self) -> tuple[str, ...]:
        """Images alone: the library's decoders end in a sigmoid."""
        return ("image",)

    @hookimpl
    def card(self) -> dict[str, Any]:
        """Return who is to be cited, and what a sample is."""
        drawn = "a mixture fitted to codes" if self.sampler is None else self.sampler.__name__
        return {
            "paper": str(self.paper),
            "bibtex": self.paper.bibtex,
            "sampling": f"decoder mean, codes by {drawn}",
            "library": f"pythae {metadata.version('pythae')}",
            "licence": "Apache-2.0",
        }

    @property
    def _configuration(self) -> type[Any]:
        found: type[Any] = getattr(pythae.models, self.config or f"{self.name}Config")
        return found
