"""Known answers: given, wrong, and for other images."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from genbench.doctor import answers
from genbench.doctor.answers import Answer, compare, inception_score
from genbench.features import dinov2_network, inception
from genbench.features.verification import unverified

FEW = 12


@pytest.fixture
def at_hand(monkeypatch, few_images):
    """Let the answers be for the few images that there are."""
    monkeypatch.setattr(answers, "ROWS", FEW)
    monkeypatch.setattr(inception, "BATCH", FEW)
    monkeypatch.setattr("genbench.data.prepare", lambda name, **_: few_images)
    return few_images


@pytest.fixture(scope="module")
def measured(inception_file, few_images):
    """What the stand-in answers, as if it had been published."""
    space = inception.load(inception_file, "cpu", name="inception_tf", resize="as_tensorflow")
    train, test = (space(few_images.rows(split)[:FEW]) for split in ("train", "held_out"))
    found = {answers.SCORE: inception_score(space.scores(train))} | answers._distances(test, train)
    return {name: Answer(value, answers.INCEPTION[name].within) for name, value in found.items()}


def look(name, path, tmp_path):
    return list(compare(name, path, root=None, cache=tmp_path, device="cpu"))


def hashes(path):
    ways = {"inception": "antialiased", "inception_tf": "as_tensorflow"}
    return {name: inception.load(path, "cpu", name=name, resize=way).hash for name, way in ways.items()}


def test_right_answers_are_noted_for_both_ways_of_resizing(inception_file, at_hand, measured, monkeypatch, tmp_path):
    """Kills: a note under another hash than the judge asks for; a note for one space alone."""
    monkeypatch.setattr(answers, "INCEPTION", measured)
    findings = look("inception", inception_file, tmp_path)
    assert [each.text for each in findings if each.state == "fail"] == []
    assert "verified: inception_tf and inception" in findings[-1].text
    for name, digest in hashes(inception_file).items():
        assert unverified(name, digest, tmp_path) is None


@pytest.mark.parametrize("name", sorted(answers.INCEPTION))
def test_every_answer_counts(name):
    """Kills: an answer that is printed and not counted; one that may only be too small."""
    right = {each: answer.value for each, answer in answers.INCEPTION.items()}
    assert answers._are_right(right, answers.INCEPTION, [])
    for sign in (-1, 1):
        wrong = right | {name: right[name] + sign * 1.1 * answers.INCEPTION[name].within}
        assert not answers._are_right(wrong, answers.INCEPTION, [])
    assert not answers._are_right(right, answers.INCEPTION, [answers.fail("resize", "another")])


def test_one_wrong_answer_is_enough(inception_file, at_hand, measured, monkeypatch, tmp_path):
    """Kills: a note that is left whatever was answered."""
    monkeypatch.setattr(answers, "INCEPTION", measured | {"fd": Answer(measured["fd"].value + 1, 0.1)})
    findings = look("inception", inception_file, tmp_path)
    assert [each.topic for each in findings if each.state == "fail"] == ["fd"]
    assert all(unverified(each, digest, tmp_path) for each, digest in hashes(inception_file).items())


def test_too_few_test_images_leave_it_unverified(inception_file, at_hand, measured, monkeypatch, tmp_path):
    """Kills: a distance to other rows than the published one; a score alone taken for all answers."""
    ref = at_hand.ref.model_copy(update={"counts": at_hand.ref.counts | {"held_out": FEW - 1}})
    monkeypatch.setattr("genbench.data.prepare", lambda name, **_: at_hand.model_copy(update={"ref": ref}))
    monkeypatch.setattr(answers, "INCEPTION", measured)
    findings = look("inception_tf", inception_file, tmp_path)
    assert findings[-1].state == "warn"
    assert findings[-1].text.startswith("not checked: cifar10 has 11 test images here")
    assert all(each.state != "fail" for each in findings)
    assert all(unverified(name, digest, tmp_path) for name, digest in hashes(inception_file).items())


def test_without_the_images_shapes_are_checked_all_the_same(inception_file, tmp_path):
    findings = look("inception", inception_file, tmp_path)
    assert any("472 arrays of the right shapes, 128 features" in each.text for each in findings)
    assert any("the published file's begins with 6726825d" in each.text for each in findings)
    assert findings[-1].text.startswith("not checked: cifar10 is needed")
    assert {each.state for each in findings} == {"ok", "warn"}


def test_a_file_of_something_else_fails(tmp_path):
    torch.save({"a": torch.zeros(1)}, tmp_path / "a.pth")
    for name in ("inception", "dinov2"):
        (finding,) = look(name, tmp_path / "a.pth", tmp_path)
        assert finding.state == "fail"
        assert "is missing" in finding.text
    (finding,) = look("pixels", tmp_path / "a.pth", tmp_path)
    assert "no published answers are known" in finding.text


@pytest.fixture
def dinov2_file(tmp_path):
    like = {"cls_token": (1, 1, 64), "patch_embed.proj.weight": (64, 3, 112, 112), "pos_embed": (1, 5, 64)}
    generator = torch.Generator().manual_seed(0)
    shapes = dinov2_network.shapes(like).items()
    torch.save({name: torch.randn(shape, generator=generator) / 4 for name, shape in shapes}, tmp_path / "d.pth")
    return tmp_path / "d.pth"


def test_dinov2_is_answered_in_one_size_alone(dinov2_file, at_hand, monkeypatch, tmp_path):
    """Kills: a size without a published answer called verified; the antialiased resize where the answer had another."""
    last = look("dinov2", dinov2_file, tmp_path)[-1]
    assert (last.state, last.text[:54]) == ("warn", "not checked: answers are published for dinov2_vitb14_p")
    space = answers.dinov2.load(dinov2_file, "cpu")
    tokens = space(at_hand.rows("train")[:FEW], resize="as_tensorflow")
    monkeypatch.setattr(answers, "DINOV2_WIDTH", 64)
    monkeypatch.setattr(answers, "DINOV2", {answers.SCORE: Answer(inception_score(tokens), 1e-6)})
    assert look("dinov2", dinov2_file, tmp_path)[-1].text.startswith("verified: dinov2")
    assert unverified("dinov2", space.hash, tmp_path) is None


def test_train_images_are_the_samples():
    """Kills: precision and recall swapped, as they were published before 2024."""
    generator = np.random.default_rng(0)
    narrow, wide = generator.normal(0, 0.1, (100, 4)), generator.normal(0, 3, (100, 4))
    found = answers._distances(wide, narrow)
    assert found["precision"] > 0.8
    assert found["recall"] < 0.3


def looped(logits: np.ndarray) -> float:
    """Compute an inception score image by image."""
    order = np.random.RandomState(2020).permutation(len(logits))
    size, scores = len(logits) // 10, []
    for part in range(10):
        shares = []
        for row in logits[order[part * size : (part + 1) * size]]:
            total = sum(math.exp(each) for each in row)
            shares.append([math.exp(each) / total for each in row])
        mean = [sum(column) / size for column in zip(*shares, strict=True)]
        divergences = [sum(p * math.log(p / q) for p, q in zip(row, mean, strict=True)) for row in shares]
        scores.append(math.exp(sum(divergences) / size))
    return sum(scores) / 10


def test_an_inception_score_agrees_with_a_loop():
    """Kills: one part for ten; rows in their own order; exp of each image's divergence."""
    logits = np.random.default_rng(0).normal(0, 2, (60, 5)) + np.arange(60)[:, None] / 20 * np.eye(5)[0]
    assert inception_score(logits) == pytest.approx(looped(logits), rel=1e-10)


def test_an_inception_score_of_nothing_and_of_everything():
    assert inception_score(np.zeros((50, 7))) == pytest.approx(1)
    sure = 100.0 * np.eye(4)[np.random.RandomState(2020).permutation(40).argsort() % 4]
    assert inception_score(sure) == pytest.approx(4)


def test_nan_is_no_answer():
    """Kills: a comparison that NaN passes."""
    assert Answer(1.0, 0.1).judge("fd", math.nan).state == "fail"
