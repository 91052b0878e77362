"""pythae under a budget: its own training to the bit, and nothing of it that leaks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

pytest.importorskip("pythae", reason="pythae is not installed: pip install 'genbench[pythae]'")

import pythae.models
from pythae.data.datasets import DatasetOutput
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import CallbackHandler, TrainingCallback

from genbench.batches import Batches
from genbench_pythae import models, samplers
from genbench_pythae.adapter import Adapter
from genbench_pythae.feed import FITS

ADAPTERS = {name: each for name, each in vars(models).items() if isinstance(each, Adapter)}


def _built(adapter, task, **options):
    torch.manual_seed(0)
    return adapter.build(task, adapter.Options(**options)).train()


class Plain(BaseTrainer):
    """The library's trainer on a list of batches; only what asks the console for a bar is left out."""

    def get_train_dataloader(self, train_dataset):
        return train_dataset

    def _setup_callbacks(self) -> None:
        self.callback_handler = CallbackHandler([TrainingCallback()], self.model)


class Rows(list):
    """A list of batches of 64 rows."""

    dataset = range(64)


def test_every_model_that_the_library_exports_is_adapted() -> None:
    """Kills: a model that a release adds, or that was forgotten here."""
    exported = {name for name in pythae.models.__all__ if "Config" not in name}
    assert {each.name for each in ADAPTERS.values()} == exported - {"AutoModel", "BaseAE"}


def test_what_the_library_cannot_train_is_refused_in_time(make_task) -> None:
    """Kills: a choice that is offered, and raises at the first hand-out."""
    with pytest.raises(ValueError, match=r"'bce': pythae's HVAE reads grey values as bits.*use 'mse'"):
        _built(models.hvae, make_task(), reconstruction_loss="bce")
    assert _built(models.hvae, make_task(), reconstruction_loss="mse")
    assert _built(models.rhvae, make_task(), reconstruction_loss="bce")


def test_the_training_is_the_librarys_own(make_task, rows_of, make_stream, tmp_path, monkeypatch) -> None:
    """Kills: an optimiser, a rate, a seed or an order of the adapter's own."""
    monkeypatch.setattr(Plain, "_run_model_sanity_check", lambda *given: None)  # it would draw noise
    task = make_task()
    ours, theirs = _built(models.vae, task), _built(models.vae, task)
    epoch = Rows(DatasetOutput(data=x) for x in Batches(make_stream(rows_of(task), 4)))
    torch.manual_seed(5)
    config = BaseTrainerConfig(
        output_dir=str(tmp_path), num_epochs=1, learning_rate=1e-3, no_cuda=True, seed=int(torch.randint(2**31, ()))
    )
    Plain(theirs, epoch, training_config=config).train()
    torch.manual_seed(5)
    models.vae.train(ours, Batches(make_stream(rows_of(task), 4)))
    for name, value in theirs.state_dict().items():
        assert torch.equal(value, ours.state_dict()[name]), name


def test_epochs_are_as_long_as_a_loaders(make_task, rows_of, make_stream, monkeypatch) -> None:
    """Kills: one endless epoch, in which nothing that a model warms up by epochs ever moves."""
    model, seen, updates = _built(models.disentangled_beta_vae, make_task()), [], []
    forward = model.forward
    monkeypatch.setattr(
        model, "forward", lambda *given, epoch, **rest: seen.append(epoch) or forward(*given, epoch=epoch)
    )
    monkeypatch.setattr(model, "update", lambda: updates.append(len(seen)))
    stream = make_stream(rows_of(make_task()), 10)
    models.disentangled_beta_vae.train(model, Batches(stream))
    assert seen == [1] * 4 + [2] * 4 + [3] * 2
    assert updates == [4, 8]
    assert stream.handed == 10


