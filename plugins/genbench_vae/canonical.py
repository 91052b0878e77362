"""The networks of the family's papers on 28x28 digits: two layers of 200 tanh units each way, 50 latents.

Y. Burda, R. Grosse, R. Salakhutdinov, Importance weighted autoencoders, 2016, arXiv 1509.00519, section 5: weights by
X. Glorot, Y. Bengio, 2010.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import nn

from genbench.backbones.perceptrons import perceptron

if TYPE_CHECKING:
    from genbench import Task

WIDTH, LATENT = 200, 50


def encoder(task: Task, *, outputs: int) -> nn.Sequential:
    """Map x [n, *shape] to [n, outputs]."""
    hidden = perceptron(math.prod(task.shape), WIDTH, WIDTH, activation=nn.Tanh())
    return _initialised(nn.Sequential(nn.Flatten(), *hidden, nn.Linear(WIDTH, outputs)))


def decoder(task: Task, *, inputs: int) -> nn.Sequential:
    """Map z [n, inputs] to [n, *shape], of any range."""
    hidden = perceptron(inputs, WIDTH, WIDTH, activation=nn.Tanh())
    outputs = nn.Linear(WIDTH, math.prod(task.shape))
    return _initialised(nn.Sequential(*hidden, outputs, nn.Unflatten(1, task.shape)))


def _initialised(network: nn.Sequential) -> nn.Sequential:
    for module in network:
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            nn.init.zeros_(module.bias)
    return network
