"""pythae's four trainers, fed from a stream that ends, silent, and without a file."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
from pythae.trainers import (
    AdversarialTrainer,
    AdversarialTrainerConfig,
    BaseTrainer,
    BaseTrainerConfig,
    CoupledOptimizerAdversarialTrainer,
    CoupledOptimizerAdversarialTrainerConfig,
    CoupledOptimizerTrainer,
    CoupledOptimizerTrainerConfig,
)
from pythae.trainers.training_callbacks import CallbackHandler, TrainingCallback

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pythae.models import BaseAE

    from genbench import Task
    from genbench_pythae.feed import Loader

CONFIGS = {
    BaseTrainer: BaseTrainerConfig,
    CoupledOptimizerTrainer: CoupledOptimizerTrainerConfig,
    AdversarialTrainer: AdversarialTrainerConfig,
    CoupledOptimizerAdversarialTrainer: CoupledOptimizerAdversarialTrainerConfig,
}
ENDLESS = 10**9  # epochs: the stream says when it is over


class Fed:
    """Put before one of pythae's trainers, it takes its rows from a `Loader` and its epochs' number too."""

    train_loader: Loader
    callbacks: Any
    model: BaseAE

    def get_train_dataloader(self, train_dataset: Loader) -> Loader:
        """Return the loader itself, which pythae takes for its data set."""
        return train_dataset

    def prepare_training(self) -> None:
        """Make the optimisers, then say what a killed training needs to go on."""
        super().prepare_training()  # type: ignore[misc]
        optimisers = {name: each for name, each in vars(self).items() if isinstance(each, torch.optim.Optimizer)}
        self.train_loader.batches.keep(loader=self.train_loader, **optimisers)

    def train_step(self, epoch: int) -> Any:
        """Train for an epoch; which one a training that goes on does not count from one."""
        return super().train_step(self.train_loader.epoch)  # type: ignore[misc]

    def _optimizers_step(self, model_output: Any) -> None:
        self.train_loader.batches.log(loss=model_output.loss)
        super()._optimizers_step(model_output)  # type: ignore[misc]

    def _run_model_sanity_check(self, model: BaseAE, loader: Loader) -> None:
        """Take no hand-out for a trial run."""

    def _set_inputs_to_device(self, inputs: Any) -> Any:
        return inputs  # rows are on the device

    def _set_output_dir(self) -> None:
        self.training_dir = ""  # nothing is saved: the harness takes photographs

    def _setup_callbacks(self) -> None:
        self.callback_handler = CallbackHandler(callbacks=[TrainingCallback()], model=self.model)  # no progress bar


FED = {each: type(f"Fed{each.__name__}", (Fed, each), {}) for each in CONFIGS}


@contextmanager
def untouched_environment() -> Iterator[None]:
    """Put back the variables by which pythae tells processes of each other, whatever happens."""
    before = {name: os.environ.get(name) for name in ("MASTER_ADDR", "MASTER_PORT")}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def make_trainer(base: type[Any], model: BaseAE, loader: Loader, task: Task, rate: float, decay: float) -> Any:
    """Return pythae's trainer for a model, seeded from torch, which the harness has seeded.

    Args:
        base: one of pythae's four trainers.
        model: that it is to train.
        loader: from where it takes its rows.
        task: says the device and the precision.
        rate: learning rate of every optimiser.
        decay: weight decay of the decoder's optimiser, where there is one.
    """
    names = [name for name in CONFIGS[base].__dataclass_fields__ if name.endswith("learning_rate")]
    settings: dict[str, Any] = dict.fromkeys(names, rate)
    if decay:
        settings["decoder_optimizer_params"] = {"weight_decay": decay}
    with untouched_environment():
        config = CONFIGS[base](
            num_epochs=ENDLESS,
            per_device_train_batch_size=task.batch_size,
            no_cuda=task.device.type != "cuda",
            seed=int(torch.randint(2**31, ())),
            world_size=1,
            rank=0,
            local_rank=0,
            **settings,
        )
    trainer = FED[base](model=model, train_dataset=loader, training_config=config)
    is_mixed = task.precision == "bf16" and base is BaseTrainer
    is_mixed = is_mixed and getattr(model.model_config, "reconstruction_loss", "mse") != "bce"
    trainer.amp_context = torch.autocast(task.device.type, torch.bfloat16) if is_mixed else nullcontext()
    return trainer
