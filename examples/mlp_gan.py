"""A generative adversarial network of two perceptrons: a whole plugin (Goodfellow et al., 2014, arXiv 1406.2661)."""

import math

import torch
from torch import nn
from torch.nn.functional import softplus

from genbench import hookimpl

LATENT, WIDTH = 32, 256


class Gan(nn.Module):
    def __init__(self, task):
        super().__init__()
        self.task, size = task, math.prod(task.shape)
        range_ = nn.Sigmoid() if task.kind == "image" else nn.Identity()
        self.generator = nn.Sequential(*hidden(LATENT), nn.Linear(WIDTH, size), range_, nn.Unflatten(1, task.shape))
        self.discriminator = nn.Sequential(nn.Flatten(), *hidden(size), nn.Linear(WIDTH, 1))

    def fakes(self, count):
        return self.generator(torch.randn(count, LATENT, device=self.task.device))


def hidden(inputs):
    return nn.Linear(inputs, WIDTH), nn.LeakyReLU(0.2), nn.Linear(WIDTH, WIDTH), nn.LeakyReLU(0.2)


@hookimpl
def kinds():
    return ("image", "points")


@hookimpl
def build(task):
    return Gan(task).to(task.device)


@hookimpl
def train(model, batches):
    adam_d = torch.optim.Adam(model.discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    adam_g = torch.optim.Adam(model.generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    batches.keep(adam_d=adam_d, adam_g=adam_g)
    for real in batches:
        fake = model.fakes(len(real)).detach()
        loss_d = softplus(-model.discriminator(real)).mean() + softplus(model.discriminator(fake)).mean()
        adam_d.zero_grad()
        loss_d.backward()
        adam_d.step()
        loss_g = softplus(-model.discriminator(model.fakes(len(real)))).mean()
        adam_g.zero_grad()
        loss_g.backward(inputs=list(model.generator.parameters()))
        adam_g.step()
        batches.log(loss_d=loss_d, loss_g=loss_g)


@hookimpl
def sample(model, count):
    return model.fakes(count)
