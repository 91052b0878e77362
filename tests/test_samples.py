"""Samples are drawn in chunks that fit the memory, and handed over in the one form in which they are judged."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from genbench.refs import Scale
from genbench.samples import draw, to_rows, to_task

TASK = SimpleNamespace(kind="image", shape=(1, 2, 2), device=torch.device("cpu"))


class Sampler:
    """Draws grey images whose value is the place of the chunk, and runs out of memory above `most` at a time."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked: list[tuple[int, str]] = []

    def sample(self, model, task, *, count, variant, labels, phase):
        if count > self.most:
            raise torch.OutOfMemoryError("out of memory")
        self.asked.append((count, phase))
        return torch.full((count, *task.shape), len(self.asked) / 255)


def _draw(sampler, count, chunk):
    return draw(
        sampler, None, TASK, count=count, chunk=chunk, variant="default", labels=None, scale=None, phase="sample"
    )


@given(st.integers(1, 40), st.integers(1, 50), st.integers(1, 50))
def test_every_sample_is_drawn_once_in_chunks_that_fit(most, count, chunk):
    """Kills: rows of a failed chunk counted as drawn; the last chunk left out; halving down to nothing."""
    sampler = Sampler(most)
    drawn = _draw(sampler, count, chunk)
    assert len(drawn.rows) == count == sum(size for size, _ in sampler.asked)
    assert all(size <= min(most, chunk) for size, _ in sampler.asked)
    starts = np.cumsum([0, *(size for size, _ in sampler.asked)])[:-1]
    assert [phase for _, phase in sampler.asked] == [f"sample:{start}" for start in starts]
    assert drawn.chunk <= chunk


def test_what_does_not_fit_even_alone_is_out_of_memory():
    with pytest.raises(torch.OutOfMemoryError):
        _draw(Sampler(0), 5, 4)


def test_images_are_clamped_and_rounded():
    """Kills: truncation, which darkens by half a grey value; values out of range wrapped around."""
    rows, outside = to_rows(torch.tensor([-0.5, 0.0, 0.5, 0.9999, 1.2]).reshape(5, 1, 1, 1), TASK, None)
    assert rows.dtype == np.uint8
    assert rows.ravel().tolist() == [0, 0, 128, 255, 255]
    assert outside == pytest.approx(0.4)


@given(st.integers(0, 255))
def test_bytes_come_back_as_they_were(value):
    grey = torch.tensor(value, dtype=torch.uint8).to(torch.float32) / 255
    assert to_rows(grey.reshape(1, 1, 1, 1), TASK, None)[0].item() == value


def test_waves_are_clamped_to_their_range():
    rows, outside = to_rows(torch.tensor([[-2.0, 0.5]]), SimpleNamespace(kind="wave"), None)
    assert rows.tolist() == [[-1.0, 0.5]]
    assert outside == 0.5


def test_tokens_stay_whole():
    """Kills: tokens as floats on either way."""
    rows = np.array([[0, 64], [3, 1]], np.int64)
    assert to_task(rows, None).dtype == torch.int64
    back, outside = to_rows(to_task(rows, None), SimpleNamespace(kind="tokens"), None)
    assert (back.dtype, back.tolist(), outside) == (np.int64, rows.tolist(), 0.0)


def test_points_are_put_back_into_their_units():
    scale = Scale(mean=(1.0, -2.0), deviation=(2.0, 0.5))
    rows = np.array([[3.0, -1.5], [1.0, -2.0]], np.float32)
    assert to_task(rows, scale).tolist() == [[1.0, 1.0], [0.0, 0.0]]
    assert to_rows(to_task(rows, scale), SimpleNamespace(kind="points"), scale)[0].tolist() == rows.tolist()
