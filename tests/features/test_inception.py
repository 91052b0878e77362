"""Inception with narrow stand-in weights, which run the code that the published file runs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from torch import nn

from genbench.errors import UsageError
from genbench.features import inception, inception_network, inception_tf, resize
from genbench.features.inception_layout import Unit, base_of, shapes

ROWS = 3


class Second(nn.Module):
    """The network a second time, of modules that make their own names, padding and order of joining.

    A letter is a convolution's name in the file; `wide` and `tall` kernels are 1 x k and k x 1.
    """

    def __init__(self, base: int) -> None:
        super().__init__()
        self.share = base / 32
        self.units = nn.ModuleDict()

    def conv(self, x, name, channels, kernel, stride=1, padding=0):
        key = name.replace(".", "/")
        if key not in self.units:
            convolution = nn.Conv2d(x.shape[1], int(channels * self.share), kernel, stride, padding, bias=False)
            self.units[key] = nn.Sequential(
                convolution, nn.BatchNorm2d(int(channels * self.share), eps=0.001), nn.ReLU()
            )
            self.units[key].load_state_dict(
                {f"0.{end}": self.state[f"{name}.conv.{end}"] for end in ("weight",)}
                | {
                    f"1.{end}": self.state[f"{name}.bn.{end}"]
                    for end in ("weight", "bias", "running_mean", "running_var")
                }
                | {"1.num_batches_tracked": torch.tensor(0)}
            )
            self.units[key].eval().double()
        return self.units[key](x)

    def forward(self, x, state):
        self.state = state
        conv = self.conv
        x = conv(x, "Conv2d_1a_3x3", 32, 3, 2)
        x = conv(x, "Conv2d_2a_3x3", 32, 3)
        x = nn.MaxPool2d(3, 2)(conv(x, "Conv2d_2b_3x3", 64, 3, 1, 1))
        x = conv(x, "Conv2d_3b_1x1", 80, 1)
        x = nn.MaxPool2d(3, 2)(conv(x, "Conv2d_4a_3x3", 192, 3))
        for letter, pooled in zip("bcd", (32, 64, 64), strict=True):
            x = self.fine(x, f"Mixed_5{letter}.", pooled)
        x = self.first_reduction(x, "Mixed_6a.")
        for letter, inner in zip("bcde", (128, 160, 160, 192), strict=True):
            x = self.middle(x, f"Mixed_6{letter}.", inner)
        x = self.second_reduction(x, "Mixed_7a.")
        x = self.coarse(x, "Mixed_7b.", averaged)
        return self.coarse(x, "Mixed_7c.", nn.MaxPool2d(3, 1, 1)).flatten(2).mean(-1)

    def fine(self, x, at, pooled):
        five = self.conv(self.conv(x, f"{at}branch5x5_1", 48, 1), f"{at}branch5x5_2", 64, 5, 1, 2)
        three = self.conv(self.conv(x, f"{at}branch3x3dbl_1", 64, 1), f"{at}branch3x3dbl_2", 96, 3, 1, 1)
        three = self.conv(three, f"{at}branch3x3dbl_3", 96, 3, 1, 1)
        pool = self.conv(averaged(x), f"{at}branch_pool", pooled, 1)
        return torch.cat([self.conv(x, f"{at}branch1x1", 64, 1), five, three, pool], 1)

    def first_reduction(self, x, at):
        three = self.conv(self.conv(x, f"{at}branch3x3dbl_1", 64, 1), f"{at}branch3x3dbl_2", 96, 3, 1, 1)
        three = self.conv(three, f"{at}branch3x3dbl_3", 96, 3, 2)
        return torch.cat([self.conv(x, f"{at}branch3x3", 384, 3, 2), three, nn.MaxPool2d(3, 2)(x)], 1)

    def middle(self, x, at, inner):
        wide, tall = {"kernel": (1, 7), "padding": (0, 3)}, {"kernel": (7, 1), "padding": (3, 0)}
        seven = self.conv(x, f"{at}branch7x7_1", inner, 1)
        seven = self.conv(self.conv(seven, f"{at}branch7x7_2", inner, **wide), f"{at}branch7x7_3", 192, **tall)
        double = self.conv(x, f"{at}branch7x7dbl_1", inner, 1)
        double = self.conv(
            self.conv(double, f"{at}branch7x7dbl_2", inner, **tall), f"{at}branch7x7dbl_3", inner, **wide
        )
        double = self.conv(self.conv(double, f"{at}branch7x7dbl_4", inner, **tall), f"{at}branch7x7dbl_5", 192, **wide)
        pool = self.conv(averaged(x), f"{at}branch_pool", 192, 1)
        return torch.cat([self.conv(x, f"{at}branch1x1", 192, 1), seven, double, pool], 1)

    def second_reduction(self, x, at):
        three = self.conv(self.conv(x, f"{at}branch3x3_1", 192, 1), f"{at}branch3x3_2", 320, 3, 2)
        seven = self.conv(self.conv(x, f"{at}branch7x7x3_1", 192, 1), f"{at}branch7x7x3_2", 192, (1, 7), 1, (0, 3))
        seven = self.conv(seven, f"{at}branch7x7x3_3", 192, (7, 1), 1, (3, 0))
        return torch.cat([three, self.conv(seven, f"{at}branch7x7x3_4", 192, 3, 2), nn.MaxPool2d(3, 2)(x)], 1)

    def coarse(self, x, at, pooling):
        joined = [self.conv(x, f"{at}branch1x1", 320, 1)]
        single = self.conv(x, f"{at}branch3x3_1", 384, 1)
        double = self.conv(self.conv(x, f"{at}branch3x3dbl_1", 448, 1), f"{at}branch3x3dbl_2", 384, 3, 1, 1)
        for inner, name in ((single, "branch3x3_2"), (double, "branch3x3dbl_3")):
            joined.append(self.conv(inner, f"{at}{name}a", 384, (1, 3), 1, (0, 1)))
            joined.append(self.conv(inner, f"{at}{name}b", 384, (3, 1), 1, (1, 0)))
        return torch.cat([*joined, self.conv(pooling(x), f"{at}branch_pool", 192, 1)], 1)


def averaged(x):
    """Sum 3 x 3 windows and divide by how many of their pixels exist."""
    kernel = torch.ones(x.shape[1], 1, 3, 3, dtype=x.dtype)
    total = nn.functional.conv2d(x, kernel, padding=1, groups=x.shape[1])
    return total / nn.functional.conv2d(torch.ones_like(x), kernel, padding=1, groups=x.shape[1])


def images(count: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, channels, 16, 20), dtype=np.uint8)


@pytest.fixture(scope="module")
def spaces(inception_file):
    return {
        name: inception.load(inception_file, "cpu", name=name, resize=resize)
        for name, resize in (("inception", "antialiased"), ("inception_tf", "as_tensorflow"))
    }


@pytest.fixture(scope="module")
def found(spaces):
    return {name: space(images(ROWS)) for name, space in spaces.items()}


@pytest.fixture
def data(make_images):
    return make_images(shape=(3, 6, 6)).ref


@pytest.mark.parametrize("name", ["inception", "inception_tf"])
def test_features_agree_with_a_second_implementation(found, spaces, inception_state, name):
    """Kills: averages that count the rim of zeros; an average in the last block; its maximum in the one before; 1e-5
    added to variances; a padded 2a or 4a; two branches swapped; wide and tall kernels swapped; (x - 127.5) / 127.5.
    """
    x = getattr(resize, spaces[name].resize)(torch.from_numpy(images(ROWS)), 299)
    with torch.inference_mode():
        second = Second(2)((x.double() - 128) / 128, inception_state).numpy()
    assert (second.std(axis=0) > 0).mean() > 0.5
    np.testing.assert_allclose(found[name], second, rtol=1e-3, atol=1e-4 * second.std())


def test_the_published_layout(inception_state):
    """Kills: a block or a branch left out; channels of another version; 1000 classes."""
    whole = shapes()
    assert len(whole) == 94 * 5 + 2
    assert whole["Conv2d_1a_3x3.conv.weight"] == (32, 3, 3, 3)
    assert whole["Mixed_5b.branch5x5_2.conv.weight"] == (64, 48, 5, 5)
    assert whole["Mixed_6a.branch3x3.conv.weight"] == (384, 288, 3, 3)
    assert whole["Mixed_6c.branch7x7dbl_5.conv.weight"] == (192, 160, 1, 7)
    assert whole["Mixed_7a.branch3x3_2.bn.running_var"] == (320,)
    assert whole["Mixed_7b.branch3x3dbl_1.conv.weight"] == (448, 1280, 1, 1)
    assert whole["fc.weight"] == (1008, 2048)
    assert shapes(2).keys() == whole.keys() == inception_state.keys()


@pytest.mark.parametrize(("base", "read"), [(2, 2), (16, 16), (32, 32), (3, 32), (64, 32)])
def test_the_width_is_read_from_the_first_unit(base, read):
    assert base_of({"Conv2d_1a_3x3.conv.weight": (base, 3, 3, 3)}) == read
    assert base_of({}) == base_of({"Conv2d_1a_3x3.conv.weight": ()}) == 32


@pytest.mark.parametrize(
    ("unit", "shape"),
    [
        (Unit("u", 4, 3, 3), (5, 7)),
        (Unit("u", 4, 3, 3, is_padded=False), (5, 7)),
        (Unit("u", 4, 3, 3, stride=2), (5, 7)),
        (Unit("u", 4, 1, 7), (5, 7)),
        (Unit("u", 4, 7, 1), (7, 5)),
    ],
)
def test_a_unit_is_a_convolution_a_normalisation_and_a_rectifier(unit, shape):
    """Kills: padding that is not half the kernel; a strided unit that is padded; 1e-5 added to the variance."""
    generator = np.random.default_rng(0)
    x, kernel = generator.normal(size=(2, *shape)), generator.normal(size=(4, 2, unit.height, unit.width))
    scale, shift, mean, variance = generator.normal(size=(4, 4)) ** 2 / 10
    is_padded = unit.is_padded and unit.stride == 1
    rim = (unit.height // 2, unit.width // 2) if is_padded else (0, 0)
    padded = np.pad(x, ((0, 0), (rim[0],) * 2, (rim[1],) * 2))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (unit.height, unit.width), axis=(1, 2))
    y = np.einsum("chwij,dcij->dhw", windows[:, :: unit.stride, :: unit.stride], kernel)
    y = (y - mean[:, None, None]) / np.sqrt(variance + 0.001)[:, None, None] * scale[:, None, None]
    arrays = {"conv.weight": kernel, "bn.weight": scale, "bn.bias": shift, "bn.running_mean": mean}
    weights = {f"u.{key}": torch.from_numpy(value) for key, value in (arrays | {"bn.running_var": variance}).items()}
    found = inception_network._unit(unit, weights, torch.from_numpy(x)[None])[0].numpy()
    np.testing.assert_allclose(found, np.maximum(y + shift[:, None, None], 0), rtol=1e-10, atol=1e-12)


def test_an_average_is_over_the_pixels_that_exist():
    """Kills: division by nine at the rim."""
    x = torch.arange(1.0, 7.0).reshape(1, 1, 2, 3)
    assert inception_network._pooled("average", x).flatten().tolist() == [3, 3.5, 4, 3, 3.5, 4]
    assert inception_network._pooled("largest", x).flatten().tolist() == [5, 6, 6, 5, 6, 6]


def test_grey_images_are_three_times_their_channel(spaces, found):
    """Kills: grey images in the red channel alone."""
    grey = images(1, channels=1)
    whole = spaces["inception_tf"](grey)
    np.testing.assert_array_equal(whole, spaces["inception_tf"](np.repeat(grey, 3, axis=1)))


def test_the_two_spaces_differ_in_their_features_and_their_hash(spaces, found):
    """Kills: one way of resizing for both; a hash of the weights alone."""
    assert spaces["inception"].hash != spaces["inception_tf"].hash
    assert np.abs(found["inception"] - found["inception_tf"]).max() > 0.01 * found["inception"].std()
    assert {space.dimension for space in spaces.values()} == {128}


def test_a_row_has_the_same_features_in_any_company(spaces, found):
    """Kills: a batch that is as long as the rows."""
    np.testing.assert_array_equal(spaces["inception"](images(ROWS)[2:]), found["inception"][2:])


def test_logits_have_no_bias(spaces, found, inception_state):
    """Kills: the bias, which inception scores leave out."""
    space = spaces["inception"]
    second = found["inception"].astype(np.float64) @ inception_state["fc.weight"].double().numpy().T
    np.testing.assert_allclose(space.scores(found["inception"]), second, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(space.logits(images(ROWS)), space.scores(found["inception"]))


def test_the_modules_keep_the_contract(data, inception_file):
    for module, name in ((inception, "inception"), (inception_tf, "inception_tf")):
        made = module.extractor(data, inception_file, "cpu")
        assert (made.name, made.device) == (name, "cpu")


@pytest.mark.parametrize("module", [inception, inception_tf])
def test_without_a_file_it_says_which_one_to_get(data, module, tmp_path):
    with pytest.raises(UsageError, match=r"pt_inception-2015-12-05-6726825d\.pth.*--features-weights inception=FILE"):
        module.check(data, None)
    with pytest.raises(UsageError, match="found no file there"):
        module.check(data, tmp_path / "nothing.pth")


def test_data_that_it_cannot_read_are_refused(data, make_points, inception_file):
    with pytest.raises(UsageError, match="images of 2 channels in 'shades', expected 1 or 3"):
        inception.check(data.model_copy(update={"shape": (2, 6, 6)}), inception_file)
    with pytest.raises(UsageError, match="got points data 'cloud', expected images"):
        inception_tf.check(make_points().ref, inception_file)


def test_torchvisions_own_weights_are_refused(inception_state, tmp_path):
    """Kills: features of another network of the same name."""
    other = inception_state | {"fc.weight": torch.zeros(1000, 128), "AuxLogits.fc.bias": torch.zeros(1000)}
    torch.save(other, tmp_path / "inception_v3_google.pth")
    with pytest.raises(UsageError) as caught:
        inception.load(tmp_path / "inception_v3_google.pth", "cpu", name="inception", resize="antialiased")
    assert "fc.weight is [1000, 128], not [1008, 128]; AuxLogits.fc.bias has no place in it" in str(caught.value)


def test_counters_of_training_are_overlooked(inception_state, tmp_path, spaces):
    torch.save(inception_state | {"Conv2d_1a_3x3.bn.num_batches_tracked": torch.tensor(0)}, tmp_path / "a.pth")
    made = inception.load(tmp_path / "a.pth", "cpu", name="inception", resize="antialiased")
    assert made.hash == spaces["inception"].hash


def test_neither_torch_nor_torchvision_comes_with_the_modules():
    """Kills: an import at the top that every command would pay for."""
    code = (
        "import sys; from genbench.features import dinov2, inception, inception_tf, seeded\n"
        "assert not {'torch', 'torchvision'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
