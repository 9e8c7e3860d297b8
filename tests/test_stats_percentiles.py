"""Percentiles that are real attempts, intervals that hold, rates, best and worst of k."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from math import comb, fsum

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from stats_cells import SIZES, cell, populations

from sampler.stats import percentiles, rates

VALUES = st.lists(st.integers(0, 20).map(lambda step: 5.0 * step) | st.floats(0, 100), min_size=1, max_size=60)


# --- percentiles ---------------------------------------------------------------------------------


@given(VALUES)
def test_percentiles_are_real_attempts_in_order(values: list[float]) -> None:
    """Each percentile is the score of the attempt it names, and worst, p10, p50, p90, best do not fall."""
    found = cell(*values)
    named = [found.worst, found.p10, found.p50, found.p90, found.best]
    for one in named:
        assert one is not None
        assert values[int(one.attempt) - 1] == one.value
        assert 0 <= one.low <= one.value <= one.high <= 100
    assert [one.value for one in named if one] == sorted(one.value for one in named if one)
    assert found.worst is not None
    assert found.worst.value == min(values)
    assert found.best is not None
    assert found.best.value == max(values)


@pytest.mark.parametrize("n", [*range(1, 61), 100, 1000])
def test_nearest_rank(n: int) -> None:
    """The rank is the smallest share of attempts at or below it that reaches the percentile, in exact arithmetic."""
    for percent in (10, 50, 90):
        rank = percentiles.rank(n, percent)
        assert Fraction(rank, n) >= Fraction(percent, 100)
        assert rank == 1 or Fraction(rank - 1, n) < Fraction(percent, 100)


def test_ties_name_the_first_attempt() -> None:
    """Of several attempts with the percentile's score, the one that was asked first is named."""
    found = cell(50, 40, 40, 90, 40, 90)
    assert found.p10 is not None
    assert (found.p10.value, found.p10.attempt) == (40, "02")
    assert found.best is not None
    assert (found.best.value, found.best.attempt) == (90, "04")


def test_floor_of_twenty() -> None:
    """At n = 20 the floor is the second worst; its interval runs from the score's bound to the sixth, at 98.9 %."""
    found = cell(*[float(value) for value in range(81, 101)]).p10
    assert found is not None
    assert (found.value, found.attempt) == (82, "02")
    assert (found.low, found.high) == (0, 86)
    assert found.confidence == pytest.approx(0.9887, abs=1e-4)


def test_interval_of_the_median() -> None:
    """At n = 20 the median lies between the 6th and the 15th attempt with 95.9 %, the textbook's numbers."""
    low, high, confidence = percentiles.interval(20, 50)
    assert (low, high) == (6, 15)
    assert confidence == pytest.approx(0.9586, abs=1e-4)


def test_single_attempt_says_nothing() -> None:
    """One attempt's percentiles are its score, and the intervals are the whole scale."""
    found = cell(55)
    for one in (found.p10, found.p50, found.p90):
        assert one is not None
        assert (one.value, one.low, one.high, one.confidence) == (55, 0, 100, 1)


def test_best_and_worst_are_what_was_seen() -> None:
    """The best bounds what the model can do from below only, the worst from above only, and that is certain."""
    found = cell(20, 60, 90)
    assert found.best is not None
    assert (found.best.low, found.best.high, found.best.confidence) == (90, 100, 1)
    assert found.worst is not None
    assert (found.worst.low, found.worst.high, found.worst.confidence) == (0, 20, 1)


@pytest.mark.parametrize("percent", [10, 50, 90])
def test_intervals_are_narrow_and_sure(percent: int) -> None:
    """Every interval achieves 95 %, and moving either end one attempt inwards would leave more than 2.5 % outside."""
    for n in range(1, 120):
        low, high, confidence = percentiles.interval(n, percent)
        assert confidence >= 0.95
        below = scipy_stats.binom(n, percent / 100)
        if high is not None:
            assert percentiles.rank(n, percent) <= high <= n
            assert below.sf(high - 2) > 0.025
        if low is not None:
            assert 1 <= low <= percentiles.rank(n, percent)
            assert below.cdf(low) > 0.025
        assert (low is None) == (below.cdf(0) > 0.025)
        assert (high is None) == (below.sf(n - 1) > 0.025)


