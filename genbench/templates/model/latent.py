"""my_model: a latent-variable model. An encoder guesses the code of a row, a decoder the row of a code.

Trained by the evidence lower bound: rows are to be likely given their codes, codes to look like draws of N(0, 1)
(Kingma and Welling, 2014, arXiv 1312.6114; the deviation of rows as in Rybkin et al., 2021, arXiv 2006.13202).
"""

import math

import torch
from pydantic import BaseModel, Field
from torch import nn
from torch.nn import functional  #: tokens

from genbench import hookimpl


class Options(BaseModel):
    """`--set my_model.latent=16` changes one, `genbench tune` searches the ranges."""

    latent: int = Field(8, ge=1, le=512, description="coordinates of a code")
    width: int = Field(256, ge=8, le=4096, description="of both networks")
    learning_rate: float = Field(1e-3, gt=0, le=1, description="of Adam")


class Model(nn.Module):
    """Holds every network, each as a direct child: so its updates are counted and its weights saved."""

    def __init__(self, task, options):
        super().__init__()
        self.options, self.device = options, task.device
        size, latent, width = math.prod(task.shape), options.latent, options.width
        self.classes = task.classes  # of tokens, the size of the vocabulary  #: tokens
        size = size * task.classes  # tokens are seen one-hot, and predicted by their log-odds  #: tokens
        self.encoder = nn.Sequential(nn.Flatten(), nn.Linear(size, width), nn.SiLU(), nn.Linear(width, 2 * latent))
        self.decoder = nn.Sequential(
            nn.Linear(latent, width),
            nn.SiLU(),
            nn.Linear(width, size),
            nn.Sigmoid(),  # images are in [0, 1]  #: image
            nn.Tanh(),  # waves are in [-1, 1]  #: wave
            nn.Unflatten(1, task.shape),  #: image points wave
            nn.Unflatten(1, (*task.shape, task.classes)),  #: tokens
        )
        self.register_buffer("deviation", torch.ones(()))  # of rows around what the decoder says  #: points


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
    adam = torch.optim.Adam(model.parameters(), lr=model.options.learning_rate)
    batches.keep(adam=adam)  # so that a killed trial goes on where it stood
    for x in batches:  # ends by itself when the budget is spent
        mean, log_variance = model.encoder(x).chunk(2, dim=1)  #: image points wave
        one_hot = functional.one_hot(x, model.classes).float()  # [n, t, k]  #: tokens
        mean, log_variance = model.encoder(one_hot).chunk(2, dim=1)  #: tokens
        codes = mean + torch.randn_like(mean) * (log_variance / 2).exp()  # a draw that gradients pass through
        told = model.decoder(codes)
        error = (told - x).square().mean()  #: image points wave
        surprise = x[0].numel() / 2 * error.log()  # -log p(x | code), at the best deviation  #: image points wave
        surprise = functional.cross_entropy(told.flatten(0, 1), x.flatten()) * x.shape[1]  #: tokens
        kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean() / 2
        adam.zero_grad()
        (surprise + kl).backward()
        adam.step()
        model.deviation.lerp_(error.detach().sqrt(), 0.01)  #: points
        batches.log(loss=surprise + kl, kl=kl)  # curves, copied without waiting for the device


@hookimpl
def sample(model, count):
    codes = torch.randn(count, model.options.latent, device=model.device)
    return model.decoder(codes)  #: image wave
    means = model.decoder(codes)  #: points
    return means + model.deviation * torch.randn_like(means)  #: points
    return torch.distributions.Categorical(logits=model.decoder(codes)).sample()  #: tokens
