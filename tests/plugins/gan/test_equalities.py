"""Models that are `gan` at some value of an option: bit for bit, through training, on every kind."""

from __future__ import annotations

import pytest
import torch

from genbench_gan import dragan, gan, pacgan, r1_gan

KINDS = ["points", "table", "image", "wave"]


@pytest.fixture
def trained(make_batches):
    def train(plugin, task, rows, **options):
        torch.manual_seed(0)
        model = plugin.build(task, plugin.Options(**options))
        torch.manual_seed(1)
        plugin.train(model, make_batches(rows, 6))
        return model.state_dict()

    return train


def _same(first, second) -> bool:
    return list(first) == list(second) and all(torch.equal(value, second[name]) for name, value in first.items())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("plugin", "without", "with_it"),
    [
        (r1_gan, {"gamma": 0}, {"gamma": 1}),
        (dragan, {"penalty": 0}, {"penalty": 10}),
        (pacgan, {"pack": 1}, {"pack": 2}),
    ],
    ids=["r1_gan", "dragan", "pacgan"],
)
def test_without_its_own_part_it_is_the_plain_game(plugin, without, with_it, kind, trained, task_of, rows_of) -> None:
    """Kills: a penalty of weight 0 that draws noise; a pack of 1 that turns or drops rows; other networks or rates."""
    task, rows = task_of(kind), rows_of(task_of(kind))
    plain = trained(gan, task, rows)
    assert _same(plain, trained(plugin, task, rows, **without))
    assert not _same(plain, trained(plugin, task, rows, **with_it))


def test_a_pack_of_one_is_augmented_alike(trained, task_of, rows_of) -> None:
    """Kills: real rows and fakes that draw their changes apart."""
    task, rows, augment = task_of("image"), rows_of(task_of("image")), ("colour", "translation", "cutout")
    assert _same(trained(gan, task, rows, augment=augment), trained(pacgan, task, rows, pack=1, augment=augment))
