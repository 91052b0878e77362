"""my_model: two networks against each other. A generator makes rows of noise, a critic tells them from real ones.

Trained by the non-saturating loss (Goodfellow et al., 2014, arXiv 1406.2661).
"""

import math

import torch
from pydantic import BaseModel, Field
from torch import nn
from torch.nn import functional

from genbench import hookimpl


class Options(BaseModel):
    """`--set my_model.noise=16` changes one, `genbench tune` searches the ranges."""

    noise: int = Field(32, ge=1, le=512, description="coordinates of the noise")
    width: int = Field(256, ge=8, le=4096, description="of both networks")
    learning_rate: float = Field(5e-4, gt=0, le=1, description="of both Adams")


class Model(nn.Module):
    """Holds both networks, each as a direct child: so their updates are counted apart and their weights saved."""

    def __init__(self, task, options):
        super().__init__()
        self.options, self.device = options, task.device
        size, noise, width = math.prod(task.shape), options.noise, options.width
        self.classes = task.classes  # of tokens, the size of the vocabulary  #: tokens
        size = size * task.classes  # tokens are one-hot to both networks  #: tokens
        self.generator = nn.Sequential(
            nn.Linear(noise, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, width),
            nn.LeakyReLU(0.2),
            nn.Linear(width, size),
            nn.Sigmoid(),  # images are in [0, 1]  #: image
            nn.Tanh(),  # waves are in [-1, 1]  #: wave
            nn.Unflatten(1, task.shape),  #: image points wave
            nn.Unflatten(1, (*task.shape, task.classes)),  #: tokens
        )
        self.critic = nn.Sequential(nn.Flatten(), nn.Linear(size, width), nn.LeakyReLU(0.2), nn.Linear(width, 1))

    def fakes(self, count):
        noise = torch.randn(count, self.options.noise, device=self.device)
        return self.generator(noise)  #: image points wave
        return functional.gumbel_softmax(self.generator(noise), hard=True)  # gradients pass through it  #: tokens


@hookimpl
def options():
    return Options


@hookimpl
def kinds():
    return ("image",)  #: image
    return ("points",)  #: points
    return ("wave",)  #: wave
    return ("tokens",)  #: tokens


@hookimpl
def build(task, options):
    return Model(task, options).to(task.device)  # no data here: whatever is learnt comes from `batches`


@hookimpl
def train(model, batches):
    made, judged = model.generator.parameters(), model.critic.parameters()
    adam_g = torch.optim.Adam(made, lr=model.options.learning_rate, betas=(0.5, 0.999))
    adam_c = torch.optim.Adam(judged, lr=model.options.learning_rate, betas=(0.5, 0.999))
    batches.keep(adam_g=adam_g, adam_c=adam_c)  # so that a killed trial goes on where it stood
    for x in batches:  # ends by itself when the budget is spent; a critic of several steps would take several
        fake = model.fakes(len(x)).detach()
        x = functional.one_hot(x, model.classes).float()  # [n, t, k], as fakes are  #: tokens
        loss_c = (functional.softplus(-model.critic(x)) + functional.softplus(model.critic(fake))).mean()
        adam_c.zero_grad()
        loss_c.backward()
        adam_c.step()
        loss_g = functional.softplus(-model.critic(model.fakes(len(x)))).mean()
        adam_g.zero_grad()
        loss_g.backward(inputs=list(model.generator.parameters()))  # the critic's gradients are not needed
        adam_g.step()
        batches.log(loss_critic=loss_c, loss_generator=loss_g)  # curves, copied without waiting for the device


@hookimpl
def sample(model, count):
    return model.fakes(count)  #: image points wave
    return model.fakes(count).argmax(dim=-1)  #: tokens
