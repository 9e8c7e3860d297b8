"""Where the marks of a strip plot go: one dot per attempt on a score axis of 0 to 100.

Across, positions are per cent of the plot's width, so that the drawing stretches without its marks
or letters growing; down, they are CSS pixels. The drawing itself is a template.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sampler.records import Percentile

NOMINAL_WIDTH = 760.0
"""CSS pixels for which dots are kept apart; a narrower plot lets them overlap a little."""
DOT = 13.0
"""Diameter of a dot with its gap, in CSS pixels."""
LANE = 132.0
"""Most height that the dots take."""
ROW = 30.0
"""Height of one percentile's row under the axis."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dot:
    """One attempt: `x` in per cent, `y` in pixels from the plot's top."""

    x: float
    y: float
    index: int
    """Into the scores that were given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Whisker:
    """One percentile with its interval: `x`, `low` and `high` in per cent, `y` in pixels."""

    name: str
    x: float
    low: float
    high: float
    y: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Strip:
    """A whole plot; `axis` and `height` in pixels."""

    dots: tuple[Dot, ...]
    whiskers: tuple[Whisker, ...]
    axis: float
    height: float


def strip(scores: Sequence[float], percentiles: Sequence[tuple[str, Percentile | None]]) -> Strip:
    """Place a dot per score, in the order given, and a row per percentile.

    Dots of close scores are stacked around a middle line like a swarm, the same way every time: sorted by
    score, each takes the free place nearest to the line. A swarm that would grow too tall is pressed together.
    """
    places: list[tuple[float, float]] = []
    offsets: dict[int, float] = {}
    for index in sorted(range(len(scores)), key=lambda index: (scores[index], index)):
        x = scores[index] / 100 * NOMINAL_WIDTH
        near = []
        for place in reversed(places):
            if x - place[0] >= DOT:
                break
            near.append(place)
        offset = _free(x, near)
        places.append((x, offset))
        offsets[index] = offset
    reach = max((abs(offset) for offset in offsets.values()), default=0.0)
    scale = min(1.0, (LANE - DOT) / 2 / reach) if reach else 1.0
    middle = max(reach * scale + DOT, DOT * 1.5)
    axis = middle * 2
    rows = [(name, at) for name, at in percentiles if at is not None]
    whiskers = tuple(
        Whisker(name=name, x=at.value, low=at.low, high=at.high, y=round(axis + 28 + ROW * (row + 0.5), 1))
        for row, (name, at) in enumerate(rows)
    )
    dots = tuple(
        Dot(x=round(scores[index], 3), y=round(middle + offsets[index] * scale, 1), index=index)
        for index in range(len(scores))
    )
    return Strip(dots=dots, whiskers=whiskers, axis=round(axis, 1), height=round(axis + 28 + ROW * len(rows) + 6, 1))


_TOUCH = 1e-6
"""Dots that only touch do not overlap."""


def _free(x: float, near: Sequence[tuple[float, float]]) -> float:
    """The offset from the middle line, nearest to it, at which a dot at `x` overlaps none of the others."""
    blocked = []
    for other_x, other_y in near:
        step = max(0.0, DOT**2 - (x - other_x) ** 2) ** 0.5
        blocked.append((other_y - step + _TOUCH, other_y + step - _TOUCH))
    below = above = 0.0
    for low, high in sorted(blocked):
        if low < below < high:
            below = high
    for low, high in sorted(blocked, key=lambda span: span[1], reverse=True):
        if low < above < high:
            above = low
    return below if below <= -above else above
