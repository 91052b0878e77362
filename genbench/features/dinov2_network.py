"""The vision transformer of DINOv2 as a function of its arrays, from which its size is read.

References:
    M. Oquab, T. Darcet, T. Moutakanni, H. Vo, M. Szafraniec and others, DINOv2: Learning Robust Visual Features without
    Supervision, 2023, arXiv 2304.07193: the weights, layer scales, SwiGLU in the largest.
    A. Dosovitskiy and others, An Image is Worth 16x16 Words, 2020, arXiv 2010.11929, equations 1 to 4.
    G. Stein and others, Exposing flaws of generative model evaluation metrics and their unfair treatment of diffusion
    models, 2023, arXiv 2306.04675: this space agrees with people best.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from genbench.features.resize import WHITE, antialiased, coloured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Weights = Mapping[str, torch.Tensor]
    Shape = tuple[int, ...]

SIDE = 224
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colours, by which it was trained
HEAD = 64  # numbers of a token that one head looks at, in every published size
EPSILON = 1e-6  # added to variances
OFFSET = 0.1  # of a patch, by which the published code stretches positions; features of the weights depend on it


def shapes(found: Mapping[str, Shape]) -> dict[str, Shape]:
    """Return the shape of every array of a network of the width, depth, patch and grid that `found` has."""
    width = _side(found, "cls_token", 2, 1024)
    patch = _side(found, "patch_embed.proj.weight", 3, 14)
    trained = math.isqrt(max(_side(found, "pos_embed", 1, 1370) - 1, 1))
    depth = len({name.split(".")[1] for name in found if name.startswith("blocks.")}) or 1
    result: dict[str, Shape] = {
        "cls_token": (1, 1, width),
        "pos_embed": (1, 1 + trained**2, width),
        "patch_embed.proj.weight": (width, 3, patch, patch),
        "patch_embed.proj.bias": (width,),
    }
    for block in range(depth):
        result |= {f"blocks.{block}.{name}": shape for name, shape in _block_shapes(width, _is_gated(found)).items()}
    return result | {"norm.weight": (width,), "norm.bias": (width,)}


def features(
    weights: Weights, images: torch.Tensor, resize: Callable[[torch.Tensor, int], torch.Tensor] = antialiased
) -> torch.Tensor:
    """Return the class token after the last normalisation, [n, width], of images uint8 [n, 1 or 3, h, w]."""
    x = _embedded(weights, _coloured_as_trained(coloured(resize(images, SIDE))))
    block = 0
    while f"blocks.{block}.norm1.weight" in weights:
        x = x + _attended(weights, f"blocks.{block}.", x)
        x = x + _mixed(weights, f"blocks.{block}.", x)
        block += 1
    return _normalised(weights, "norm", x)[:, 0]


def _side(found: Mapping[str, Shape], name: str, axis: int, usual: int) -> int:
    shape = found.get(name, ())
    return shape[axis] if axis < len(shape) else usual


def _is_gated(found: Mapping[str, Shape]) -> bool:
    return "blocks.0.mlp.w12.weight" in found


def _block_shapes(width: int, is_gated: bool) -> dict[str, Shape]:
    hidden = (int(4 * width * 2 / 3) + 7) // 8 * 8 if is_gated else 4 * width
    first, second, rows = ("w12", "w3", 2 * hidden) if is_gated else ("fc1", "fc2", hidden)
    vectors = ("norm1.weight", "norm1.bias", "attn.proj.bias", "ls1.gamma", "norm2.weight", "norm2.bias", "ls2.gamma")
    return dict.fromkeys(vectors, (width,)) | {
        "attn.qkv.weight": (3 * width, width),
        "attn.qkv.bias": (3 * width,),
        "attn.proj.weight": (width, width),
        f"mlp.{first}.weight": (rows, width),
        f"mlp.{first}.bias": (rows,),
        f"mlp.{second}.weight": (width, hidden),
        f"mlp.{second}.bias": (width,),
    }


def _coloured_as_trained(x: torch.Tensor) -> torch.Tensor:
    mean, deviation = (torch.tensor(each, dtype=x.dtype, device=x.device)[:, None, None] for each in (MEAN, DEVIATION))
    return (x / WHITE - mean) / deviation


def _embedded(weights: Weights, x: torch.Tensor) -> torch.Tensor:
    """Return tokens [n, 1 + patches, width]: the class token, then the patches row by row, each with its position."""
    patch = weights["patch_embed.proj.weight"].shape[-1]
    x = functional.conv2d(x, weights["patch_embed.proj.weight"], weights["patch_embed.proj.bias"], stride=patch)
    x = torch.cat([weights["cls_token"].expand(len(x), -1, -1), x.flatten(2).mT], dim=1)
    return x + _positions(weights["pos_embed"], SIDE // patch)


def _positions(table: torch.Tensor, grid: int) -> torch.Tensor:
    """Return positions [1, 1 + grid^2, width], interpolated from the grid of the training where that was another."""
    trained = math.isqrt(table.shape[1] - 1)
    if trained == grid:
        return table
    plane = table[:, 1:].mT.reshape(1, -1, trained, trained)
    scale = (grid + OFFSET) / trained
    plane = functional.interpolate(plane, scale_factor=(scale, scale), mode="bicubic")
    return torch.cat([table[:, :1], plane.flatten(2).mT], dim=1)


def _attended(weights: Weights, block: str, x: torch.Tensor) -> torch.Tensor:
    """Return what a block's attention adds to the tokens [n, tokens, width]."""
    x = _linear(weights, f"{block}attn.qkv", _normalised(weights, f"{block}norm1", x))
    query, key, value = x.reshape(*x.shape[:2], 3, -1, HEAD).permute(2, 0, 3, 1, 4)  # each [n, heads, tokens, 64]
    x = functional.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
    return _linear(weights, f"{block}attn.proj", x) * weights[f"{block}ls1.gamma"]


def _mixed(weights: Weights, block: str, x: torch.Tensor) -> torch.Tensor:
    """Return what a block's perceptron adds to the tokens."""
    x = _normalised(weights, f"{block}norm2", x)
    if f"{block}mlp.w12.weight" in weights:
        gate, x = _linear(weights, f"{block}mlp.w12", x).chunk(2, dim=-1)
        x = _linear(weights, f"{block}mlp.w3", functional.silu(gate) * x)
    else:
        x = _linear(weights, f"{block}mlp.fc2", functional.gelu(_linear(weights, f"{block}mlp.fc1", x)))
    return x * weights[f"{block}ls2.gamma"]


def _linear(weights: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    return functional.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])


def _normalised(weights: Weights, name: str, x: torch.Tensor) -> torch.Tensor:
    scale, shift = weights[f"{name}.weight"], weights[f"{name}.bias"]
    return functional.layer_norm(x, scale.shape, scale, shift, EPSILON)
