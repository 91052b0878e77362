from __future__ import annotations

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.manifold import prdc
from genbench.stats.stability import (
    area_under,
    best_to_last,
    budget_to,
    is_collapsed,
    spread_cv,
    time_to_collapse,
)

NAN = math.nan


@pytest.mark.parametrize(
    ("recall", "floor", "duplicates", "expected"),
    [
        (0.9, 0.93, 0.0, False),
        (0.10, 0.93, 0.0, False),
        (0.09, 0.93, 0.0, True),
        (0.02, 0.10, 0.0, False),
        (0.0, 0.93, 0.0, True),
        (NAN, 0.93, 0.0, True),
        (0.9, 0.93, 0.06, True),
        (0.9, 0.93, 0.05, False),
        (0.0, 0.0, 0.0, False),
        (0.0, 0.0, 1.0, True),
    ],
)
def test_collapse(recall, floor, duplicates, expected):
    """Kills: an absolute bound on recall where the floor is low, NaN called healthy, duplicates ignored."""
    assert is_collapsed(recall, floor, duplicates) is expected


@pytest.mark.parametrize(
    ("diversity", "floor", "expected"),
    [
        (3.1, 9.0, False),
        (2.9, 9.0, True),
        (1.0, 1.0, False),
        (1.2, 2.0, True),
        (1.3, 2.0, False),
        (None, 9.0, False),
        (NAN, 9.0, False),
        (1.0, None, False),
        (1.0, NAN, False),
    ],
)
def test_diversity_collapses_by_itself(diversity, floor, expected):
    """Kills: the ratio of scores whose least is 1 (1.2 of 2 would be 60 %), NaN or None (not measured) accused."""
    assert is_collapsed(0.9, 0.93, 0.0, diversity=diversity, floor_diversity=floor) is expected
    assert is_collapsed(0.01, 0.93, 0.0, diversity=9.0, floor_diversity=9.0)


def _diversity(rows):
    """The Vendi score: exp of the entropy of the eigenvalues of the cosine kernel over n."""
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    eigenvalues = np.linalg.eigvalsh(rows @ rows.T / len(rows))
    eigenvalues = eigenvalues[eigenvalues > 1e-12]
    return float(np.exp(-(eigenvalues * np.log(eigenvalues)).sum()))


def _judge(train, reference, samples, k=5):
    """The rule on rows, as the harness applies it; `train` are as many as `samples`."""
    floor, found = (prdc(reference, rows, k=k)["recall"].value for rows in (train, samples))
    diversities = {"diversity": _diversity(samples), "floor_diversity": _diversity(train)}
    return is_collapsed(found, floor, 0.0, **diversities), is_collapsed(found, floor, 0.0)


def _ring(rng, modes, count=400):
    angles = rng.choice(modes, count) * np.pi / 4
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) + 0.02 * rng.normal(size=(count, 2))


@pytest.mark.parametrize(
    ("modes", "with_diversity", "without"),
    [
        ([0], True, False),
        ([5], True, False),
        ([2, 6], True, False),
        ([0, 1], False, False),
        ([0, 2], False, False),
        ([0, 1, 2, 3], False, False),
        (range(8), False, False),
    ],
)
def test_modes_of_a_ring(modes, with_diversity, without):
    """Kills: recall alone, for which one of eight modes is an eighth; lost modes told as a collapse."""
    rng = np.random.default_rng(0)
    train, reference = _ring(rng, range(8)), _ring(rng, range(8))
    assert _judge(train, reference, _ring(rng, modes)) == (with_diversity, without)


@pytest.fixture(scope="module")
def digits():
    """Grey levels [n, 64] and classes of scikit-learn's digits, shuffled."""
    datasets = pytest.importorskip("sklearn.datasets")
    found = datasets.load_digits()
    order = np.random.default_rng(0).permutation(len(found.data))
    return found.data[order] / 16, found.target[order]


N = 300


def _planted(name, rows, labels, rng):
    """Samples of a model with that fault, made of real rows."""
    points = {"one point": 1, "three points": 3, "ten points": 10, "twenty points": 20}
    classes = {"one class": [3], "two classes": [3, 7], "five classes": [0, 2, 4, 6, 8]}
    if name in points:
        rows = rows[rng.choice(points[name], N)]
    elif name in classes:
        rows = rows[rng.choice(np.flatnonzero(np.isin(labels, classes[name])), N)]
    elif name == "nearly one class":
        rows = rows[rng.choice(len(rows), N, p=np.where(labels == 3, 0.9, 0.1 / 9) / np.bincount(labels)[labels])]
    else:
        assert name == "honest"
        rows = rows[:N]
    return rows + 0.02 * rng.normal(size=rows.shape)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("one point", True),
        ("three points", True),
        ("ten points", True),
        ("twenty points", True),
        ("one class", True),
        ("two classes", False),
        ("five classes", False),
        ("nearly one class", False),
        ("honest", False),
    ],
)
def test_planted_collapses_of_digits(digits, name, expected):
    """Kills: a rule that small noise around few points deceives, that misses 10 % of the classes, or accuses 20 %."""
    rows, labels = digits
    reference, train, rest = rows[:N], rows[N : 2 * N], slice(2 * N, None)
    samples = _planted(name, rows[rest], labels[rest], np.random.default_rng(1))
    assert _judge(train, reference, samples)[0] is expected


