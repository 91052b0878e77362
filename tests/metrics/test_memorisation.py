from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genbench.metrics.frechet import fd
from genbench.metrics.manifold import prdc
from genbench.metrics.memorisation import Copies, copies, dealing_z, duplicates, fd_gap, mann_whitney_z


def _gauss(rng, n, deviation=1.0):
    return deviation * rng.normal(size=(n, 64))


def test_a_copier_is_unmasked():
    """Kills: distances to the held-out rows instead of the train rows; B12: FD and coverage praise it."""
    rng = np.random.default_rng(0)
    train, held_out, fresh = _gauss(rng, 1000), _gauss(rng, 500), _gauss(rng, 1000)
    copied = copies(train, held_out, train[rng.choice(1000, 500)], rng=rng)
    honest = copies(train, held_out, fresh[:500], rng=rng)
    assert (copied.is_copying, honest.is_copying) == (True, False)
    assert copied.ct_z < -20
    assert abs(honest.ct_z) < 3
    assert (copied.near_share, honest.near_share) == (1.0, pytest.approx(0.01, abs=0.015))
    assert fd(train, train).value == pytest.approx(0, abs=1e-9)
    assert fd(held_out, train).value == pytest.approx(fd(held_out, fresh).value, rel=0.1)
    assert all(score.value == pytest.approx(1, abs=0.01) for score in prdc(train, train).values())


def test_noise_does_not_hide_a_copier():
    """Kills: a search for exact duplicates."""
    rng = np.random.default_rng(0)
    train = _gauss(rng, 1000)
    result = copies(train, _gauss(rng, 500), train[:500] + _gauss(rng, 500, 0.3), rng=rng)
    assert result.is_copying
    assert result.near_share > 0.99


def test_a_tenth_of_copies_is_enough():
    """Kills: the z alone, which a tenth of copies does not move to -3."""
    rng = np.random.default_rng(0)
    train = _gauss(rng, 1000)
    result = copies(train, _gauss(rng, 500), np.vstack([train[:50], _gauss(rng, 450)]), rng=rng)
    assert result.ct_z > -3
    assert result.is_copying


def _published(result):
    return result.ct_z <= -3 or result.near_share > 0.05


def _planted(rng, train, fresh):
    """Samples that hold copies of training rows, in one disguise or another."""
    drawn = train[rng.choice(len(train), len(fresh))]
    neighbours = np.argsort(((drawn[:, None] - train[:400]) ** 2).sum(axis=2), axis=1)[:, 1]
    weights = rng.uniform(size=(len(fresh), 1))
    return {
        "half": np.vstack([drawn[::2], fresh[::2]]),
        "a tenth with noise": np.vstack([drawn[:40] + 0.1 * rng.normal(size=(40, 64)), fresh[40:]]),
        "noise": drawn + 0.3 * rng.normal(size=drawn.shape),
        "between neighbours": weights * drawn + (1 - weights) * train[:400][neighbours],
        "shrunk": 0.8 * drawn,
        "ten rows": train[rng.choice(10, len(fresh))],
        "one row": np.repeat(train[:1], len(fresh), axis=0),
    }


@pytest.mark.parametrize(("n", "m"), [(1000, 500), (500, 1000), (4000, 400)])
def test_copies_are_unmasked_in_every_disguise(n, m):
    """Kills: a search for exact repeats, the z alone, a control that needs as many held-out as training rows."""
    rng = np.random.default_rng(0)
    train, held_out, fresh = _gauss(rng, n), _gauss(rng, m), _gauss(rng, 400)
    found = {name: copies(train, held_out, fake, rng=rng) for name, fake in _planted(rng, train, fresh).items()}
    assert {name: result.is_copying for name, result in found.items()} == dict.fromkeys(found, True)


@pytest.mark.parametrize(("n", "m"), [(1000, 500), (500, 1000)])
def test_a_narrow_model_is_not_a_copier(n, m):
    """Kills: the published rule, which accuses every one of these; distances to few rows taken for independent ones."""
    rng = np.random.default_rng(0)
    results = [
        copies(_gauss(rng, n), _gauss(rng, m), _gauss(rng, 300, deviation), rng=rng)
        for deviation in (0.9, 0.8, 0.6)
        for _ in range(8)
    ]
    assert all(_published(result) for result in results)
    assert not any(result.is_copying for result in results)
    assert np.std([result.control_z for result in results]) == pytest.approx(1, abs=0.4)


def test_a_model_of_the_subspace_is_not_a_copier():
    """Kills: the published rule for samples smoother than the data, as of a blurring decoder."""
    rng = np.random.default_rng(0)
    directions = np.linalg.qr(rng.normal(size=(64, 16)))[0]
    results = [
        copies(_gauss(rng, 1000), _gauss(rng, 500), _gauss(rng, 300) @ directions @ directions.T, rng=rng)
        for _ in range(8)
    ]
    assert all(_published(result) for result in results)
    assert not any(result.is_copying for result in results)


