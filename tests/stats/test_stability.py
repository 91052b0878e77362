from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genbench.stats.stability import best_to_last, budget_to, is_collapsed, spread_cv

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


def _published(shared):
    """(name, evaluations, best, last) of every published run."""
    line = re.compile(r"logs/(\S+)\s+n_eval=\s*(\d+)\s+best=\s*([\d.]+)@\d+\s+last=\s*([\d.]+)@")
    text = (shared / "goldens/studiogan_best_vs_last.txt").read_text()
    return [(found[1], int(found[2]), float(found[3]), float(found[4])) for found in map(line.match, text.splitlines())]


def test_published_runs_are_called_what_a_reader_calls_them(shared):
    """Kills: a threshold in the crowd (1.1 calls 24 runs deteriorated), a bad but steady run called deteriorated."""
    runs = _published(shared)
    verdicts = {name: best_to_last([best, last] if count > 1 else [last]) for name, count, best, last in runs}
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
