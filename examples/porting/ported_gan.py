"""`plain_gan.py` as a plugin: its networks, its optimisers, its loop."""

import torch
from torch import nn

import plain_gan
from genbench import hookimpl

ARGS = plain_gan.get_parser().parse_args(["--log-interval", "100000"])  # its own defaults, and fewer lines of log


class Gan(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.task = task
        self.generator = plain_gan.Generator(ARGS.latent_dim, task.shape)
        self.discriminator = plain_gan.Discriminator(task.shape)


@hookimpl
def build(task):
    return Gan(task).to(task.device)


@hookimpl
def train(model, batches):
    adam_g, adam_d = plain_gan.make_optimizers(ARGS, model.generator, model.discriminator)
    batches.keep(adam_g=adam_g, adam_d=adam_d)
    loader = ((2 * x - 1, None) for x in batches)  # pairs in [-1, 1], as the script has them
    plain_gan.train(ARGS, model.generator, model.discriminator, model.task.device, loader, adam_g, adam_d, epoch=0)


@hookimpl
def sample(model, count):
    return model.generator(torch.randn(count, ARGS.latent_dim, device=model.task.device)) / 2 + 0.5
