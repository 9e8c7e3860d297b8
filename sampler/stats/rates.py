"""Shares with Wilson intervals, and what the best or the worst of k attempts would be.

Best-of-k and worst-of-k are unbiased U-statistics: the mean over all choices of k of the n attempts. They do not
change with n, so runs of different size compare. For 0/1 scores best-of-k is pass@k and worst-of-k is pass^k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from sampler.records import Rate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def rate(k: int, n: int) -> Rate:
    """`k` of `n`, n at least 1, with its 95 % Wilson interval."""
    found = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    low = 0.0 if k == 0 else float(found.low)
    high = 1.0 if k == n else float(found.high)
    return Rate(value=k / n, low=low, high=high, k=k, n=n)


def best_of(values: Sequence[float]) -> tuple[float, ...]:
    """Expected best of k attempts for k = 1 to n, from n scores; the first is the mean. Not decreasing.

    Sum of x(i)·C(i-1, k-1)/C(n, k) over the scores in order.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    expected = [float(ordered @ _weights(len(ordered), k)) for k in range(1, len(ordered) + 1)]
    # The sums are right to about 1e-12; what is shown and stored is the same on every machine.
    return tuple(round(value, 6) + 0.0 for value in expected)


def worst_of(values: Sequence[float]) -> tuple[float, ...]:
    """Expected worst of k attempts for k = 1 to n; the first is the mean. Not increasing."""
    return tuple(0.0 - value for value in best_of([-value for value in values]))


def _weights(n: int, k: int) -> NDArray[np.float64]:
    """C(i-1, k-1)/C(n, k) for i = 1 to n: the chance that the i-th smallest of n is the best of k chosen."""
    weights = np.zeros(n)
    # From the last, k/n, downwards by the ratio (i-k)/(i-1) of neighbours: no huge number appears.
    i = np.arange(n, k, -1)
    weights[k - 1 :] = (k / n * np.concatenate([[1.0], np.cumprod((i - k) / (i - 1))]))[::-1]
    return weights