def test_a_collapsed_model_is_not_a_copier():
    """Kills: samples counted as independent though all share a neighbour: a z of -13 in half of the cases."""
    rng = np.random.default_rng(0)
    results = []
    for _ in range(20):
        points = _gauss(rng, 3, 0.9)[rng.choice(3, 300)] + _gauss(rng, 300, 0.05)
        results.append(copies(_gauss(rng, 600), _gauss(rng, 400), points, rng=rng))
    assert sum(_published(result) for result in results) > 10
    assert not any(result.is_copying for result in results)


def test_held_out_rows_repeated_are_no_copies():
    """Kills: a tie between a training row and an equal held-out row counted against the sample."""
    rng = np.random.default_rng(0)
    rows = np.round(rng.normal(size=(400, 3)))
    assert copies(rows, rows, rows, rng=rng).control_z == 0
    result = copies(_gauss(rng, 500), held_out := _gauss(rng, 500), held_out[:300], rng=rng)
    assert not result.is_copying
    assert result.control_z > 10


@pytest.mark.parametrize("m", [900, 300])
def test_whole_numbers_are_no_copies(m):
    """Kills: rows that meet by chance taken for copies, their like being kept out of the held-out rows.

    Without its error the difference of two shares is above 0.05 in every tenth case; training rows that are not
    weighed by their share of all excuse a copier, since they lie where their split has rows.
    """
    rng, found, caught = np.random.default_rng(0), [], []
    for _ in range(10):
        sides = rng.permutation(4000) % (900 + m) < 900  # the split of each cell, with all rows that fall into it
        cells = rng.integers(0, 4000, 2 * (900 + m))
        train, held_out = (_coordinates(part) for part in (cells[sides[cells]], cells[~sides[cells]]))
        fresh = _coordinates(rng.integers(0, 4000, 300))
        found.append(copies(train, held_out, fresh, rng=rng))
        caught.append(copies(train, held_out, np.vstack([train[:90], fresh[90:]]), rng=rng))
    assert all(_published(result) for result in found)
    assert not any(result.is_copying for result in found)
    assert all(result.is_copying for result in caught)


def _coordinates(cells):
    return np.stack([cells // 40 % 100, cells % 20, cells // 20 % 2], axis=1) / [29, 5.8, 0.5]


def test_honest_digits_are_cleared_and_copied_ones_are_not():
    """Kills: a rule that holds for normal rows alone, near samples counted and no z; the module has rates."""
    datasets = pytest.importorskip("sklearn.datasets")
    digits = np.round(datasets.load_digits().data * 255 / 16)
    rng = np.random.default_rng(0)
    for _ in range(2):
        train, validation, held_out = np.split(rng.permutation(digits), [997, 1297])
        mean = train.mean(axis=0)
        honest = {
            "fresh": validation,
            "narrow": mean + 0.8 * (validation - mean),
            "broad": validation * 1.3 - 0.3 * mean,
        }
        noises = {f"noise {level}": train[:300] + rng.normal(0, level, (300, 64)) for level in (20, 30)}
        planted = {"tenth": np.vstack([train[:30], validation[30:]]), **noises}
        for samples, expected in ((honest, False), (planted, True)):
            found = {name: copies(train, held_out, fake, rng=rng).is_copying for name, fake in samples.items()}
            assert found == dict.fromkeys(samples, expected)
        assert copies(train, held_out, noises["noise 30"], rng=rng).near_share < 0.05


def test_a_broad_model_is_not_a_copier():
    """Kills: a two-sided test without controls."""
    rng = np.random.default_rng(0)
    result = copies(_gauss(rng, 1000), _gauss(rng, 500), _gauss(rng, 500, 1.5), rng=rng)
    assert result.ct_z > 10
    assert not result.is_copying


def test_large_sides_are_looked_up_in_part_and_by_the_generator_given():
    """Kills: looking up the first rows, which may be sorted, and randomness from elsewhere."""
    rng = np.random.default_rng(0)
    train, held_out = rng.normal(size=(3000, 2)), rng.normal(size=(3000, 2))
    fake = np.vstack([rng.normal(size=(2500, 2)), train[:500]])
    first, second = (copies(train, held_out, fake, rng=np.random.default_rng(1)) for _ in range(2))
    assert first == second
    assert first.near_share == pytest.approx(500 / 3000 + 0.01, abs=0.03)


def test_refuses_rows_of_other_width():
    """Kills: a comparison across extractors."""
    rows = np.ones((5, 2))
    with pytest.raises(ValueError, match="train has d = 2, fake has d = 3"):
        copies(rows, rows, np.ones((5, 3)), rng=np.random.default_rng(0))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.lists(st.integers(0, 5), min_size=2, max_size=12))
def test_z_is_the_standardised_count_of_pairs(first, second):
    """Kills: a missing tie correction, the sign turned."""
    stats = pytest.importorskip("scipy.stats")
    count = sum((x > y) + 0.5 * (x == y) for x in first for y in second)
    z = mann_whitney_z(np.array(first, float), np.array(second, float))
    if len({*first, *second}) == 1:
        assert z == 0
        return
    expected = stats.mannwhitneyu(first, second, method="asymptotic", use_continuity=False).pvalue
    assert 2 * stats.norm.sf(abs(z)) == pytest.approx(expected, rel=1e-9)
    assert np.sign(round(z, 9)) == np.sign(count - len(first) * len(second) / 2)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 4), st.integers(1, 12))
