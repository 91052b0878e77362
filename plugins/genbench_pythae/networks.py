"""The neutral networks behind pythae's interfaces, for those who compare objectives and not networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder

from genbench.backbones import neutral

if TYPE_CHECKING:
    from torch import Tensor

    from genbench import Task

Code = Literal["point", "gaussian", "sphere"]  # what an encoder says of z
SPREADS = {"point": None, "gaussian": "log_covariance", "sphere": "log_concentration"}


class Encoder(BaseEncoder):  # type: ignore[misc]
    """Maps x [n, *shape] to an embedding [n, latent] and how wide it is: [n, latent], [n, 1] or nothing."""

    def __init__(self, task: Task, latent: int, code: Code) -> None:
        super().__init__()
        self.latent_dim, self.spread = latent, SPREADS[code]
        outputs = latent + {"point": 0, "gaussian": latent, "sphere": 1}[code]
        self.network = neutral.encoder(task, outputs=outputs, size=neutral.neutral_size(task))

    def forward(self, x: Tensor) -> ModelOutput:
        """Encode."""
        embedding, width = self.network(x).split_with_sizes([self.latent_dim, self._rest], dim=1)
        return ModelOutput(embedding=embedding, **({} if self.spread is None else {self.spread: width}))

    @property
    def _rest(self) -> int:
        return {None: 0, "log_covariance": self.latent_dim, "log_concentration": 1}[self.spread]


class Decoder(BaseDecoder):  # type: ignore[misc]
    """Maps z [n, latent] to pixels [n, *shape] in [0, 1]."""

    def __init__(self, task: Task, latent: int) -> None:
        super().__init__()
        self.network = neutral.decoder(task, inputs=latent, size=neutral.neutral_size(task))

    def forward(self, z: Tensor) -> ModelOutput:
        """Decode."""
        return ModelOutput(reconstruction=torch.sigmoid(self.network(z)))
