"""Compare spaces whose weights are the user's files with numbers that others have published for the same images.

The answers are those of torch-fidelity's own tests (github.com/toshas/torch-fidelity, tests/torch_versions_*): the
first 5,000 train images of CIFAR-10, taken for samples, against the first 5,000 test images, three neighbours.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.doctor.finding import Finding, fail, ok, warn
from genbench.errors import DataError, UsageError
from genbench.features import dinov2, inception, verification

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from genbench.features.dinov2 import Dinov2
    from genbench.features.given import Wanted
    from genbench.features.inception import Inception
    from genbench.record import Prepared

ROWS = 5_000
NEIGHBOURS = 3
PARTS, SHUFFLE = 10, 2020  # of an inception score: its pieces, and the seed of the order of images


@dataclass(frozen=True, slots=True)
class Answer:
    """A published number, and how far from it another machine's may lie."""

    value: float
    within: float

    def judge(self, topic: str, found: float) -> Finding:
        """Return whether a number is the published one; NaN is not."""
        text = f"{found:.6g}, expected {self.value:.6g} ± {self.within:g}"
        advice = "do not use numbers of this space; get the published file, or report it where the file is right"
        return ok(topic, text) if abs(found - self.value) <= self.within else fail(topic, text, advice)


SCORE = "inception score"
INCEPTION = {
    SCORE: Answer(10.75051, 1e-2),
    "fd": Answer(10.32333, 1e-2),
    "precision": Answer(0.6852, 1e-3),
    "recall": Answer(0.6908, 1e-3),
}
DINOV2 = {SCORE: Answer(3.701889, 1e-2)}
DINOV2_WIDTH = 768  # of the size that the answer is for, dinov2_vitb14_pretrain.pth


def compare(name: str, path: Path, *, root: Path | None, cache: Path, device: str) -> Iterator[Finding]:
    """Yield whether a file holds the weights that it should and gives the answers that it should.

    Where all answers are right, a note is left in the cache and numbers of the space are no longer called unverified.

    Args:
        name: the feature space.
        path: the user's file.
        root: the data root; answers need CIFAR-10.
        cache: where prepared data and notes are kept.
        device: where to compute.
    """
    if name not in _SPACES:
        yield fail(name, "no published answers are known for this space", f"expected one of {', '.join(_SPACES)}")
        return
    try:
        yield from _SPACES[name](path, root, cache, device)
    except UsageError as error:
        yield fail(name, str(error))
    except _NoImages as error:
        yield _unanswered(name, str(error))


class _NoImages(Exception):
    """The images that the answers are for are not at hand, which is nobody's mistake."""


def _inception(path: Path, root: Path | None, cache: Path, device: str) -> Iterator[Finding]:
    """Compare the network with its published answers, and both spaces' ways of resizing with what defines them."""
    plain = inception.load(path, device, name="inception_tf", resize="as_tensorflow")
    smooth = inception.load(path, device, name="inception", resize="antialiased")
    checks = [_file(path, inception.WANTED), _shape(plain), *_resizes()]
    yield from checks
    data = _cifar10(root, cache)
    train = plain(data.rows("train")[:ROWS])
    measured = {SCORE: inception_score(plain.scores(train))}
    count = data.ref.counts["held_out"]
    if count >= ROWS:
        measured |= _distances(plain(data.rows("held_out")[:ROWS]), train)
    yield from (INCEPTION[name].judge(name, found) for name, found in measured.items())
    if count < ROWS:
        yield _unanswered("inception", f"cifar10 has {count} test images here, the other answers are for {ROWS}")
    elif _are_right(measured, INCEPTION, checks):
        yield _noted(measured, cache, plain, smooth)


def _dinov2(path: Path, root: Path | None, cache: Path, device: str) -> Iterator[Finding]:
    """Compare the network of one size with its published answer; none is known for the others."""
    space = dinov2.load(path, device)
    checks = [_file(path, dinov2.WANTED), _shape(space), *_resizes()]
    yield from checks
    if space.dimension != DINOV2_WIDTH:
        yield _unanswered("dinov2", f"answers are published for dinov2_vitb14_pretrain.pth, {DINOV2_WIDTH} features")
        return
    tokens = space(_cifar10(root, cache).rows("train")[:ROWS], resize="as_tensorflow")
    measured = {SCORE: inception_score(tokens)}
    yield DINOV2[SCORE].judge(SCORE, measured[SCORE])
    if _are_right(measured, DINOV2, checks):
        yield _noted(measured, cache, space)


