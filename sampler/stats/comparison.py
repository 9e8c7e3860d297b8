"""Two models on one prompt: whose floor is higher, whose attempts are better, and whether that can be told at all.

Two questions, two tests. The floors: difference of p10 under a permutation test, exact where there are few ways to
deal the attempts out. The attempts in general: the chance that a random attempt of one beats one of the other, ties
counted half, with the interval of Brunner and Munzel on the logit scale, which never leaves 0 to 1. Both p values go
through Holm's correction over all comparisons of a summary.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from sampler.records import Comparison
from sampler.stats.percentiles import rank, value_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHA = 0.05
FEW = 10
"""Up to this many attempts a side a difference is believed only with `ALPHA_FEW`: 30 % against 10 % bad attempts is
noticed at most one time in five at n = 10, so what does show up there is luck too often."""
ALPHA_FEW = 0.001
RESAMPLES = 9_999


class Cell(NamedTuple):
    """One side: a model and the scores of its attempts at `prompt`, at least one."""

    prompt: str
    model: str
    values: tuple[float, ...]


class Chance(NamedTuple):
    """An estimated chance with its 95 % interval, and the p value against one half."""

    value: float
    low: float
    high: float
    p_value: float


class _Pair(NamedTuple):
    """What two cells show before the correction for how many pairs there are."""

    first: Cell
    second: Cell
    difference_p10: float
    p_floor: float
    beats: Chance


def compare(pairs: Sequence[tuple[Cell, Cell]]) -> tuple[Comparison, ...]:
    """Every pair's comparison; the verdicts allow for how many pairs were looked at."""
    raw = [_pair(first, second) for first, second in pairs]
    floors = holm([pair.p_floor for pair in raw])
    beats = holm([pair.beats.p_value for pair in raw])
    return tuple(
        Comparison(
            prompt=pair.first.prompt,
            first=pair.first.model,
            second=pair.second.model,
            difference_p10=pair.difference_p10,
            p_value=floor,
            beats=pair.beats.value,
            beats_low=pair.beats.low,
            beats_high=pair.beats.high,
            verdict=_verdict(pair, floor, beat),
        )
        for pair, floor, beat in zip(raw, floors, beats, strict=True)
    )


def _pair(first: Cell, second: Cell) -> _Pair:
    return _Pair(
        first,
        second,
        value_at(second.values, 10) - value_at(first.values, 10),
        floor_p_value(first.values, second.values),
        chance_to_beat(first.values, second.values),
    )


def floor_p_value(first: Sequence[float], second: Sequence[float]) -> float:
    """Two-sided p value of the difference of p10, by permutation; 1 where it is 0 or a side has one attempt only.

    All ways to deal the attempts out are tried where there are at most 9,999, else as many at random, always the same.
    """
    if min(len(first), len(second)) < 2 or value_at(first, 10) == value_at(second, 10):
        return 1.0

    def difference(x: NDArray[np.float64], y: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
        floor_x, floor_y = (
            np.take(np.sort(side, axis=axis), rank(side.shape[axis], 10) - 1, axis=axis) for side in (x, y)
        )
        return np.asarray(np.abs(floor_y - floor_x), dtype=np.float64)

    # The size of the difference is its own two-sided statistic; doubling a one-sided p would need symmetry.
    found = stats.permutation_test(
        (np.asarray(first, dtype=float), np.asarray(second, dtype=float)),
        difference,
        permutation_type="independent",
        vectorized=True,
        n_resamples=RESAMPLES,
        batch=1_000,
        alternative="greater",
        rng=np.random.default_rng(0),
    )
    return float(min(1.0, found.pvalue))


def chance_to_beat(first: Sequence[float], second: Sequence[float]) -> Chance:
    """Chance that a random attempt of `first` beats one of `second`, ties counted half, with its 95 % interval.

    Source: Brunner and Munzel (2000); Brunner, Bathke and Konietschke, Rank and Pseudo-Rank Procedures (2018), 3.7.
    Where the variance cannot be estimated (all equal, or the sides apart), the interval is the exact binomial one for
    as many independent pairs as there are: all of them were ties, or all were won. With a single attempt on
    either side nothing is known.
    """
    x, y = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    n, m = len(x), len(y)
    wins = (np.sum(x[:, None] > y[None, :]) + 0.5 * np.sum(x[:, None] == y[None, :])) / (n * m)
    value = float(wins)
    if n < 2 or m < 2:
        return Chance(value, 0.0, 1.0, 1.0)
    placed_x = (stats.rankdata(np.concatenate([x, y]))[:n] - stats.rankdata(x)) / m
    placed_y = (stats.rankdata(np.concatenate([x, y]))[n:] - stats.rankdata(y)) / n
    part_x, part_y = float(np.var(placed_x, ddof=1)) / n, float(np.var(placed_y, ddof=1)) / m
    variance = part_x + part_y
    if variance <= 1e-12 or not 0 < value < 1:
        return _without_variance(value, n, m)
    freedom = variance**2 / (part_x**2 / (n - 1) + part_y**2 / (m - 1))
    error = variance**0.5 / (value * (1 - value))
    middle = np.log(value / (1 - value))
    reach = float(stats.t.ppf(1 - ALPHA / 2, freedom)) * error
    p_value = float(2 * stats.t.sf(abs(middle) / error, freedom))
    low, high = (float(1 / (1 + np.exp(-edge))) for edge in (middle - reach, middle + reach))
    return Chance(value, min(low, value), max(high, value), p_value)


def _without_variance(value: float, n: int, m: int) -> Chance:
    """Every pair came out the same way: the interval is of that happening to as many independent pairs as there are.

    The p value of two sides that are apart is the permutation's: 2 of all ways to deal the attempts out.
    """
    sure = (ALPHA / 2) ** (1 / min(n, m))
    apart = min(1.0, 2 / math.comb(n + m, n))
    if value >= 1:
        return Chance(1.0, sure, 1.0, apart)
    if value <= 0:
        return Chance(0.0, 0.0, 1 - sure, apart)
    return Chance(value, value * sure, 1 - (1 - value) * sure, 1.0)


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the order given; `scipy.stats.false_discovery_control` controls less."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - place)))
        adjusted[index] = highest
    return adjusted


def _verdict(pair: _Pair, p_floor: float, p_beats: float) -> str:
    """One sentence in plain words; "cannot tell at n = 10" where the numbers do not carry more."""
    n, m = len(pair.first.values), len(pair.second.values)
    level = ALPHA if min(n, m) > FEW else ALPHA_FEW
    sizes = f"n = {n}" if n == m else f"n = {n} and {m}"
    higher = pair.second.model if pair.difference_p10 > 0 else pair.first.model
    better = pair.first.model if pair.beats.value > 0.5 else pair.second.model
    floor_told = p_floor <= level and pair.difference_p10 != 0
    beats_told = p_beats <= level and pair.beats.value != 0.5
    if floor_told and beats_told:
        whose = " and" if higher == better else f", but {better} has"
        return f"{higher} has the higher floor{whose} the better attempts ({sizes})"
    if floor_told:
        return f"{higher} has the higher floor; whose attempts are better in general cannot be told at {sizes}"
    if beats_told:
        return f"{better} has the better attempts; whose floor is higher cannot be told at {sizes}"
    return f"cannot tell at {sizes}"
