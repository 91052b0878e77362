"""Faster products are used only where they were measured to be float32, and then by everybody, and it is told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genbench import arithmetic, plugins
from genbench.arithmetic import LEAST_GAIN, MOST_ERROR, Finding, found, measure, settle
from genbench.bench import Workbench
from genbench.check.timings import TimingRequest
from genbench.messages import Job
from genbench.meter import Meter
from genbench.plan import Plan, make_plan
from genbench.record import Environment
from genbench.refs import Frozen
from genbench.resume import Unfinished, find_unfinished
from genbench.spec import make_spec
from genbench.store import RunFolder

MACHINE = {"cpu": "Some CPU", "torch": "2.13.0", "capability": "AVX512"}


@pytest.fixture(autouse=True)
def _as_it_was():
    tf32 = torch.backends.cudnn.allow_tf32
    yield
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = tf32


@pytest.fixture
def _as_medium(monkeypatch):
    """Let `medium` be what a test says; it takes as long as the test says, torch's own products 2 ms."""

    def let(multiply, seconds: float = 0.001) -> None:
        own = arithmetic._at
        faster = lambda products: [multiply(*each) for each in products]  # noqa: E731
        monkeypatch.setattr(
            arithmetic, "_at", lambda name, products: own(name, products) if name == "highest" else faster(products)
        )
        is_medium = lambda: torch.get_float32_matmul_precision() == "medium"  # noqa: E731
        monkeypatch.setattr(arithmetic, "_seconds", lambda product: seconds if is_medium() else 0.002)

    return let


def _reordered(start, first, second):
    return start + (first.flip(1) @ second.flip(0))


def _rounded(start, first, second):
    return start + (first.bfloat16() @ second.bfloat16()).float()


def _judged(**changes) -> str:
    return Finding(**MACHINE, **(measure() | changes)).precision


def test_products_in_float32_that_are_faster_are_taken(_as_medium) -> None:
    """Kills: an error against torch's own products, which have one too; a limit that float32 itself exceeds."""
    _as_medium(_reordered)
    found = Finding(**MACHINE, **measure())
    assert not found.is_same
    assert 0 < found.error < MOST_ERROR
    assert found.gain == pytest.approx(2)
    assert found.precision == "medium"


def test_products_that_round_to_bfloat16_are_not(_as_medium) -> None:
    """Kills: oneDNN on a processor with AMX: twice as fast, three digits."""
    _as_medium(_rounded)
    found = Finding(**MACHINE, **measure())
    assert found.error > 1e-3
    assert found.gain == pytest.approx(2)
    assert found.precision == "highest"


def test_products_that_are_no_faster_are_not(_as_medium) -> None:
    """Kills: another arithmetic for nothing; the ratio the wrong way round."""
    _as_medium(_reordered, seconds=0.004)
    assert measure()["gain"] == pytest.approx(0.5)
    assert _judged() == "highest"


def test_the_same_products_are_not_timed(_as_medium) -> None:
    """Kills: a choice that depends on how busy a machine was, between two names of one thing."""
    _as_medium(torch.addmm, seconds=1e-9)
    assert measure()["is_same"]
    assert _judged() == "highest"


@given(error=st.floats(0, 1e-2), gain=st.floats(0.1, 10), is_same=st.booleans())
def test_all_three_are_needed(error, gain, is_same) -> None:
    """Kills: `or` for `and`; a limit left out."""
    precision = Finding(**MACHINE, error=error, is_same=is_same, gain=gain).precision
    assert (precision == "medium") == (error <= MOST_ERROR and gain >= LEAST_GAIN and not is_same)


def test_measuring_leaves_threads_and_precision() -> None:
    """Kills: a process that goes on with what was measured last."""
    threads = torch.get_num_threads()
    torch.set_float32_matmul_precision("high")
    begun = time.thread_time()
    measure()
    assert time.thread_time() - begun < 20  # it is done at the beginning of a run
    assert (torch.get_num_threads(), torch.get_float32_matmul_precision()) == (threads, "high")


def test_it_is_measured_once_a_machine(tmp_path, monkeypatch) -> None:
    """Kills: measuring before each run; one machine's finding taken for another's; damage believed."""
    measured = []
    monkeypatch.setattr(
        arithmetic, "measure", lambda: measured.append(1) or {"error": 3e-7, "is_same": False, "gain": 1.9}
    )
    assert found("A", tmp_path) == found("A", tmp_path)
    assert len(measured) == 1
    assert found("B", tmp_path).cpu == "B"
    assert len(measured) == 2
    for path in (tmp_path / "arithmetic").iterdir():
        path.write_bytes(path.read_bytes().replace(b"3e-7", b"4e-7"))
    assert found("A", tmp_path).error == 3e-7
    assert len(measured) == 3
    assert found("A", tmp_path).error == 3e-7
    assert len(measured) == 3