@pytest.mark.parametrize("k", [3, 5, 10])
@pytest.mark.parametrize("n", [100, 250, 500])
def test_honest_samples_are_not_accused(n, k, digits):
    """Kills: an absolute bound: recall of equal distributions is 0.5 to 0.97 over these k and n (B10)."""
    rng = np.random.default_rng(n + k)
    assert _judge(*rng.normal(size=(3, n, 64)), k=k) == (False, False)
    rows = rng.permutation(digits[0])
    assert _judge(rows[:n], rows[n : 2 * n], rows[2 * n : 3 * n], k=k) == (False, False)


def test_the_time_of_a_collapse_is_where_its_last_stretch_begins():
    """Kills: the first collapsed mark of all (not yet learnt), the last one, a collapse that was recovered from."""
    spent = [1.0, 2, 3, 4]
    assert time_to_collapse(spent, [True, False, True, True]) == 3
    assert time_to_collapse(spent, [True, True, True, True]) == 1
    assert time_to_collapse(spent, [False, True, True, False]) is None
    assert time_to_collapse(spent, [False, False, False, True]) == 4
    assert time_to_collapse([0.0, 1], [True, True]) == 0
    assert time_to_collapse([], []) is None
    with pytest.raises(ValueError, match="got 1 values for 2 marks"):
        time_to_collapse([1, 2], [True])


def test_the_area_by_hand():
    """Kills: the mean of the marks, the area in units of the budget, rectangles."""
    assert area_under([10, 20, 40], [8.0, 4, 2]) == pytest.approx((6 * 10 + 3 * 20) / 30)
    assert area_under([10, 20], [-1.0, 1]) == 0
    assert area_under([10, 10, 20], [9.0, 4, 4]) == 4
    assert area_under([10], [8.0]) is None
    assert area_under([5, 5], [8.0, 9]) is None


def test_a_divergence_makes_the_area_infinitely_bad():
    """Kills: NaN as None or left out, infinity with the sign of the other direction."""
    assert area_under([1, 2, 3], [5.0, NAN, 4]) == math.inf
    assert area_under([1, 2, 3], [0.5, 0.6, NAN], lower_is_better=False) == -math.inf
    for spent, values, message in (([1, 2], [1.0], "got 1 values"), ([2, 1], [1.0, 2], "at or beyond")):
        with pytest.raises(ValueError, match=message):
            area_under(spent, values)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=9), st.sampled_from([1e-3, 7.0, 1e9]))
def test_the_area_lies_among_the_values_and_knows_no_unit(values, unit):
    """Kills: a sum for a mean; the independent rule of numpy."""
    spent = [1.0 + index**1.5 for index in range(len(values))]
    found = area_under(spent, values)
    assert min(values) - 1e-9 <= found <= max(values) + 1e-9
    assert area_under([unit * at for at in spent], values) == pytest.approx(found, rel=1e-6, abs=1e-9)
    fine = np.linspace(spent[0], spent[-1], 20_001)
    assert found == pytest.approx(np.interp(fine, spent, values).mean(), rel=1e-3, abs=0.02)


def _published(shared):
    """(name, evaluations, best, last, ratio) of every published run."""
    line = re.compile(r"logs/(\S+)\s+n_eval=\s*(\d+)\s+best=\s*([\d.]+)@\d+\s+last=\s*([\d.]+)@\d+\s+ratio=\s*([\d.]+)")
    text = (shared / "goldens/studiogan_best_vs_last.txt").read_text()
    found = [line.match(each) for each in text.splitlines() if each.strip()]
    assert all(found)
    return [(each[1], int(each[2]), *(float(each[index]) for index in (3, 4, 5))) for each in found]


def test_verdicts_on_published_runs_agree_with_the_published_ratios(shared):
    """Kills: lines that do not parse left out, a threshold outside the gap between 1.30 and 1.56."""
    runs = _published(shared)
    steady = [ratio for *_, best, last, ratio in runs if not best_to_last([best, last]).is_deteriorated]
    fallen = [ratio for *_, best, last, ratio in runs if best_to_last([best, last]).is_deteriorated]
    assert (len(steady), len(fallen)) == (46, 19)
    assert max(steady) <= 1.30 and min(fallen) >= 1.56
    for _, _, best, last, ratio in runs:
        assert best_to_last([best, last]).ratio == pytest.approx(ratio, abs=0.0051 + 0.01 * ratio / best)


