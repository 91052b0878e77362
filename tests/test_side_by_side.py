"""Trials side by side are the trials one by one: the same weights, the same samples, to the last bit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from genbench import inspection
from genbench.budget import Budget
from genbench.data import prepare
from genbench.engines import Call, Ended, LocalEngine
from genbench.engines.call import BEAT
from genbench.messages import Inspect, Inspected, Job, Outcome
from genbench.record import Trial

if TYPE_CHECKING:
    from pathlib import Path

    from genbench.record import Prepared

STEPS = 40


def _call(model: str, seed: int, data: Prepared, folder: Path) -> Call:
    found = Inspected.model_validate_json(
        inspection.inspect_model(Inspect(name=model).model_dump_json(), [0] * BEAT)
    ).model
    trial = Trial(model=found, data=data.ref, budget=Budget(STEPS, "steps"), seed=seed, marks=(0.5,), device="cpu")
    folder.mkdir(parents=True)
    job = Job(
        trial=trial, train=data.folder / "train", folder=folder, counts={"held_out": 100, "validation": 50},
        sample_batch=100, hand_outs=STEPS,
    )  # fmt: skip
    return Call(name=f"{model} {seed}", function="trial", payload=job.model_dump_json())


def _digests(workers: int, folder: Path, data: Prepared) -> dict[str, tuple[int, dict[str, str]]]:
    """Train; return by call how many were side by side, and the digests of weights and samples."""
    ended: list[Ended] = []
    with LocalEngine(workers) as engine:
        for model in ("vae", "gan"):
            for seed in range(2):
                engine.submit(_call(model, seed, data, folder / f"{model}{seed}"), ended.append)
        engine.drain()
    found = {}
    for each in ended:
        assert each.result is not None, each.log_tail
        outcome = Outcome.model_validate_json(each.result)
        assert outcome.status == "OK", outcome.message
        found[each.call.name] = (each.side_by_side, outcome.digests)
    return found


def test_a_seed_has_the_same_bits_alone_and_beside_others(tmp_path) -> None:
    """Kills: a trial seeded by its place or its process; threads or settings that depend on who is beside it."""
    data = prepare("ring8", data_root=None, cache=tmp_path / "cache")
    alone, beside = _digests(1, tmp_path / "alone", data), _digests(2, tmp_path / "beside", data)
    assert len(alone) == 4
    assert {count for count, _ in alone.values()} == {1}
    assert {count for count, _ in beside.values()} == {2}
    assert {name: digests for name, (_, digests) in alone.items()} == {
        name: digests for name, (_, digests) in beside.items()
    }
    assert all({"weights"} < digests.keys() for _, digests in alone.values())
    assert len({digests["weights"] for _, digests in alone.values()}) == 4