@pytest.mark.parametrize("percent", [10, 50, 90])
@pytest.mark.parametrize("name", populations())
def test_intervals_cover(name: str, percent: int) -> None:
    """Over 4,000 simulated cells of n = 8, 10, 20, 30 the interval holds the true percentile as often as it says."""
    population = populations()[name]
    truth = np.quantile(population, percent / 100, method="inverted_cdf")
    rng = np.random.default_rng(11)
    for n in SIZES:
        cells = np.sort(rng.choice(population, (4_000, n)), axis=1)
        low, high, confidence = percentiles.interval(n, percent)
        reached = np.ones(4_000, dtype=bool)
        if low is not None:
            reached &= cells[:, low - 1] <= truth
        if high is not None:
            reached &= cells[:, high - 1] >= truth
        spread = (confidence * (1 - confidence) / 4_000) ** 0.5
        assert reached.mean() >= confidence - 4 * spread - 1e-9
        if name == "smooth":
            assert reached.mean() <= confidence + 4 * spread + 1e-9


# --- rates and best of k -------------------------------------------------------------------------


def test_rates_show_certainty_only_where_it_is() -> None:
    """0 of n and n of n have an open side; 0 % and 100 % never stand at the other end."""
    none, all_, some = rates.rate(0, 20), rates.rate(20, 20), rates.rate(16, 20)
    assert (none.value, none.low) == (0, 0)
    assert none.high == pytest.approx(0.161, abs=1e-3)
    assert (all_.value, all_.high) == (1, 1)
    assert all_.low == pytest.approx(0.839, abs=1e-3)
    assert some.low == pytest.approx(0.584, abs=1e-3)
    assert some.high == pytest.approx(0.919, abs=1e-3)
    assert (some.k, some.n) == (16, 20)


@given(st.lists(st.integers(0, 100).map(float), min_size=1, max_size=8))
def test_best_of_is_unbiased(values: list[float]) -> None:
    """Best of k is the mean of the best over every choice of k attempts, worst of k that of the worst."""
    for k in range(1, len(values) + 1):
        chosen = list(combinations(values, k))
        assert rates.best_of(values)[k - 1] == pytest.approx(fsum(map(max, chosen)) / len(chosen), abs=1e-5)
        assert rates.worst_of(values)[k - 1] == pytest.approx(fsum(map(min, chosen)) / len(chosen), abs=1e-5)


@given(VALUES)
def test_best_of_rises_to_the_best(values: list[float]) -> None:
    """From the mean on, best of k never falls and ends at the best attempt; worst of k falls to the worst."""
    up, down = rates.best_of(values), rates.worst_of(values)
    assert all(one <= two for one, two in pairwise(up))
    assert all(one >= two for one, two in pairwise(down))
    assert up[0] == down[0] == pytest.approx(fsum(values) / len(values), abs=1e-5)
    assert up[-1] == pytest.approx(max(values), abs=1e-5)
    assert down[-1] == pytest.approx(min(values), abs=1e-5)


@pytest.mark.parametrize(("c", "n"), [(0, 20), (1, 20), (13, 20), (20, 20), (300, 400)])
def test_pass_at_k(c: int, n: int) -> None:
    """For c passes of n, pass@k is 1 - C(n-c, k)/C(n, k) and pass^k is C(c, k)/C(n, k)."""
    passes = [1.0] * c + [0.0] * (n - c)
    for k in (1, 2, n // 2, n):
        assert rates.best_of(passes)[k - 1] == pytest.approx(1 - comb(n - c, k) / comb(n, k), abs=1e-6)
        assert rates.worst_of(passes)[k - 1] == pytest.approx(comb(c, k) / comb(n, k), abs=1e-6)
