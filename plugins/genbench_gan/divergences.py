"""The f-divergences' output functions and conjugates (Nowozin, Cseke & Tomioka, 2016, arXiv 1606.00709, tables 1, 2).

D_f(P||Q) = int q f(p/q) = max over V of E_P g_f(V) - E_Q f*(g_f(V)); the best V has g_f(V) = f'(p/q). Compositions are
in the form that does not overflow where f* of a rounded g_f would.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch.nn.functional import softplus

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

NEWTON = 8  # steps, of which 5 reach float64's last digits for t in [-1e6, 80]


class Divergence(NamedTuple):
    """What the game needs of f."""

    output: Callable[[Tensor], Tensor]  # g_f: from any v into the domain of f*
    conjugate: Callable[[Tensor], Tensor]  # v -> f*(g_f(v))


def jeffrey_conjugate(t: Tensor) -> Tensor:
    """Return f*(t) = w + 1/w + t - 2 with w = W(e^(1 - t)), Lambert's: the root of w + log w = 1 - t.

    Newton in y = log w, from above, where it cannot pass the root; only the last step is differentiated, which is the
    derivative of the root itself.
    """
    right = 1 - t
    with torch.no_grad():
        y = torch.where(right > 1, right.clamp(min=1).log(), right)
        for _ in range(NEWTON):
            y = y - (y.exp() + y - right) / (y.exp() + 1)
    y = y - (y.exp() + y - right) / (y.exp() + 1)
    return y.exp() + (-y).exp() + t - 2


DIVERGENCES = {
    "kl": Divergence(lambda v: v, lambda v: (v - 1).exp()),
    "reverse_kl": Divergence(lambda v: -(-v).exp(), lambda v: v - 1),
    "pearson": Divergence(lambda v: v, lambda v: v.square() / 4 + v),
    "neyman": Divergence(lambda v: 1 - (-v).exp(), lambda v: 2 - 2 * (-v / 2).exp()),
    "squared_hellinger": Divergence(lambda v: 1 - (-v).exp(), lambda v: v.exp() - 1),
    "jeffrey": Divergence(lambda v: v, jeffrey_conjugate),
    "js": Divergence(lambda v: math.log(2) - softplus(-v), lambda v: softplus(v) - math.log(2)),
    "gan": Divergence(lambda v: -softplus(-v), softplus),
    "tv": Divergence(lambda v: v.tanh() / 2, lambda v: v.tanh() / 2),
}
