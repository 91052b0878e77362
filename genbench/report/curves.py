"""Lines over numbers of trials as a picture; PNG by pillow, imported when one is drawn."""

from __future__ import annotations

import io
import math
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PIL.ImageDraw import ImageDraw

    Curve = Sequence[tuple[float, float]]  # (trials, value), trials ascending and positive
    Box = tuple[float, float, float, float]  # least and most trials, least and most value; as they are drawn

WIDTH, HEIGHT = 900, 560  # pixels
LEFT, RIGHT, TOP, BOTTOM = 90, 250, 50, 60  # margins; the legend is at the right
PAPER, INK, PALE = (255, 255, 255), (20, 20, 20), (215, 215, 215)
COLOURS = (  # Okabe and Ito, Color Universal Design, 2008: told apart by the colour-blind
    (0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233), (0, 0, 0),
)  # fmt: skip
DASHES = (0, 9, 4)  # pixels of a dash and of a gap; 0: unbroken; the next one where the colours come round
WIDE = 20  # most to least value, beyond which values are drawn by their logarithm


def curves(lines: Mapping[str, Curve], title: str) -> bytes:
    """Return a PNG of lines over trials, whose axis is logarithmic; what is not finite is left out.

    Raises:
        ValueError: nothing is finite.
    """
    from PIL import Image, ImageDraw

    finite = {name: [each for each in curve if math.isfinite(each[1])] for name, curve in lines.items()}
    points = [point for curve in finite.values() for point in curve]
    if not points:
        raise ValueError(f"lines: got no finite value of {len(lines)} lines, expected one at least")
    is_log = min(y for _, y in points) > 0 and max(y for _, y in points) > WIDE * min(y for _, y in points)
    box = _box(points, is_log=is_log)
    canvas = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(canvas)
    draw.text((LEFT, 18), title, fill=INK)
    _axes(draw, box, sorted({x for x, _ in points}), is_log=is_log)
    for number, (name, curve) in enumerate(finite.items()):
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number // len(COLOURS) % len(DASHES)]
        pixels = [_pixel(x, y, box, is_log=is_log) for x, y in curve]
        for start, stop in pairwise(pixels):
            _line(draw, start, stop, colour, dash)
        for x, y in pixels:
            draw.ellipse((x - 3, y - 3, x + 3, y + 3), fill=colour)
        height = TOP + 18 * number
        _line(draw, (WIDTH - RIGHT + 15, height + 6), (WIDTH - RIGHT + 45, height + 6), colour, dash)
        draw.text((WIDTH - RIGHT + 52, height), name[:30], fill=INK)
    content = io.BytesIO()
    canvas.save(content, format="PNG")
    return content.getvalue()


def _box(points: Sequence[tuple[float, float]], *, is_log: bool) -> Box:
    """Return the frame of all points, never empty."""
    trials = [math.log2(x) for x, _ in points]
    values = [_height(y, is_log=is_log) for _, y in points]
    margin = 0.05 * (max(values) - min(values)) or 0.5 * abs(values[0]) or 1.0
    return min(trials), max(max(trials), min(trials) + 1), min(values) - margin, max(values) + margin


def _height(value: float, *, is_log: bool) -> float:
    return math.log10(value) if is_log else value


def _pixel(trials: float, value: float, box: Box, *, is_log: bool) -> tuple[float, float]:
    across = (math.log2(trials) - box[0]) / (box[1] - box[0])
    up = (_height(value, is_log=is_log) - box[2]) / (box[3] - box[2])
    return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)


def _axes(draw: ImageDraw, box: Box, trials: Sequence[float], *, is_log: bool) -> None:
    for each in trials:
        x = _pixel(each, 10 ** box[2] if is_log else box[2], box, is_log=is_log)[0]
        draw.line((x, TOP, x, HEIGHT - BOTTOM), fill=PALE)
        draw.text((x - 6, HEIGHT - BOTTOM + 8), f"{each:g}", fill=INK)
    for step in range(6):
        height = box[2] + step / 5 * (box[3] - box[2])
        value = 10**height if is_log else height
        y = _pixel(2 ** box[0], value, box, is_log=is_log)[1]
        draw.line((LEFT, y, WIDTH - RIGHT, y), fill=PALE)
        draw.text((12, y - 6), f"{value:.3g}", fill=INK)
    draw.text((LEFT, HEIGHT - 26), "configurations tried", fill=INK)


def _line(
    draw: ImageDraw, start: tuple[float, float], stop: tuple[float, float], colour: tuple[int, int, int], dash: int
) -> None:
    length = math.dist(start, stop)
    pieces = [(0.0, 1.0)] if not dash or not length else [
        (at / length, min(1.0, (at + dash) / length)) for at in range(0, math.ceil(length), 2 * dash)
    ]  # fmt: skip
    (x, y), (across, up) = start, (stop[0] - start[0], stop[1] - start[1])
    for first, last in pieces:
        draw.line((x + first * across, y + first * up, x + last * across, y + last * up), fill=colour, width=2)
