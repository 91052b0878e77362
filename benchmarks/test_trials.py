"""What a whole trial costs: its start from the warmed server, and training under the harness against a bare loop."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from genbench import inspection, plugins
from genbench.batches import Batches
from genbench.bench import make_task
from genbench.budget import Budget
from genbench.data import prepare
from genbench.engines import Call, LocalEngine
from genbench.feed import Feed, Permutations
from genbench.hooks import ModelHooks, parse_options
from genbench.machine import cache_folder
from genbench.messages import Inspect, Inspected, Job, Outcome
from genbench.meter import Meter
from genbench.record import Prepared, Trial
from genbench.samples import to_task
from genbench.stream import Stream
from genbench.updates import UpdateCounter

CPU = torch.device("cpu")
STEPS = 100  # a round; short and many, since the clock of a shared machine wanders


@pytest.fixture(scope="module")
def digits() -> Prepared:
    return prepare("digits", data_root=None, cache=cache_folder())


def _trial(model: str, data: Prepared, steps: int) -> Trial:
    found = Inspected.model_validate_json(inspection.inspect_model(Inspect(name=model).model_dump_json(), [0, 0]))
    return Trial(model=found.model, data=data.ref, budget=Budget(steps, "steps"), seed=0, marks=(), device="cpu")


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_a_trial_reaches_its_first_batch_within_a_tenth_of_a_second(benchmark, digits, tmp_path, model) -> None:
    """From the asking for a process until its counter of hand-outs is seen to move."""
    trial = _trial(model, digits, 1)
    starts = []
    with LocalEngine(1) as engine:
        for number in range(8):
            folder = tmp_path / str(number)
            folder.mkdir()
            job = Job(
                trial=trial, train=digits.folder / "train", folder=folder, counts={"held_out": 1, "validation": 1},
                sample_batch=1, hand_outs=1,
            )  # fmt: skip
            with ThreadPoolExecutor(1) as watcher:
                started = time.monotonic()
                seen = watcher.submit(_first_hand_out, engine)
                ended = engine.call(Call(name=model, function="trial", payload=job.model_dump_json()))
                starts.append(seen.result() - started)
            outcome = Outcome.model_validate_json(ended.result)
            assert outcome.status == "OK", outcome.message
    median = statistics.median(starts[1:])
    benchmark.extra_info["milliseconds"] = 1000 * median
    benchmark.pedantic(lambda: None, rounds=1)
    assert median < 0.1


def _first_hand_out(engine: LocalEngine) -> float:
    """Return when the running process was seen to have taken its first batch."""
    while not (engine._running and engine._running[0].beat[0]):
        time.sleep(0.0005)
    return time.monotonic()


@pytest.mark.parametrize("model", ["vae", "gan"])
def test_training_under_the_harness_is_no_slower_than_noise(benchmark, interleaved, digits, model) -> None:
    """The plugin's own `train`, once on the harness's stream and once on a plain generator of the same batches."""
    torch.set_num_threads(1)
    trial = _trial(model, digits, STEPS)
    valid = plugins.validate(plugins.load(plugins.find(model)))
    options = valid.module.options()()
    task = make_task(trial, CPU)
    rows = to_task(digits.rows("train").copy(), None)

    def harness() -> None:
        meter = Meter(lambda: None)
        hooks = ModelHooks(valid, seed=0, meter=meter)
        network = hooks.build(task, parse_options(model, type(options), {}))
        feed = Feed(rows, None, size=128, generator=torch.Generator().manual_seed(0), device=CPU)
        stream = Stream(feed, meter, hand_outs=STEPS, photograph=lambda mark, seconds: None)
        with UpdateCounter(network):
            hooks.train(network, Batches(stream))

    def bare() -> None:
        network = valid.module.build(task, options)
        network.train()
        valid.module.train(network, Plain(rows))

    harness(), bare()
    ratio = interleaved(harness, bare, rounds=31)
    benchmark.extra_info["ratio"] = str(ratio)
    benchmark.pedantic(bare, rounds=1)
    assert ratio.median < 1.1


class Plain:
    """What a bare loop iterates: the same order and the same gather, and nothing around them."""

    def __init__(self, rows: torch.Tensor) -> None:
        self._rows = rows
        self._order = Permutations(len(rows), 128, torch.Generator().manual_seed(0), CPU)

    def __iter__(self):
        for _ in range(STEPS):
            yield self._rows.index_select(0, self._order()).to(torch.float32).div_(255)

    def log(self, **values: object) -> None:
        """Do nothing."""

    def keep(self, **objects: object) -> None:
        """Do nothing."""
