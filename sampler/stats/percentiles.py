"""Percentiles that are real attempts, with intervals by order statistics.

Nearest rank: the p-th percentile of n scores is the ceil(n·p/100)-th smallest (`inverted_cdf`), so it is the score of
an attempt that can be shown. Its interval is a pair of order statistics, chosen by `scipy.stats.quantile_test` for a
two-sided 95 %. What it really achieves is the binomial chance that at least `low` and fewer than `high` of n scores
lie at or below the true percentile; with ties it is at least that. Where no order statistic reaches far enough
(`None`), the score's own bound takes its place: 0 below, 100 above.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import stats

from sampler.records import Percentile

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95
"""Two-sided confidence that is asked for."""
LOWEST, HIGHEST = 0.0, 100.0


class Scored(NamedTuple):
    """One scored attempt."""

    value: float
    """0 to 100."""
    number: int
    """Counted from 1."""
    label: str


class Interval(NamedTuple):
    """Ranks (1 is the smallest score) between which a percentile lies, and how surely."""

    low: int | None
    high: int | None
    confidence: float


def rank(n: int, percent: int) -> int:
    """Nearest rank of a percentile among n scores, 1 to n; in whole numbers, since 0.1·30 is more than 3."""
    return max(1, -(-n * percent // 100))


@lru_cache(maxsize=1024)
def interval(n: int, percent: int) -> Interval:
    """The ranks of the 95 % interval of a percentile, for any n scores; None where the score's bound stands in."""
    p = percent / 100
    found = stats.quantile_test(np.arange(1, n + 1), p=p).confidence_interval(LEVEL)
    low = None if np.isnan(found.low) else int(found.low)
    high = None if np.isnan(found.high) else int(found.high)
    return Interval(low, high, achieved(n, percent, low, high))


def achieved(n: int, percent: int, low: int | None, high: int | None) -> float:
    """Chance that the true percentile lies from the `low`-th to the `high`-th of n scores."""
    below = stats.binom(n, percent / 100)
    up_to = 1.0 if high is None else float(below.cdf(high - 1))
    return up_to - (0.0 if low is None else float(below.cdf(low - 1)))


def percentile(attempts: Sequence[Scored], percent: int) -> Percentile:
    """A percentile of at least one attempt; of several with its score it names the one that was asked first."""
    ordered = sorted(attempts)
    n = len(ordered)
    found = interval(n, percent)
    return _named(
        ordered,
        ordered[rank(n, percent) - 1].value,
        LOWEST if found.low is None else ordered[found.low - 1].value,
        HIGHEST if found.high is None else ordered[found.high - 1].value,
        found.confidence,
    )


def best(attempts: Sequence[Scored]) -> Percentile:
    """The best attempt. The model can do at least this, for sure, and nothing is known above it: [best, 100]."""
    ordered = sorted(attempts)
    value = ordered[-1].value
    return _named(ordered, value, value, HIGHEST, 1.0)


def worst(attempts: Sequence[Scored]) -> Percentile:
    """The worst attempt. The model can do this badly, for sure, and nothing is known below it: [0, worst]."""
    ordered = sorted(attempts)
    value = ordered[0].value
    return _named(ordered, value, LOWEST, value, 1.0)


def value_at(values: Sequence[float], percent: int) -> float:
    """A percentile by nearest rank, of plain numbers."""
    return sorted(values)[rank(len(values), percent) - 1]


def _named(ordered: Sequence[Scored], value: float, low: float, high: float, confidence: float) -> Percentile:
    label = next(attempt.label for attempt in ordered if attempt.value == value)
    return Percentile(value=value, attempt=label, low=low, high=high, confidence=round(confidence, 4))
