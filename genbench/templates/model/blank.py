"""my_model: the smallest thing that works. Put your own in the place of each of the three functions."""

import torch
from torch import nn
from torch.nn import functional  #: tokens

from genbench import hookimpl


class Model(nn.Module):
    """Parameters and buffers are what is saved: samples are drawn from a model built anew and given its state."""

    def __init__(self, task):
        super().__init__()
        # A Gaussian fitted to the batches, coordinate by coordinate.  #: image points wave
        # How often each token stood at each place.  #: tokens
        self.register_buffer("seen", torch.zeros(()))  # rows  #: image points wave
        self.register_buffer("mean", torch.zeros(task.shape))  #: image points wave
        self.register_buffer("square", torch.ones(task.shape))  # the mean of squares  #: image points wave
        self.register_buffer("counts", torch.ones(*task.shape, task.classes))  # [t, k], from one each  #: tokens


@hookimpl
def kinds():
    return ("image",)  #: image
    return ("points",)  #: points
    return ("wave",)  #: wave
    return ("tokens",)  #: tokens


@hookimpl
def build(task):
    return Model(task).to(task.device)  # no data here: whatever is learnt comes from `batches`


@hookimpl
def train(model, batches):
    batches.keep()  # a killed trial goes on where it stood; name your optimisers: keep(adam=adam)
    for x in batches:  # ends by itself when the budget is spent
        model.seen += len(x)  #: image points wave
        model.mean += (x.mean(0) - model.mean) * len(x) / model.seen  #: image points wave
        model.square += (x.square().mean(0) - model.square) * len(x) / model.seen  #: image points wave
        model.counts += functional.one_hot(x, model.counts.shape[1]).sum(0)  #: tokens


@hookimpl
def sample(model, count):
    deviation = (model.square - model.mean.square()).clamp_min(0).sqrt()  #: image points wave
    noise = torch.randn(count, *model.mean.shape, device=model.mean.device)  #: image points wave
    return model.mean + deviation * noise  #: points
    return (model.mean + deviation * noise).clamp(0, 1)  # images are in [0, 1]  #: image
    return (model.mean + deviation * noise).clamp(-1, 1)  # waves are in [-1, 1]  #: wave
    return torch.multinomial(model.counts, count, replacement=True).T  # [count, t]  #: tokens
