"""DINOv2 with small stand-in weights, against modules of torch's own and positions by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from genbench.errors import UsageError
from genbench.features import dinov2, dinov2_network, resize

ROWS, WIDTH = 3, 128


def images(count: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, channels, 16, 20), dtype=np.uint8)


def cubic(distance: float) -> float:
    """Return R. Keys's kernel (1981) with a = -0.75, as torch has it."""
    a, x = -0.75, abs(distance)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def stretching(trained: int, grid: int) -> np.ndarray:
    """Return the matrix [grid, trained] that interpolates one axis, each place stretched by a tenth of a patch."""
    matrix = np.zeros((grid, trained))
    for new in range(grid):
        place = (new + 0.5) * trained / (grid + 0.1) - 0.5
        for old in range(math.floor(place) - 1, math.floor(place) + 3):
            matrix[new, min(max(old, 0), trained - 1)] += cubic(place - old)
    return matrix


def positions(table: np.ndarray, grid: int) -> np.ndarray:
    trained = math.isqrt(table.shape[1] - 1)
    matrix = stretching(trained, grid)
    plane = table[0, 1:].reshape(trained, trained, -1)
    return np.concatenate([table[0, :1], np.einsum("ia,jb,abc->ijc", matrix, matrix, plane).reshape(grid * grid, -1)])


def second(state: dict[str, torch.Tensor], rows: np.ndarray, *, is_gated: bool = False) -> np.ndarray:
    """Return class tokens by torch's own attention and layers, in float64."""
    state = {name: array.double() for name, array in state.items()}
    x = resize.antialiased(torch.from_numpy(rows), 224).double() / 255
    for channel, (mean, deviation) in enumerate(((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))):
        x[:, channel] = (x[:, channel] - mean) / deviation
    patches = nn.functional.unfold(x, 14, stride=14).mT @ state["patch_embed.proj.weight"].flatten(1).T
    patches = patches + state["patch_embed.proj.bias"]
    x = torch.cat([state["cls_token"].repeat(len(rows), 1, 1), patches], dim=1)
    x = x + torch.from_numpy(positions(state["pos_embed"].numpy(), 16))
    for number in range(2):
        x = block(state, f"blocks.{number}.", x, is_gated=is_gated)
    return normal(state, "norm", x[:, 0]).detach().numpy()


