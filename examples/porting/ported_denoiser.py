"""`small_denoiser.py` as a plugin: its network, its noise, its loop; the learning rate falls along the budget."""

import math

import torch

from genbench import hookimpl
from small_denoiser import Denoiser, NoiseScheduler, TrainingConfig, generate, train_loop


class Ported(Denoiser):
    def __init__(self, task):
        super().__init__(size=math.prod(task.shape))
        self.task = task

    def forward(self, sample, timesteps):
        with torch.autocast(self.task.device.type, torch.bfloat16, enabled=self.task.precision == "bf16"):
            return super().forward(sample, timesteps).float()


@hookimpl
def build(task):
    return Ported(task).to(task.device)


@hookimpl
def train(model, batches):
    config = TrainingConfig(num_epochs=1, cpu=model.task.device.type == "cpu")
    adam = torch.optim.AdamW(model.parameters(), lr=config.learning_rate)
    cosine = torch.optim.lr_scheduler.LambdaLR(adam, lambda step: (1 + math.cos(math.pi * batches.fraction)) / 2)
    batches.keep(adam=adam, cosine=cosine)
    loader = ({"images": 2 * x - 1} for x in batches)  # in [-1, 1], as the script has them
    train_loop(config, model, NoiseScheduler(), adam, loader, cosine)


@hookimpl
def sample(model, count):
    return generate(model, NoiseScheduler(), (count, *model.task.shape), model.task.device) / 2 + 0.5