def test_a_cache_that_cannot_be_written_is_no_fault(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    assert found("A", tmp_path / "file").cpu == "A"


@pytest.mark.parametrize(("device", "tf32"), [("cpu", True), ("cuda", False)])
def test_float32_means_float32(device, tf32) -> None:
    """Kills: convolutions in TF32, torch's default on CUDA; a setting of CUDA's told of the CPU."""
    torch.backends.cudnn.allow_tf32 = True
    settle(torch.device(device), "medium" if device == "cpu" else "highest")
    assert torch.backends.cudnn.allow_tf32 is tf32
    assert torch.get_float32_matmul_precision() == ("medium" if device == "cpu" else "highest")
    assert torch.backends.cuda.matmul.allow_tf32 is (device == "cpu")


def _environment(precision: str = "medium") -> Environment:
    return Environment(
        genbench="0", python="3", platform="p", cpu="c", cores=1, memory_bytes=1, device="cpu", device_name="c",
        driver=None, packages={}, settings={"torch.matmul_precision": precision},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("measured", "asked", "device", "expected"),
    [("medium", "auto", "cpu", "medium"), ("medium", "highest", "cpu", "highest"), ("medium", "auto", "mps", "highest"),
     ("medium", "auto", "cuda:0", "highest"), ("highest", "auto", "cpu", "highest")],
)  # fmt: skip
def test_a_plan_says_by_which_products(make_trial, measured, asked, device, expected) -> None:
    """Kills: TF32 on CUDA by way of `medium`; an option that is ignored; probes by other products than trials."""
    trial = make_trial()
    spec = make_spec({"models": ("x",), "matmul": asked, "seeds": 2})
    kinds = {trial.model.name: (trial.data.kind,)}
    where = {"features": {trial.data.name: ("pixels",)}, "device": device, "environment": _environment(measured)}
    plan = make_plan(spec, [trial.model], kinds, [trial.data], **where)
    assert len(plan.trials + plan.probes) == 3
    assert {each.matmul for each in plan.trials + plan.probes} == {expected}


def test_a_trial_is_another_by_other_products(make_trial) -> None:
    """Kills: a run that goes on by other products; results of before that lost their names."""
    trial = make_trial()
    other = trial.model_copy(update={"matmul": "medium"})

    class Former(Frozen):
        fields: dict

        def model_dump(self, **kinds):
            known = trial.model_dump(**kinds)
            for place, name in ((known, "matmul"), (known, "tuned"), (known["model"], "label")):
                del place[name]
            for name in ("table", "alphabet"):  # from before there were any
                del known["data"][name]
            return known

    assert trial.id == Former(fields={}).digest()
    assert trial.id != other.id == other.model_copy().id


def test_going_on_by_other_products_is_told(make_trial, tmp_path) -> None:
    """Kills: half of a run by other products than the rest; a run that is not found for it."""
    trial = make_trial()
    RunFolder.create(tmp_path, Plan(trials=(trial,), probes=()))
    unfinished = find_unfinished(tmp_path, Plan(trials=(trial.model_copy(update={"matmul": "medium"}),), probes=()))
    assert isinstance(unfinished, Unfinished)
    assert [each.partition(": ")[2] for each in unfinished.changes] == ["matmul changed from highest to medium"]


def test_an_arm_is_asked_as_ever_where_nothing_is_new(make_trial) -> None:
    """Kills: a baseline's own genbench that refuses every request, for a word that it does not know."""
    request = TimingRequest(model="x", data=make_trial().data, train=Path("/"))
    assert b"matmul" not in request.line()
    asked = request.model_copy(update={"matmul": "medium"})
    assert TimingRequest.model_validate_json(asked.line()) == asked


class Reached(Exception):
    """A plugin is about to be loaded."""


def test_products_are_set_before_a_plugin_is_loaded(make_trial, monkeypatch, tmp_path) -> None:
    """Kills: a plugin that finds another setting than it trains with, and is blamed for the change."""

    def load(plugin):
        raise Reached(torch.get_float32_matmul_precision())

    monkeypatch.setattr(plugins, "load", load)
    trial = make_trial().model_copy(update={"matmul": "medium"})
    job = Job(trial=trial, train=tmp_path, folder=tmp_path, counts={}, sample_batch=1, hand_outs=1)
    with pytest.raises(Reached, match="medium"):
        Workbench(job, Meter(lambda: None))
