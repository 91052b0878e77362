"""A study may name a model more than once, under labels; trials without one are named as ever."""

from __future__ import annotations

import pytest

from genbench.errors import SpecError
from genbench.record import Tuned
from genbench.spec import Spec, make_spec


def test_trials_of_old_studies_keep_their_ids(make_trial) -> None:
    """Kills: a new field in the digest of trials that have none: every run so far would be another."""
    trial = make_trial()
    assert (trial.id, trial.model.digest()) == ("c081388b9fb554d4", "635a19a70480a41c")


def test_labels_and_tuning_are_parts_of_the_id(make_trial) -> None:
    """Kills: two option sets, or two configurations, that take each other's records."""
    trial = make_trial()
    labelled = trial.model_copy(update={"model": trial.model.model_copy(update={"label": "x"})})
    tuned = trial.model_copy(update={"tuned": Tuned(trials=4, number=1, sampler="random", seed=0)})
    other = trial.model_copy(update={"tuned": Tuned(trials=4, number=2, sampler="random", seed=0)})
    assert len({trial.id, labelled.id, tuned.id, other.id}) == 4


def test_the_options_of_a_name_hold_for_its_labels_too() -> None:
    spec = make_spec({"models": ("a", "a@b"), "options": {"a": {"x": 1, "y": 1}, "a@b": {"y": 2}}})
    assert [spec.options_of(title) for title in spec.models] == [{"x": 1, "y": 1}, {"x": 1, "y": 2}]


@pytest.mark.parametrize("title", ["a@", "@b", "a@b@c", "a@B", "a@../b"])
def test_what_is_no_title_is_refused(title) -> None:
    with pytest.raises(ValueError, match="should match pattern"):
        Spec(models=(title,))


def test_a_space_of_a_stranger_is_refused() -> None:
    with pytest.raises(SpecError, match=r"tune\.space\.other: no such model in this study, which has a"):
        make_spec({"models": ("a",), "tune": {"space": {"other": {}}}})


def test_flags_win_over_the_table_of_the_study(tmp_path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('models = ["a"]\n[tune]\ntrials = 3\nseed = 5\nmetric = "fd"\n')
    tune = make_spec({"tune": {"trials": 8}}, study).tune
    assert (tune.trials, tune.seed, tune.metric) == (8, 5, "fd")


def test_mistakes_are_told_with_their_line(tmp_path) -> None:
    study = tmp_path / "study.toml"
    study.write_text('models = ["a"]\n[tune]\ntrials = 0\n[tune.space.a]\nlr = {low = 2, high = 1}\n')
    with pytest.raises(SpecError) as caught:
        make_spec({}, study)
    assert "study.toml:3: tune.trials" in str(caught.value)
    assert "study.toml:5: tune.space.a.lr" in str(caught.value)
    assert "expected numbers low < high" in str(caught.value)
