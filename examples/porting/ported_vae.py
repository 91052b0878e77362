"""`lit_vae.py` as a plugin: its module, and Lightning's trainer, which owns the loop; `batches` is its data loader."""

import math

import lightning
import torch

from genbench import hookimpl
from lit_vae import LitVAE

QUIET = {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False, "enable_model_summary": False}


class Budget(lightning.Callback):
    """The loader, of one epoch that is the budget; sized, or Lightning would fetch a batch ahead."""

    def __init__(self, batches):
        self.batches = batches

    def __len__(self):
        return 10**9

    def __iter__(self):
        return ((x, None) for x in self.batches)

    def on_train_start(self, trainer, pl_module):
        self.batches.keep(adam=trainer.optimizers[0])

    def on_train_batch_end(self, trainer, pl_module, outputs, batch, batch_idx):
        self.batches.log(loss=outputs["loss"])


@hookimpl
def build(task):
    model = LitVAE(size=math.prod(task.shape)).to(task.device)
    model.shape = task.shape
    return model


@hookimpl
def train(model, batches):
    budget = Budget(batches)
    where = {"accelerator": model.device.type, "devices": 1 if model.device.index is None else [model.device.index]}
    lightning.Trainer(max_epochs=1, gradient_clip_val=100.0, callbacks=[budget], **where, **QUIET).fit(model, budget)


@hookimpl
def sample(model, count):
    return model(torch.randn(count, model.hparams.latent, device=model.device)).unflatten(1, model.shape)