def test_dealing_z_is_the_standardised_count_over_all_deals(seed, n, m, samples):
    """Kills: samples that share a neighbour counted as independent, the correction for few rows left out, the sign."""
    nearest = np.random.default_rng(seed).integers(n + m, size=samples)
    counts = [np.isin(nearest, deal).sum() for deal in itertools.combinations(range(n + m), n)]
    deviation = np.std(counts)
    z = dealing_z(nearest, n, m)
    if deviation == 0:
        assert z == 0
        return
    assert z == pytest.approx((np.mean(counts) - (nearest < n).sum()) / deviation, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(20, 60), st.integers(5, 20), st.integers(2, 40), st.booleans())
def test_copies_agrees_with_a_slow_implementation_and_is_invariant(seed, n, m, samples, is_whole):
    """Kills: a percentile of the wrong distances, <= for <, squares halved, more accused than published."""
    rng = np.random.default_rng(seed)
    train, held_out, fake = (rng.normal(size=(count, 3)) for count in (n, m, samples))
    if is_whole:
        train, held_out, fake = np.round(train), np.round(held_out), np.round(fake)
    result, expected = copies(train, held_out, fake, rng=rng), _slow_copies(train, held_out, fake)
    assert result == expected
    assert result.is_copying == (max(result.ct_z, result.control_z) <= -3 or result.control_share > 0.05)
    assert _published(result) or not result.is_copying
    moved = copies(*(2 * rows + 4 for rows in (train, held_out, rng.permutation(fake))), rng=rng)
    assert (moved.near_share, moved.control_share, moved.is_copying) == (
        expected.near_share,
        expected.control_share,
        result.is_copying,
    )


def _slow_copies(train, held_out, fake):
    def distances(rows, targets):
        return np.array([[sum((x - y) ** 2) ** 0.5 for y in targets] for x in rows])

    to_train, to_fresh, expected = distances(fake, train), distances(fake, held_out), distances(held_out, train).min(1)
    near = np.percentile(expected, 1)
    nearest = [
        a.argmin() if a.min() < b.min() else len(train) + b.argmin()
        for a, b in zip(to_train, to_fresh, strict=True)
        if a.min() != b.min()
    ]
    z, control_z = (
        mann_whitney_z(to_train.min(1), expected),
        dealing_z(np.array(nearest, int), len(train), len(held_out)),
    )
    is_near = to_train.min(1) < near
    near_share = float(is_near.mean())
    among, across = distances(train, train), distances(train, held_out).min(1)
    np.fill_diagonal(among, np.inf)
    pairs = [zip(to_train.min(1), to_fresh.min(1), strict=True), zip(among.min(1), across, strict=True)]
    of_samples, by_chance = ([a < near and 2 * a < b for a, b in each] for each in pairs)
    share = len(train) / (len(train) + len(held_out))
    excess = np.mean(of_samples) - share * np.mean(by_chance)
    error = (np.var(of_samples) / len(fake) + share**2 * np.var(by_chance) / len(train)) ** 0.5
    control_share = pytest.approx(excess if excess > 3 * error else 0, abs=1e-12)
    return Copies(
        ct_z=pytest.approx(z, abs=1e-9),
        near_share=near_share,
        control_z=pytest.approx(control_z, abs=1e-9),
        control_share=control_share,
    )


def test_the_gap_tells_a_copier_from_an_honest_sampler():
    """Kills: the sign turned; B12: a copier has 0 to its rows and 1.098 to others, an honest sampler 1.118."""
    rng = np.random.default_rng(0)
    train, held_out, fresh = (_gauss(rng, 2000) for _ in range(3))
    copied, honest = fd_gap(train, held_out, train, rng=rng), fd_gap(train, held_out, fresh, rng=rng)
    assert copied.value == pytest.approx(1.098, rel=0.1)
    assert fd(held_out, fresh).value == pytest.approx(1.118, rel=0.1)
    assert honest.value == pytest.approx(0, abs=0.15)
    assert copied.se is None  # as many training as held-out rows: there is nothing to draw
    assert fd_gap(held_out, train, train, rng=rng).value == pytest.approx(-copied.value)