_SPACES: dict[str, Callable[[Path, Path | None, Path, str], Iterator[Finding]]] = {
    "inception": _inception,
    "inception_tf": _inception,
    "dinov2": _dinov2,
}


def inception_score(logits: NDArray[Any]) -> float:
    """Return the mean over ten parts of exp of the mean of KL(p(y|x) || p(y)), from class scores [n, classes].

    T. Salimans and others, 2016, arXiv 1606.03498, section 4, with the order and the parts of torch-fidelity.
    """
    from scipy.special import log_softmax

    shuffled = np.random.RandomState(SHUFFLE).permutation(len(logits))
    scores = log_softmax(np.asarray(logits, np.float64)[shuffled], axis=1)
    return float(np.mean([_part_score(part) for part in np.array_split(scores, PARTS)]))


def _part_score(scores: NDArray[np.float64]) -> float:
    from scipy.special import logsumexp

    mean = logsumexp(scores, axis=0) - np.log(len(scores))
    return float(np.exp((np.exp(scores) * (scores - mean)).sum(axis=1).mean()))


def _distances(test: NDArray[Any], train: NDArray[Any]) -> dict[str, float]:
    """Return the measures with train images as samples: so the answers were taken since the sides were corrected."""
    from genbench.metrics.frechet import fd
    from genbench.metrics.manifold import prdc

    shares = prdc(test, train, k=NEIGHBOURS)
    found = {"fd": fd(test, train), "precision": shares["precision"], "recall": shares["recall"]}
    return {name: np.nan if score.value is None else score.value for name, score in found.items()}


def _file(path: Path, wanted: Wanted) -> Finding:
    """Tell the hash of a file; another one than the published is no obstacle where the answers are right."""
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found.startswith(wanted.prefix):
        return ok(wanted.features, f"{path}, sha256 {found[:16]}")
    return warn(wanted.features, f"{path}: sha256 {found[:16]}, the published file's begins with {wanted.prefix}")


def _shape(space: Inception | Dinov2) -> Finding:
    return ok(space.name, f"{len(space.state)} arrays of the right shapes, {space.dimension} features")


def _resizes() -> Iterator[Finding]:
    """Compare the antialiased resize with Pillow's and TensorFlow's with what it makes of a ramp."""
    import torch
    from PIL import Image

    from genbench.features import resize

    picture = np.random.default_rng(0).integers(0, 256, (40, 23)).astype(np.float32)
    for side in (224, 13):
        pillow = np.asarray(Image.fromarray(picture).resize((side, side), Image.Resampling.BICUBIC)).clip(0, 255)
        found = resize.antialiased(torch.from_numpy(picture)[None, None], side)[0, 0].numpy()
        yield Answer(0, 1e-2).judge(f"antialiased resize to {side}", float(abs(found - pillow).max()))
    ramp = resize.as_tensorflow(torch.arange(32.0).expand(1, 1, 32, 32), 299)[0, 0].numpy()
    exact = np.minimum(np.arange(299) * (32 / 299), 31)
    yield Answer(0, 1e-4).judge("resize as in TensorFlow 1", float(abs(ramp - exact).max()))


def _cifar10(root: Path | None, cache: Path) -> Prepared:
    from genbench.data import prepare

    try:
        return prepare("cifar10", data_root=root, cache=cache)
    except DataError as error:
        raise _NoImages(f"cifar10 is needed: {error}") from error


def _unanswered(name: str, reason: str) -> Finding:
    return warn(name, f"not checked: {reason}; stays unverified")


def _are_right(measured: dict[str, float], published: dict[str, Answer], checks: list[Finding]) -> bool:
    findings = [*checks, *(published[name].judge(name, found) for name, found in measured.items())]
    return all(each.state != "fail" for each in findings)


def _noted(measured: dict[str, float], cache: Path, *spaces: Inception | Dinov2) -> Finding:
    for space in spaces:
        verification.verify(space.name, space.hash, cache, measured)
    return ok(spaces[0].name, f"verified: {' and '.join(each.name for each in spaces)}, noted in {cache}")
