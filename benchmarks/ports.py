"""Sides of `benchmarks.porting`: a port under the harness, and the loop that it was made from, alone."""

from __future__ import annotations

import importlib
import itertools
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.data import DataLoader, TensorDataset

from benchmarks import networks, ours, surroundings
from genbench.batches import Batches
from genbench.bench import Workbench
from genbench.meter import Meter
from genbench.stream import Stream
from genbench.updates import UpdateCounter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.pacing import Pacer

PORTS = {"plain_gan": "ported_gan", "lit_vae": "ported_vae", "small_denoiser": "ported_denoiser"}
SHAPE, BATCH = (1, 8, 8), 128
sys.path.insert(0, str(surroundings.ROOT / "examples" / "porting"))


def port(pacer: Pacer, name: str) -> None:
    """Train the plugin under the stream, meter, hooks and counters of a trial."""
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        job = ours.job(name, {}, SHAPE, Path(folder), batch=BATCH)
        model = job.trial.model.model_copy(update={"module": PORTS[name]})
        bench = Workbench(
            job.model_copy(update={"trial": job.trial.model_copy(update={"model": model})}), Meter(lambda: None)
        )
        network = bench.build()
        pacer.ready(matmul=torch.get_float32_matmul_precision())
        feed = ours.Paced(bench.feed(), pacer)
        stream = Stream(feed, bench.meter, hand_outs=ours.MANY, photograph=lambda mark, seconds: None)
        with UpdateCounter(network):
            bench.hooks.train(network, Batches(stream))


class Loader:
    """One epoch without end, of the script's own loader or of batches that lie ready, at the pacer's pace."""

    def __init__(self, pacer: Pacer, batches: Iterable[Any], *, pairs: bool) -> None:
        self._pacer, self._batches, self._pairs = pacer, batches, pairs

    def __len__(self) -> int:
        return 10**9

    def __iter__(self) -> Iterator[Any]:
        for batch in itertools.chain.from_iterable(itertools.repeat(self._batches)):
            self._pacer()
            yield tuple(batch) if self._pairs else batch


def alone(pacer: Pacer, name: str, matmul: str, resident: bool = False) -> None:
    """Train by the loop alone, over a DataLoader as the script makes it; `resident`: over batches that lie ready."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    torch.set_float32_matmul_precision(matmul)
    source, pairs = importlib.import_module(name), name != "small_denoiser"
    rows = torch.from_numpy(networks.rows(SHAPE)).float() / 255
    labels = torch.zeros(len(rows), dtype=torch.int64)
    dataset: Any = TensorDataset(rows, labels) if pairs else [{"images": row} for row in rows]
    batches: Iterable[Any] = DataLoader(dataset, batch_size=BATCH, shuffle=True, drop_last=True)
    pacer.ready()
    LOOPS[name](source, Loader(pacer, list(batches) if resident else batches, pairs=pairs))


def _plain_gan(source: Any, loader: Loader) -> None:
    arguments = source.get_parser().parse_args(["--log-interval", "100000"])  # as quiet as the port
    players = source.Generator(arguments.latent_dim, SHAPE), source.Discriminator(SHAPE)
    adams = source.make_optimizers(arguments, *players)
    source.train(arguments, *players, torch.device("cpu"), loader, *adams, 0)


def _lit_vae(source: Any, loader: Loader) -> None:
    from ported_vae import QUIET

    trainer = importlib.import_module("lightning").Trainer(
        max_epochs=1, gradient_clip_val=100.0, accelerator="cpu", devices=1, **QUIET
    )
    trainer.fit(source.LitVAE(), loader)


def _small_denoiser(source: Any, loader: Loader) -> None:
    config, model = source.TrainingConfig(cpu=True, num_epochs=1), source.Denoiser()
    adam = torch.optim.AdamW(model.parameters(), lr=config.learning_rate)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, 10**9)
    source.train_loop(config, model, source.NoiseScheduler(), adam, loader, cosine)


LOOPS = {"plain_gan": _plain_gan, "lit_vae": _lit_vae, "small_denoiser": _small_denoiser}