def test_the_gap_of_more_training_rows_is_taken_at_equal_numbers():
    """Kills: all training rows on one side, whose distance is less biased, so that an honest sampler seems a copier."""
    rng = np.random.default_rng(0)
    train, held_out, fake = _gauss(rng, 4000), _gauss(rng, 300), _gauss(rng, 1000)
    score = fd_gap(train, held_out, fake, rng=rng)
    assert fd(held_out, fake).value - fd(train, fake).value > 2
    assert abs(score.value) < 4 * score.se
    copied = fd_gap(train, held_out, train[:1000], rng=rng)
    assert copied.value > 0
    few, again = (fd_gap(held_out, train, fake, rng=np.random.default_rng(1)) for _ in range(2))
    assert few == again
    assert abs(few.value) < 1
    assert few.se is None


def test_the_gap_is_a_difference_of_two_distances_and_warns_as_they_do():
    """Kills: the mean of draws that are not what `fd` says; a singular covariance in silence."""
    rng = np.random.default_rng(0)
    train, held_out, fake = (rng.normal(size=(40, 3)) for _ in range(3))
    expected = fd(held_out, fake).value - fd(train, fake).value
    assert fd_gap(train, held_out, fake, rng=rng).value == pytest.approx(expected, rel=1e-9)
    (warning,) = fd_gap(_gauss(rng, 90), _gauss(rng, 40), _gauss(rng, 90), rng=rng).warnings
    assert "40 rows in 64 dimensions" in warning


@pytest.mark.slow
def test_the_gap_of_an_honest_sampler_is_zero_within_its_error():
    """Kills: draws without replacement taken for independent ones; se is of 4 degrees of freedom: 88 % within 2 se."""
    rng = np.random.default_rng(0)
    scores = [
        fd_gap(*(rng.normal(size=(count, 16)) for count in (700, 500)), rng.normal(size=(500, 16)) + 0.2, rng=rng)
        for _ in range(150)
    ]
    values, errors = (np.array([getattr(score, name) for score in scores]) for name in ("value", "se"))
    assert np.sqrt((errors**2).mean()) == pytest.approx(values.std(), rel=0.2)
    assert abs(values.mean()) < 3 * values.std() / 150**0.5
    assert (np.abs(values) < 2 * errors).mean() == pytest.approx(0.88, abs=0.08)


def test_duplicates_by_hand():
    """Kills: every member of a group counted, rows compared as sets of values, pixels compared after rounding."""
    images = np.zeros((5, 1, 2, 2), np.uint8)
    images[1, 0, 0, 0] = images[2, 0, 0, 0] = 1
    images[3, 0, 1, 1] = 1
    assert duplicates(images).value == pytest.approx(2 / 5)  # the third repeats the second, the last the first
    assert duplicates(images[::2][:, :, ::-1]).value == pytest.approx(1 / 3)
    assert duplicates(np.array([[1.0, 2], [2, 1], [1 + 1e-12, 2]])).value == 0
    assert duplicates(np.zeros((7, 3), np.float32)).value == pytest.approx(6 / 7)
    with pytest.raises(ValueError, match="expected at least 1 row"):
        duplicates(np.zeros((0, 3)))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_duplicates_agree_with_unique_rows_and_do_not_depend_on_their_order(seed, n):
    """Kills: only neighbouring rows compared."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(3, size=(n, 3)).astype(float)
    expected = pytest.approx(1 - len(np.unique(rows, axis=0)) / n)
    assert duplicates(rows).value == expected
    assert duplicates(rng.permutation(rows)).value == expected


def test_tensors_give_the_same_numbers():
    """Kills: metrics that only know arrays of numpy."""
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    sides = [rng.normal(size=(count, 5)) for count in (700, 600, 650)]
    tensors = [torch.from_numpy(side) for side in sides]
    for metric in (copies, fd_gap):
        first, second = (metric(*rows, rng=np.random.default_rng(1)) for rows in (sides, tensors))
        assert first == second
    assert duplicates(tensors[0]) == duplicates(sides[0])


@pytest.mark.gpu
def test_a_gpu_gives_the_same_numbers():
    """Kills: rows drawn on another device than where they are."""
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    rng = np.random.default_rng(0)
    sides = [rng.normal(size=(count, 5)) for count in (9000, 2500, 2600)]
    tensors = [torch.from_numpy(side).cuda() for side in sides]
    for metric in (copies, fd_gap):
        first, second = (metric(*rows, rng=np.random.default_rng(1)) for rows in (sides, tensors))
        assert first == second
