"""Tables: numbers around their mean, categories by their probabilities."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from genbench_vae.likelihoods.gaussian import LOG_VARIANCE_FLOOR, log_normal

START = -2.0  # log variance of numbers


class Mixed(nn.Module):
    """Independent columns given z: normal numbers, each of its own learned variance, and categories by their logits.

    As L. Xu, M. Skoularidou, A. Cuesta-Infante, K. Veeramachaneni, 2019, arXiv 1907.00503, section 4.4 (TVAE), with
    plain numbers in the place of their normalisation by modes.
    """

    measure = "density"  # times the probability of the categories
    numbers: Tensor

    def __init__(self, network: nn.Module, schema: dict[str, Any]) -> None:
        super().__init__()
        self.network = network
        columns = schema["columns"]
        numbers = [column["start"] for column in columns if column["kind"] != "category"]
        self.categories = [slice(each["start"], each["stop"]) for each in columns if each["kind"] == "category"]
        self.register_buffer("numbers", torch.tensor(numbers, dtype=torch.int64), persistent=False)
        self.log_variance = nn.Parameter(torch.full((len(numbers),), START))

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Return log p(x|z) [n] of encoded rows [n, width]."""
        outputs = self.network(z).float()
        numbers = log_normal(x[:, self.numbers], outputs[:, self.numbers], self._bounded())
        categories = [(x[:, span] * outputs[:, span].log_softmax(1)).sum(1) for span in self.categories]
        return torch.stack([numbers, *categories]).sum(0)

    def mean(self, z: Tensor) -> Tensor:
        """Return E[x|z]: numbers, and the categories' probabilities."""
        outputs = self.network(z).float()
        return self._put(outputs, outputs[:, self.numbers], [outputs[:, span].softmax(1) for span in self.categories])

    def draw(self, z: Tensor) -> Tensor:
        """Return a draw of x given z."""
        means = self.mean(z)
        numbers = means[:, self.numbers]
        noise = torch.exp(self._bounded() / 2) * torch.randn_like(numbers)
        chosen = [_one_of(means[:, span]) for span in self.categories]
        return self._put(means, numbers + noise, chosen)

    def _put(self, like: Tensor, numbers: Tensor, categories: list[Tensor]) -> Tensor:
        rows = torch.empty_like(like)
        rows[:, self.numbers] = numbers
        for span, values in zip(self.categories, categories, strict=True):
            rows[:, span] = values
        return rows

    def _bounded(self) -> Tensor:
        return self.log_variance.clamp(min=LOG_VARIANCE_FLOOR)


def _one_of(probabilities: Tensor) -> Tensor:
    """Return a category drawn for each row, one-hot [n, categories]."""
    drawn = torch.multinomial(probabilities, 1).squeeze(1)
    return one_hot(drawn, probabilities.shape[1]).float()
