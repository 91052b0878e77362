"""Sample files in, measures out."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from genbench.errors import HarnessFault, UsageError
from genbench.evaluate import judge
from genbench.evaluate.judging import common_count
from genbench.features import extractor
from genbench.messages import Places
from genbench.metrics.catalogue import expand
from genbench.metrics.frechet import fd

BOTH = ("pixels", "classifier")
MARKS = {"fd", "kd", "precision", "recall", "density", "coverage", "vendi_real", "vendi_fake"}
SHARED = {*MARKS, "fd_inf", "fd_gap", "auth_pct"}  # at the end, in every space
COPIES = {"copies", "ct", "near_share", "control_z", "control_share"}


def named(measures, **fields):
    """Return measures by `metric:features`, of one variant, mark or split."""
    return {
        f"{each.identity.metric}:{each.identity.features}": each
        for each in measures
        if all(
            getattr(each, key, None) == value or getattr(each.identity, key, None) == value
            for key, value in fields.items()
        )
    }


def values(measures, **fields):
    return {name: each.value for name, each in named(measures, **fields).items()}


def test_every_number_is_told_in_every_space(digits, points, sample_file, tmp_path):
    """Planted bug: a metric left out where it was not asked for by name."""
    found = judge(Places(cache=tmp_path), digits, BOTH, (sample_file(digits.rows("validation")),))
    spaces = {f"{metric}:{space}" for metric in SHARED for space in BOTH}
    assert set(named(found)) == spaces | {f"{metric}:pixels" for metric in COPIES | {"duplicates"}}
    flat = judge(Places(cache=tmp_path), points, ("coordinates",), (sample_file(points.rows("validation")),))
    modes = {"modes", "hq_share", "reverse_kl", "log_density"}
    assert set(named(flat)) == {f"{each}:coordinates" for each in SHARED | COPIES | modes | {"duplicates"}}


def test_real_rows_reach_the_ceilings(digits, sample_file, tmp_path):
    """Planted bug: features of samples made in another way than those of real rows, as by another scale."""
    found = values(judge(Places(cache=tmp_path), digits, BOTH, (sample_file(digits.rows("validation")),)))
    assert found["fd:pixels"] < 0.3
    assert found["fd:classifier"] < 6
    for space in BOTH:
        assert min(found[f"{name}:{space}"] for name in ("precision", "recall", "coverage")) > 0.9
        assert 0.85 < found[f"density:{space}"] < 1.2
    assert found["copies:pixels"] == 0
    assert found["duplicates:pixels"] == 0


def test_as_many_real_rows_as_samples_and_the_first_ones(digits, sample_file, tmp_path):
    """Planted bug: all real rows against fewer samples, which changes the bias; or the last ones."""
    fake, real = digits.rows("validation")[:120], digits.rows("held_out")
    measure = named(judge(Places(cache=tmp_path), digits, ("classifier",), (sample_file(fake),)))["fd:classifier"]
    embed = extractor("classifier", digits.ref)
    assert measure.identity.n == 120
    assert measure.value == fd(embed(real[:120]), embed(fake)).value
    assert str(measure.identity) == "fd@120:classifier"


def test_more_samples_than_real_rows_are_cut(digits, sample_file, tmp_path):
    """Planted bug: n of one side in the name and other rows on the other side."""
    fake, real = digits.rows("train")[:400], digits.rows("validation")
    measures = judge(Places(cache=tmp_path), digits, ("pixels",), (sample_file(fake, split="validation", mark=0.5),))
    assert {each.identity.n for each in measures} == {300}
    assert {each.identity.metric for each in measures} == {*MARKS, "duplicates"}
    embed = extractor("pixels", digits.ref)
    assert values(measures)["fd:pixels"] == fd(embed(real), embed(fake[:300])).value


def test_never_more_than_10_000(digits):
    wide = digits.ref.model_copy(update={"counts": {"train": 90_000, "validation": 90_000, "held_out": 90_000}})
    assert common_count(wide, 50_000, "held_out") == 10_000
    assert common_count(wide, 7, "held_out") == 7


def test_identities_name_data_extractor_and_k(digits, sample_file, tmp_path):
    found = named(judge(Places(cache=tmp_path), digits, BOTH, (sample_file(digits.rows("validation")),)))
    assert {each.identity.data for each in found.values()} == {digits.ref.hash}
    for space in BOTH:
        assert found[f"fd:{space}"].identity.features_hash == extractor(space, digits.ref).hash
        assert [found[f"{name}:{space}"].identity.k for name in ("fd", "kd", "precision", "coverage")] == [
            None,
            None,
            5,
            5,
        ]


def test_marks_are_judged_on_validation_rows(digits, sample_file, tmp_path):
    """Planted bug: marks judged against the held-out split, which the final weights meet once."""
    fake = digits.rows("train")[:200]
    files = (sample_file(fake, split="validation", mark=0.5), sample_file(fake, variant="ema"))
    measures = judge(Places(cache=tmp_path), digits, BOTH, files)
    early, final = named(measures, mark=0.5), named(measures, mark=1.0)
    assert {each.identity.split for each in early.values()} == {"validation"}
    assert {each.identity.split for each in final.values()} == {"held_out"}
    assert {each.variant for each in final.values()} == {"ema"}
    embed = extractor("pixels", digits.ref)
    assert early["fd:pixels"].value == fd(embed(digits.rows("validation")[:200]), embed(fake)).value
    assert "copies:pixels" in final
    assert "copies:pixels" not in early
    assert "duplicates:pixels" in early


def test_a_collapsed_model_is_seen(digits, sample_file, tmp_path):
    """Planted bug: constant features end the trial, or count as perfect."""
    rows = np.repeat(digits.rows("train")[:1], 200, axis=0)
    found = named(judge(Places(cache=tmp_path), digits, BOTH, (sample_file(rows),)))
    assert found["duplicates:pixels"].value == pytest.approx(0.995)
    assert found["recall:pixels"].value in (None, 0)
    assert found["recall:pixels"].warnings
    assert found["fd:classifier"].value > 20


def test_a_handful_of_samples_gives_reasons_and_no_hole(digits, sample_file, tmp_path):
    """Planted bug: an exception for N <= k."""
    found = named(judge(Places(cache=tmp_path), digits, ("pixels",), (sample_file(digits.rows("train")[:4]),)))
    assert set(found) == {f"{each}:pixels" for each in SHARED | COPIES | {"duplicates"}}
    assert found["precision:pixels"].value is None
    assert "got 4 rows" in found["precision:pixels"].warnings[0]
    assert found["fd:pixels"].value is not None


def test_judging_twice_gives_the_same(digits, sample_file, tmp_path):
    """Planted bug: features of real rows read back in another dtype, or numbers that depend on the order of files."""
    sample = sample_file(digits.rows("validation")[:150])
    first = judge(Places(cache=tmp_path), digits, BOTH, (sample,))
    assert judge(Places(cache=tmp_path), digits, BOTH, (sample,)) == first
    other = sample_file(digits.rows("train")[:90], variant="other")
    assert judge(Places(cache=tmp_path), digits, BOTH, (other, sample))[-len(first) :] == first


def test_files_that_do_not_hold_the_datas_rows_are_our_fault(digits, points, sample_file, tmp_path):
    """Planted bug: floats in [0, 1] taken for bytes, which turns every image black."""
    for rows in (np.zeros((9, 1, 8, 8), np.float32), np.zeros((9, 8, 8), np.uint8), np.zeros((0, 1, 8, 8), np.uint8)):
        with pytest.raises(HarnessFault, match=r"expected uint8 rows of \[1, 8, 8\]"):
            judge(Places(cache=tmp_path), digits, ("pixels",), (sample_file(rows),))
    with pytest.raises(HarnessFault, match=r"got float64 \[9, 2\], expected float32 rows of \[2\]"):
        judge(Places(cache=tmp_path), points, ("coordinates",), (sample_file(np.zeros((9, 2))),))


def test_a_space_that_does_not_suit_is_refused(points, sample_file, tmp_path):
    with pytest.raises(UsageError, match="expected images"):
        judge(Places(cache=tmp_path), points, ("pixels",), (sample_file(points.rows("train")),))


def test_memory_stays_near_the_size_of_the_features(digits, sample_file, tmp_path):
    """Planted bug: all pairs of rows, or of copies and train rows, held at once: 300 x 300 x 64 floats are 46 MB."""
    sample = sample_file(digits.rows("validation"))
    judge(Places(cache=tmp_path), digits, ("pixels",), (sample,))
    tracemalloc.start()
    judge(Places(cache=tmp_path), digits, ("pixels",), (sample,))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24e6


def test_what_was_asked_for_by_name_has_a_number_or_a_reason(digits, sample_file, tmp_path):
    """Planted bug: an inception score in a space without classes left out, so that nobody learns why."""
    sample = sample_file(digits.rows("validation")[:60])
    asked = named(judge(Places(cache=tmp_path), digits, ("pixels",), (sample,), expand(["inception_score", "swd"])))
    assert asked["swd:pixels"].value > 0
    assert "no class probabilities" in asked["inception_score:pixels"].warnings[0]
    everything = named(judge(Places(cache=tmp_path), digits, ("pixels",), (sample,), expand(["all"])))
    assert "inception_score:pixels" not in everything
    assert {"swd:pixels", "energy:pixels", "mmd:pixels", "c2st:pixels"} <= set(everything)