def block(state, at, x, *, is_gated):
    attention = nn.MultiheadAttention(WIDTH, WIDTH // 64, batch_first=True, dtype=torch.float64)
    renamed = {"in_proj_weight": "qkv.weight", "in_proj_bias": "qkv.bias"}
    renamed |= {"out_proj.weight": "proj.weight", "out_proj.bias": "proj.bias"}
    attention.load_state_dict({own: state[f"{at}attn.{theirs}"] for own, theirs in renamed.items()})
    y = normal(state, f"{at}norm1", x)
    x = x + state[f"{at}ls1.gamma"] * attention(y, y, y, need_weights=False)[0]
    y = normal(state, f"{at}norm2", x)
    if is_gated:
        gate, y = (y @ state[f"{at}mlp.w12.weight"].T + state[f"{at}mlp.w12.bias"]).split(344, dim=-1)
        y = (gate * torch.sigmoid(gate) * y) @ state[f"{at}mlp.w3.weight"].T + state[f"{at}mlp.w3.bias"]
    else:
        y = nn.GELU()(y @ state[f"{at}mlp.fc1.weight"].T + state[f"{at}mlp.fc1.bias"])
        y = y @ state[f"{at}mlp.fc2.weight"].T + state[f"{at}mlp.fc2.bias"]
    return x + state[f"{at}ls2.gamma"] * y


def normal(state, name, x):
    centred = x - x.mean(-1, keepdim=True)
    return (
        centred / (centred.square().mean(-1, keepdim=True) + 1e-6).sqrt() * state[f"{name}.weight"]
        + state[f"{name}.bias"]
    )


def gated(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return the state with SwiGLU in place of each perceptron, 344 numbers wide as the largest size's rule says."""
    generator = torch.Generator().manual_seed(1)
    kept = {name: array for name, array in state.items() if ".mlp." not in name}
    shapes = {"w12.weight": (688, WIDTH), "w12.bias": (688,), "w3.weight": (WIDTH, 344), "w3.bias": (WIDTH,)}
    drawn = {
        f"blocks.{number}.mlp.{name}": torch.randn(shape, generator=generator) / 10
        for number in range(2)
        for name, shape in shapes.items()
    }
    return kept | drawn


@pytest.fixture(scope="module")
def space(dinov2_file):
    return dinov2.load(dinov2_file, "cpu")


def test_features_agree_with_a_second_implementation(space, dinov2_state):
    """Kills: heads split in another order; no layer scale; GELU by tanh; 1e-5 added to variances; mean and deviation of
    0.5; positions without the tenth of a patch; the mean of the patches for the class token; no last normalisation.
    """
    found = space(images(ROWS))
    np.testing.assert_allclose(found, second(dinov2_state, images(ROWS)), rtol=2e-5, atol=2e-5)
    assert found.std(axis=0).max() > 1e-3


def test_the_largest_sizes_gates_agree_too(dinov2_state, tmp_path):
    """Kills: gate and value swapped; another hidden width."""
    torch.save(gated(dinov2_state), tmp_path / "g.pth")
    found = dinov2.load(tmp_path / "g.pth", "cpu")(images(ROWS))
    np.testing.assert_allclose(found, second(gated(dinov2_state), images(ROWS), is_gated=True), rtol=2e-5, atol=2e-5)


def test_a_grid_of_the_same_size_is_taken_as_it_is():
    table = torch.rand(1, 1 + 16 * 16, 8)
    assert torch.equal(dinov2_network._positions(table, 16), table)


@pytest.mark.parametrize(("width", "depth", "hidden"), [(384, 12, 1536), (768, 12, 3072), (1024, 24, 4096)])
def test_the_published_sizes_are_told_by_their_shapes(width, depth, hidden):
    like = {"cls_token": (1, 1, width)} | {f"blocks.{number}.norm1.weight": (width,) for number in range(depth)}
    shapes = dinov2_network.shapes(like)
    assert len(shapes) == 6 + 14 * depth
    assert shapes["pos_embed"] == (1, 1370, width)
    assert shapes["patch_embed.proj.weight"] == (width, 3, 14, 14)
    assert shapes[f"blocks.{depth - 1}.mlp.fc1.weight"] == (hidden, width)
    assert shapes["blocks.0.attn.qkv.weight"] == (3 * width, width)


def test_the_largest_has_gates_of_4096():
    shapes = dinov2_network.shapes({"cls_token": (1, 1, 1536), "blocks.0.mlp.w12.weight": (8192, 1536)})
    assert shapes["blocks.0.mlp.w12.weight"] == (8192, 1536)
    assert shapes["blocks.0.mlp.w3.weight"] == (1536, 4096)


def test_it_keeps_the_contract(make_images, dinov2_file, space):
    made = dinov2.extractor(make_images(shape=(3, 6, 6)).ref, dinov2_file, "cpu")
    assert (made.name, made.dimension, made.hash) == ("dinov2", WIDTH, space.hash)
    np.testing.assert_array_equal(made(images(2, channels=1)), space(np.repeat(images(2, channels=1), 3, axis=1)))


def test_a_row_has_the_same_features_in_any_company(space):
    """Kills: a batch that is as long as the rows."""
    np.testing.assert_array_equal(space(images(ROWS)[2:]), space(images(ROWS))[2:])


def test_another_resize_on_request(space):
    """Kills: a resize that is fixed, with which published answers cannot be compared."""
    assert not np.array_equal(space(images(1)), space(images(1), resize="as_tensorflow"))


def test_files_that_will_not_do(make_images, dinov2_state, tmp_path):
    with pytest.raises(UsageError, match=r"dinov2_vitl14_pretrain\.pth.*--features-weights dinov2=FILE"):
        dinov2.check(make_images().ref, None)
    torch.save(dinov2_state | {"register_tokens": torch.zeros(1, 4, WIDTH)}, tmp_path / "reg.pth")
    with pytest.raises(UsageError, match="register_tokens has no place in it"):
        dinov2.load(tmp_path / "reg.pth", "cpu")
    torch.save({"cls_token": torch.tensor(1.0), "pos_embed": torch.zeros(0)}, tmp_path / "odd.pth")
    with pytest.raises(UsageError, match=r"cls_token is \[\], not \[1, 1, 1024\]"):
        dinov2.load(tmp_path / "odd.pth", "cpu")
    like = {"cls_token": (1, 1, 96), "blocks.0.norm1.weight": (96,)}
    torch.save({name: torch.zeros(shape) for name, shape in dinov2_network.shapes(like).items()}, tmp_path / "96.pth")
    with pytest.raises(UsageError, match="tokens of 96 numbers, which 64 does not divide"):
        dinov2.load(tmp_path / "96.pth", "cpu")
