"""CIFAR-10 photographs, 32 x 32 colour, up to 50,000 + 10,000 in 10 classes, from the data root.

A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009. Read from the binary version, the Python
version or npz files `cifar10/cifar10_*.npz`; fewer npz files give a smaller set, of another hash. Checked by hash: the
first three train batches and the first 1,000 test images; the others by shape, length and number of images per class.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from genbench.data.cifar_batches import SHAPE, read_binary, read_python
from genbench.data.dataset import Part, Raw
from genbench.data.reading import data_root, first_existing, read_npz, refusal
from genbench.data.splits import by_tail

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BINARY, PYTHON = "cifar-10-batches-bin", "cifar-10-batches-py"
BATCH, TEST = 10_000, 1_000
KNOWN = (  # sha256 of pixels [n, 3, 32, 32] and labels: the first train batches; below, the first 1,000 test images
    "ba52cb2d72c412975d7556bb26bd094956f1c002d1937053f6f1252f2ac17114",
    "350ff9000489d02f2568c0dcf4912ffdbae9e50932147905fb1b8159ad54f0ac",
    "a2b8653fc457df407af6c38b7e0d1a12530f3b5f81fce9f81516efd065daf722",
)
KNOWN_TEST = "2c7f1e2769a741f695dfd5f74aa4a4ef08a7d20b9ec8576214dabab76c75c784"
ADVICE = (
    "get the binary or the python version of CIFAR-10 from its authors' page (A. Krizhevsky, University of Toronto; "
    "torchvision fetches the python version too) and unpack it there"
)


def files(root: Path | None) -> tuple[Path, ...]:
    """Return the files of the most complete form that is there."""
    base = data_root(root, "cifar10")
    names = [base / parent / form for form in (BINARY, PYTHON) for parent in ("", "cifar10")]
    folder = first_existing([*names, base / "cifar10"], name="cifar10", advice=ADVICE)
    suffix = {BINARY: ".bin", PYTHON: ""}.get(folder.name)
    if suffix is None:
        first_existing([folder / "cifar10_a.npz"], name="cifar10", advice=ADVICE)
        return tuple(sorted(folder.glob("cifar10_*.npz")))
    batches = [*(f"data_batch_{k}" for k in range(1, 6)), "test_batch"]
    return tuple(first_existing([folder / f"{name}{suffix}"], name="cifar10", advice=ADVICE) for name in batches)


def load(root: Path | None) -> Raw:
    """Read, check and split: the last 5,000 train rows validate (a fifth of fewer), the test part is held out."""
    paths = files(root)
    if paths[0].suffix == ".npz":
        train, test = _from_npz(paths)
    else:
        read = read_binary if paths[0].suffix == ".bin" else read_python
        *batches, test = (read(path, ADVICE) for path in paths)
        train = _joined(batches)
    _check_known(paths[0].parent, train, test)
    kept, validation, held_out = by_tail(train, test)
    return Raw(kind="image", train=kept, validation=validation, held_out=held_out, classes=10)


def _from_npz(paths: tuple[Path, ...]) -> tuple[Part, Part]:
    """Return train and test of npz files with x_train [n, 32, 32, 3], y_train and, in one of them, x_test, y_test."""
    train: list[Part] = []
    test: list[Part] = []
    for path in paths:
        arrays = read_npz(path, ADVICE)
        for prefix, parts in (("train", train), ("test", test)):
            if f"x_{prefix}" in arrays:
                parts.append(_part(path, arrays, prefix))
    if not train or not test:
        raise refusal(paths[0], expected="x_train and x_test", found="no such arrays in any file", advice=ADVICE)
    return _joined(train), _joined(test)


def _part(path: Path, arrays: dict[str, NDArray[Any]], prefix: str) -> Part:
    images, labels = arrays[f"x_{prefix}"], arrays.get(f"y_{prefix}", np.zeros(0))
    if images.dtype != np.uint8 or images.shape != (len(labels), *SHAPE[1:], SHAPE[0]):
        expected = f"x_{prefix} uint8 [n, 32, 32, 3] and y_{prefix} [n]"
        found = f"{images.dtype} {list(images.shape)} and {labels.dtype} {list(labels.shape)}"
        raise refusal(path, expected=expected, found=found, advice=ADVICE)
    return Part(rows=images.transpose(0, 3, 1, 2), labels=labels)


def _joined(parts: list[Part]) -> Part:
    labels = [part.labels for part in parts if part.labels is not None]
    return Part(rows=np.concatenate([part.rows for part in parts]), labels=np.concatenate(labels))


def _check_known(folder: Path, train: Part, test: Part) -> None:
    if len(train) % BATCH or len(test) not in (TEST, BATCH):
        expected = f"batches of {BATCH} train images and {TEST} or {BATCH} test images"
        raise refusal(folder, expected=expected, found=f"{len(train)} and {len(test)}", advice=ADVICE)
    chunks = [(f"train batch {k + 1}", train[k * BATCH : (k + 1) * BATCH], known) for k, known in enumerate(KNOWN)]
    for what, part, known in (*chunks, ("the first test images", test[:TEST], KNOWN_TEST)):
        found = _hash(part)
        if len(part) and found != known:
            raise refusal(folder, expected=f"{what} with sha256 {known}", found=found, advice=ADVICE)
    for what, part, count in (("train", train, 5 * BATCH), ("test", test, BATCH)):
        per_class = np.bincount(np.asarray(part.labels), minlength=10)
        if len(part) == count and set(per_class) != {count // 10}:
            expected = f"{count // 10} {what} images of each class"
            raise refusal(folder, expected=expected, found=f"{per_class.tolist()}", advice=ADVICE)


def _hash(part: Part) -> str:
    digest = hashlib.sha256(np.ascontiguousarray(part.rows).data)
    digest.update(np.ascontiguousarray(part.labels, dtype=np.uint8).data)
    return digest.hexdigest()