def test_published_runs_are_called_what_a_reader_calls_them(shared):
    """Kills: a threshold in the crowd (1.1 calls 24 runs deteriorated), a bad but steady run called deteriorated."""
    runs = _published(shared)
    verdicts = {name: best_to_last([best, last] if count > 1 else [last]) for name, count, best, last, _ in runs}
    assert len(runs) == len(verdicts) == 65
    fallen = {name for name, verdict in verdicts.items() if verdict.is_deteriorated}
    assert len(fallen) == 19
    assert sum(verdict.is_deteriorated is None for verdict in verdicts.values()) == 1  # evaluated once
    ratios = sorted(verdict.ratio for verdict in verdicts.values())
    assert not [ratio for ratio in ratios if 1.30 < ratio < 1.56]  # the rule lies in a gap, not in a crowd
    assert {name.split("-train")[0] for name in fallen if name.startswith("CIFAR10")} == {
        f"CIFAR10/{model}" for model in ("WGAN-DRA", "GGAN", "DCGAN", "ProjGAN", "ACGAN", "LSGAN")
    }
    steady_though_bad = {"CIFAR10/WGAN-WC", "TINY_IMAGENET/WGAN-GP"}
    assert not steady_though_bad & {name.split("-train")[0] for name in fallen}


def test_best_is_not_the_first_nor_the_last():
    """Kills: first to last, the ratio upside down."""
    result = best_to_last([9.0, 2, 3, 4])
    assert (result.ratio, result.best, result.is_deteriorated) == (2.0, 1, True)
    assert best_to_last([9.0, 4, 3, 2]).ratio == 1


def test_a_rise_within_sampling_noise_is_none():
    """Kills: a ratio of two numbers that are both noise (FD 0.02 to 0.05 on points)."""
    assert best_to_last([0.02, 0.05]).is_deteriorated
    assert not best_to_last([0.02, 0.05], noise=0.01).is_deteriorated


def test_values_around_zero_have_no_ratio():
    """Kills: the kernel distance -0.001 to 0.3 called an improvement by its sign."""
    result = best_to_last([-0.001, 0.3], noise=0.001)
    assert (result.ratio, result.is_deteriorated) == (None, True)
    assert not best_to_last([-0.001, 0.002], noise=0.001).is_deteriorated


def test_divergence_at_the_end_and_throughout():
    """Kills: NaN marks dropped, so that a diverged run ends at its best."""
    assert best_to_last([3.0, 2, NAN]) == best_to_last([3.0, 2, math.inf])
    assert (best_to_last([3.0, 2, NAN]).ratio, best_to_last([3.0, 2, NAN]).is_deteriorated) == (math.inf, True)
    assert (best_to_last([NAN]).best, best_to_last([NAN]).is_deteriorated) == (None, True)
    assert best_to_last([NAN, 3.0]).ratio == 1


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=20), st.sampled_from([2.0**-8, 4.0, 2.0**10]))
def test_scale_and_detours_change_no_verdict(curve, scale):
    """Kills: an absolute threshold; the middle of the curve does not matter beyond its best."""
    result = best_to_last(curve)
    assert result.ratio >= 1
    assert best_to_last([scale * value for value in curve]) == result  # exact: a power of two
    assert best_to_last([min(curve), curve[-1]]).is_deteriorated == result.is_deteriorated


def test_spread():
    """Kills: the deviation over n, variance for deviation, the survivors' spread (B25)."""
    assert spread_cv([8.0, 12]) == pytest.approx(8**0.5 / 10)
    assert spread_cv([8.0, 12, NAN]) == math.inf
    assert spread_cv([8.0]) is None
    assert spread_cv([-1.0, 1]) is None
    assert spread_cv([5.0, 5, 5]) == 0


def test_budget_to_a_threshold():
    """Kills: the best mark for the first, < for <=, NaN reaching, the last mark for a threshold never reached."""
    spent = [10, 20, 30, 40]
    assert budget_to(spent, [50, 20, 10, 30], 20) == 20
    assert budget_to(spent, [50, NAN, 19, 30], 20) == 30
    assert budget_to(spent, [50, 40, 30, 21], 20) is None
    assert budget_to(spent, [0.1, 0.5, 0.9, 0.2], 0.5, lower_is_better=False) == 20
    with pytest.raises(ValueError, match="got 3 values for 4 marks"):
        budget_to(spent, [1, 2, 3], 20)
