"""The plan is models x data sets x seeds, with ids that change with what decides a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.errors import SpecError
from genbench.plan import Broken, make_plan
from genbench.refs import DataRef, ModelRef
from genbench.spec import make_spec


def _model(name="alpha", size=128, **changes):
    fields = {"code": "c", "options": {}, "batch_size": size, "variants": ("default",), "hooks": ()} | changes
    return ModelRef(name=name, distribution="d 1", module="m", **fields)


def _data(name="digits", kind="image", rows=997):
    counts = {"train": rows, "validation": 300, "held_out": 500}
    return DataRef(name=name, kind=kind, shape=(1, 8, 8), classes=10, labelled=True, counts=counts, hash=f"h-{name}")


def _plan(models, data=(), broken=(), **flags):
    data = data or (_data(),)
    spec = make_spec({"models": tuple(m.name for m in models) or ("x",), **flags})
    kinds = {model.name: ("image",) for model in models}
    return make_plan(spec, models, kinds, data, {each.name: ("pixels",) for each in data}, "cpu", broken)


def test_every_cell_has_its_seeds_and_one_probe() -> None:
    plan = _plan([_model("a"), _model("b")], [_data("d"), _data("e")], seeds=3)
    cells = [(t.model.name, t.data.name, t.seed) for t in plan.trials]
    assert cells == [(m, d, s) for s in (0, 1, 2) for d in ("d", "e") for m in ("a", "b")]
    assert len(plan.probes) == 4
    assert len({t.id for t in (*plan.trials, *plan.probes)}) == 16


@pytest.mark.parametrize("change", [{"code": "other"}, {"options": {"x": 1}}, {"size": 64}])
def test_ids_change_with_what_decides_a_number(change) -> None:
    """Kills: an id that forgets the code, the options or the batch size."""
    assert _plan([_model()]).trials[0].id != _plan([_model(**change)]).trials[0].id


def test_a_kind_that_is_not_supported_is_no_failure() -> None:
    plan = _plan([_model("a")], [_data("d"), _data("p", kind="points")])
    assert plan.not_applicable == (("a", "p"),)
    with pytest.raises(SpecError, match="nothing to run: a does image, and p is of points"):
        _plan([_model("a")], [_data("p", kind="points")])
    assert {t.data.name for t in plan.trials} == {"d"}


def test_a_broken_model_is_planned() -> None:
    """Kills: leaving a broken plugin's trials out of what was planned."""
    broken = Broken(model=ModelRef.stub("bad", "d 1", "m"), status="FAILED(import)", message="no")
    plan = _plan([_model("a")], broken=(broken,), seeds=2)
    assert [t.model.name for t in plan.trials] == ["a", "bad", "a", "bad"]
    assert [t.model.name for t in plan.probes] == ["a"]


@pytest.mark.parametrize(
    ("models", "flags", "said"),
    [
        (
            [_model(size=2000)],
            {},
            "batch size 2000 of alpha is larger than the 997 train rows of digits; give a smaller",
        ),
        ([_model("a", 128), _model("b", 64)], {"budget": "10steps"}, "a 128, b 64"),
        ([_model()], {"budget": "100examples"}, "no whole batch of 128 for alpha; give a larger budget"),
    ],
)
def test_refuses_what_cannot_be_compared(models, flags, said) -> None:
    with pytest.raises(SpecError, match=said):
        _plan(models, **flags)


def test_unequal_batches_compare_in_examples() -> None:
    assert len(_plan([_model("a", 128), _model("b", 64)], budget="12800examples", seeds=1).trials) == 2


def test_no_probe_unless_flops_need_one() -> None:
    assert not _plan([_model()], probe=False).probes
    assert _plan([_model()], probe=False, budget="1e12flops").probes


@given(st.integers(4, 40))
def test_rounds_hold_every_trial_once_and_end_at_the_looks(most) -> None:
    """Kills: the first seed of a look left to the next; seeds beyond the last look never run."""
    plan = _plan([_model("a"), _model("b")], seeds="auto", max_seeds=most)
    rounds = plan.rounds()
    assert [len({trial.seed for each in rounds[: n + 1] for trial in each}) for n in range(len(rounds))] == [
        *plan.looks
    ]
    assert sorted(trial.id for each in rounds for trial in each) == sorted(trial.id for trial in plan.trials)
    whole = _plan([_model()], seeds=3)
    assert whole.rounds() == (whole.trials,)
