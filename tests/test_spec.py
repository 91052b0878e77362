"""A study is read from flags and TOML, and refused with all its mistakes at once."""

from __future__ import annotations

import pytest

from genbench.budget import Budget
from genbench.errors import SpecError
from genbench.spec import make_spec, parse_option

STUDY = """
models = ["alpha", "beta"]
datasets = ["ring8"]
budget = "30s"
seeds = [3, 7]
[options.alpha]
latent = 16
"""


def _study(tmp_path, text=STUDY):
    path = tmp_path / "study.toml"
    path.write_text(text)
    return path


def test_flags_win_over_the_file(tmp_path) -> None:
    """Kills: merging options so that a flag for one replaces all of a model's."""
    flags = {"budget": "100steps", "options": {"alpha": {"width": 8}, "beta": {"width": 9}}}
    spec = make_spec(flags, _study(tmp_path))
    assert spec.budget == Budget(100, "steps")
    assert spec.options == {"alpha": {"latent": 16, "width": 8}, "beta": {"width": 9}}
    assert spec.seeds == (3, 7)


def test_a_number_of_seeds_is_that_many() -> None:
    assert make_spec({"models": ("a",), "seeds": 3}).seeds == (0, 1, 2)


def test_marks_are_put_in_order() -> None:
    assert make_spec({"models": ("a",), "marks": (0.5, 0.1)}).marks == (0.1, 0.5)


def test_all_mistakes_are_told_at_once(tmp_path) -> None:
    """Kills: stopping at the first mistake."""
    text = 'models = ["vae"]\nbudgte = "3s"\nseeds = 0\nbatch_size = -1\nbudget = "-3s"\n'
    with pytest.raises(SpecError) as error:
        make_spec({}, _study(tmp_path, text))
    told = str(error.value)
    for part in ("study.toml", "4 problems", "did you mean 'budget'?", "seeds", "batch_size", "-3s"):
        assert part in told


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({}, "no models are named: give --models NAME,NAME or a study"),
        ({"models": ()}, "models"),
        ({"models": ("a", "a")}, "named twice: a"),
        ({"models": ("../x",)}, "pattern"),
        ({"models": ("a",), "options": {"b": {"x": 1}}}, "options.b: no such model"),
        ({"models": ("a.b",), "options": {"a": {"b": {"x": 1}}}}, r"quote a name with dots, as \[options.'a.b'\]"),
        ({"models": ("a",), "marks": (1.5,)}, "marks"),
        ({"models": ("a",), "device": "tpu"}, "device"),
        ({"models": ("a",), "precision": "fp64"}, "precision"),
    ],
)
def test_refuses(flags, said) -> None:
    with pytest.raises(SpecError, match=said):
        make_spec(flags)


def test_a_file_that_cannot_be_read(tmp_path) -> None:
    with pytest.raises(SpecError, match="there is no such file in "):
        make_spec({}, tmp_path / "none.toml")
    with pytest.raises(SpecError, match="cannot read it: Is a directory"):
        make_spec({}, tmp_path)
    with pytest.raises(SpecError, match="not a TOML file"):
        make_spec({}, _study(tmp_path, "models = ["))


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("a.latent=16", ("a", "latent", 16)),
        ("a.lr=1e-3", ("a", "lr", 1e-3)),
        ("a.loss=mm", ("a", "loss", "mm")),
        ("pythae.b.x=true", ("pythae.b", "x", True)),
        ("a.text=x=y", ("a", "text", "x=y")),
    ],
)
def test_options_are_read_as_toml_or_text(text, parsed) -> None:
    assert parse_option(text) == parsed


@pytest.mark.parametrize("text", ["latent=16", "a.latent", ".x=1", "a.=1", ""])
def test_options_need_model_name_and_value(text) -> None:
    with pytest.raises(SpecError, match=r"MODEL\.OPTION=VALUE"):
        parse_option(text)


def test_seeds_by_planned_looks(tmp_path) -> None:
    """Kills: looks planned beyond the seeds; max_seeds taken without auto."""
    spec = make_spec({"models": ("a", "b"), "seeds": "auto"})
    assert (spec.seeds, spec.looks) == (tuple(range(20)), (5, 10, 20))
    study = _study(tmp_path, 'models = ["a"]\nseeds = "auto"\nmax_seeds = 8\n')
    assert make_spec({}, study).looks == (5, 8)
    assert make_spec({"models": ("a",)}).looks == ()
    for wrong in ({"seeds": 5, "max_seeds": 9}, {"seeds": "auto", "max_seeds": 3}):
        with pytest.raises(SpecError):
            make_spec({"models": ("a",)} | wrong)


def test_metrics_are_known_families_are_their_members_and_a_protocol_needs_weights(tmp_path) -> None:
    spec = make_spec({"models": ("a",), "metrics": ("swd", "vendi")})
    assert spec.metrics == ("swd", "vendi_real", "vendi_fake")
    with pytest.raises(SpecError, match="did you mean 'swd'"):
        make_spec({"models": ("a",), "metrics": ("swdd",)})
    with pytest.raises(SpecError, match="needs --features-weights inception=FILE"):
        make_spec({"models": ("a",), "protocol": "fid50k-train"})
    weights = {"features_weights": {"inception": tmp_path / "w.pth"}, "protocol": "fid50k-train"}
    assert make_spec({"models": ("a",)} | weights).weights["inception_tf"] == tmp_path / "w.pth"