def test_nothing_leaks(make_task, rows_of, make_stream, tmp_path, monkeypatch, capfd) -> None:
    """Kills: dummy_output_dir, progress bars, a logger of each module, MASTER_ADDR in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("MASTER_ADDR", "MASTER_PORT"):  # the library's own configurations, made by other tests, set them
        monkeypatch.delenv(name, raising=False)
    before = dict(os.environ)
    for name in ("vae", "rae_l2", "factor_vae", "vaegan"):  # the four trainers
        task = make_task()
        model = _built(ADAPTERS[name], task)
        ADAPTERS[name].train(model, Batches(make_stream(rows_of(task), 6)))
        with torch.no_grad():
            ADAPTERS[name].sample(model.eval(), 3)
    assert list(Path().iterdir()) == []
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")


def test_a_loss_that_is_no_number_ends_the_training(make_task, make_stream) -> None:
    """Kills: the library's ArithmeticError, which would be a failed hook and not a divergence."""
    stream = make_stream(torch.full((64, 1, 8, 8), torch.nan), 50)
    models.vae.train(_built(models.vae, make_task()), Batches(stream))
    assert stream.handed == 1
    assert stream.curves.diverged_at == 1


def test_the_mixture_is_fitted_within_the_budget(make_task, rows_of, make_stream, monkeypatch) -> None:
    """Kills: a sampler fitted when samples are asked for, off the clock; one that is never fitted again."""
    import genbench_pythae.adapter as room

    model, stream, fitted = _built(models.ae, make_task()), make_stream(rows_of(make_task()), 40), []
    fit = room.fit_mixture
    monkeypatch.setattr(
        room, "fit_mixture", lambda held, rows: fitted.append((stream.fraction, len(rows))) or fit(held, rows)
    )
    models.ae.train(model, Batches(stream))
    assert [share for share, _ in fitted] == pytest.approx(FITS, abs=1 / 40)
    assert fitted[-1][1] == 38 * 16
    assert float(model.mixture_weights.sum()) == pytest.approx(1)
    assert model.training


def test_samples_are_no_noise(make_task, make_batches) -> None:
    """Kills: a sampler that decodes another model than the one that was trained."""
    pattern = (torch.arange(64).view(1, 8, 8) % 3 == 0).float()
    rows = pattern.repeat(64, 1, 1, 1) * torch.linspace(0.6, 1, 64).view(-1, 1, 1, 1)
    model = _built(models.vae, make_task())
    models.vae.train(model, make_batches(rows, 150))
    with torch.no_grad():
        drawn = models.vae.sample(model.eval(), 64)
    noise = (torch.rand(64, 1, 8, 8) - rows.mean(0)).abs().mean()
    assert (drawn - rows.mean(0)).abs().mean() < noise / 3


def test_neutral_networks_take_the_librarys_place(make_task) -> None:
    """Kills: an option that is declared and then ignored."""
    sizes = {
        networks: sum(each.numel() for each in _built(models.svae, make_task(), networks=networks).parameters())
        for networks in ("default", "neutral")
    }
    assert sizes["default"] != sizes["neutral"]
    assert _built(models.vae, make_task(), latent=4).latent_dim == 4
    assert _built(models.beta_vae, make_task(), beta=3.0).model_config.beta == 3


def test_a_mixture_is_fitted_to_few_codes_far_from_zero() -> None:
    """Kills: float32, in which a component of a single code has no covariance: the trial ended with an error."""
    model = torch.nn.Module()
    samplers.hold_mixture(model, 16)
    codes = 100 + torch.randn(64, 16, generator=torch.Generator().manual_seed(0)).bfloat16().float() * 10
    model.forward = lambda rows: DatasetOutput(z=codes)
    samplers.fit_mixture(model, torch.zeros(64, 1, 8, 8))
    assert float(model.mixture_weights.sum()) == pytest.approx(1)
    assert float((model.mixture_weights @ model.mixture_means).mean()) == pytest.approx(float(codes.mean()), rel=1e-6)
