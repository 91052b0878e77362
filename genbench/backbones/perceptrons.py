"""Fully connected layers."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

SLOPE = 0.2  # below zero, of the encoders' leaky rectifiers (Radford, Metz and Chintala, 2016, arXiv 1511.06434)


def perceptron(*widths: int, activation: nn.Module) -> list[nn.Module]:
    """Return linear layers from each width to the next, each with the activation behind it."""
    layers = [nn.Linear(before, after) for before, after in pairwise(widths)]
    return [module for layer in layers for module in (layer, activation)]
