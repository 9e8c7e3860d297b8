"""Two models on one prompt: the tests behind a verdict, and the verdict's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats
from stats_cells import SIZES, populations, result, summary

from sampler.stats import comparison

if TYPE_CHECKING:
    from sampler.records import Summary

VALUES = st.lists(st.integers(0, 20).map(lambda step: 5.0 * step) | st.floats(0, 100), min_size=1, max_size=60)


def compare(first: list[float], second: list[float]) -> Summary:
    """The summary of two models' scores on one prompt."""
    results = [result(n, value, model="a") for n, value in enumerate(first, start=1)]
    return summary(results + [result(n, value, model="b") for n, value in enumerate(second, start=1)])


def test_every_pair_on_a_prompt_is_compared() -> None:
    """Three models on a prompt give three comparisons, in the plan's order; other prompts' cells stay apart."""
    results = [result(n, 50 + n, model=m) for m in "abc" for n in (1, 2)] + [result(1, 50, model="a", prompt="q")]
    found = summary(results).comparisons
    assert [(c.prompt, c.first, c.second) for c in found] == [("p", "a", "b"), ("p", "a", "c"), ("p", "b", "c")]


def test_clear_difference() -> None:
    """Two models far apart at n = 20 are told apart, in the right direction, whichever comes first."""
    low, high = [float(value) for value in range(20, 40)], [float(value) for value in range(60, 80)]
    found = compare(low, high).comparisons[0]
    assert found.difference_p10 == 40
    assert found.p_value < 0.001
    assert (found.beats, found.beats_low) == (0, 0)
    assert 0.1 < found.beats_high < 0.2
    assert found.verdict == "b has the higher floor and the better attempts (n = 20)"
    turned = compare(high, low).comparisons[0]
    assert turned.difference_p10 == -40
    assert turned.beats == 1
    assert turned.verdict == "a has the higher floor and the better attempts (n = 20)"


def test_equal_models_cannot_be_told_apart() -> None:
    """All equal scores, or one attempt each, are no evidence of anything."""
    equal = compare([70.0] * 20, [70.0] * 20).comparisons[0]
    assert (equal.difference_p10, equal.p_value, equal.beats) == (0, 1, 0.5)
    assert equal.beats_low < 0.45
    assert equal.beats_high > 0.55
    assert equal.verdict == "cannot tell at n = 20"
    single = compare([100.0], [0.0]).comparisons[0]
    assert (single.beats, single.beats_low, single.beats_high) == (1, 0, 1)
    assert single.verdict == "cannot tell at n = 1"
    assert compare([100.0] * 12, [0.0]).comparisons[0].verdict == "cannot tell at n = 12 and 1"


def test_ten_attempts_tell_little() -> None:
    """At n = 10 a difference that n = 20 would call clear is not told; two models that have nothing in common are."""
    half, other = [30.0, 35, 40, 45, 50, 55, 60, 65, 70, 75], [50.0, 55, 60, 65, 70, 75, 80, 85, 90, 95]
    assert compare(half * 2, other * 2).comparisons[0].verdict.endswith("the better attempts (n = 20)")
    assert compare(half, other).comparisons[0].verdict == "cannot tell at n = 10"
    apart = compare([1.0] * 10, [99.0] * 10).comparisons[0]
    assert apart.verdict == "b has the higher floor and the better attempts (n = 10)"


def test_floor_and_attempts_may_disagree() -> None:
    """A model with better attempts and a worse floor gets both halves said."""
    steady, bold = [50.0 + n / 100 for n in range(90)], [0.0] * 30 + [90.0] * 60
    found = compare(steady, bold).comparisons[0]
    assert found.verdict == "a has the higher floor, but b has the better attempts (n = 90)"


def test_many_pairs_need_more_evidence() -> None:
    """A difference that one comparison would tell is not told among ten: Holm's correction."""
    first, second = [40.0 + n for n in range(20)], [46.0 + n for n in range(20)]
    alone = compare(first, second).comparisons[0]
    assert alone.verdict.startswith("b has the ")
    results = [
        result(n, value, model=model, prompt=f"p{index}")
        for index in range(10)
        for model, values in (("a", first), ("b", second if index == 0 else first[::-1]))
        for n, value in enumerate(values, start=1)
    ]
    among = summary(results).comparisons[0]
    assert (among.beats, among.beats_low) == (alone.beats, alone.beats_low)
    assert among.p_value == pytest.approx(min(1.0, alone.p_value * 10))
    assert among.verdict == "cannot tell at n = 20"


def test_holm() -> None:
    """Holm's adjustment of four p values, worked by hand."""
    assert comparison.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert comparison.holm([]) == []
    assert comparison.holm([0.6, 0.7]) == [1, 1]


def test_floor_p_value_is_exact_for_few() -> None:
    """With few attempts every way to deal them out is tried: the extreme one of 70 ways, and its mirror."""
    assert comparison.floor_p_value([1, 2, 3, 4], [5, 6, 7, 8]) == pytest.approx(2 / 70)


def test_floor_p_value_is_fair() -> None:
    """Of 300 pairs of equal models with ties and zeros at n = 20 about one in twenty or fewer has p at most 0.05."""
    rng = np.random.default_rng(3)
    draws = np.where(rng.random((300, 2, 20)) < 0.2, 0, np.round(rng.normal(70, 10, (300, 2, 20)) / 5) * 5)
    resamples, comparison.RESAMPLES = comparison.RESAMPLES, 399
    try:
        share = np.mean([comparison.floor_p_value(a.tolist(), b.tolist()) <= 0.05 for a, b in draws])
    finally:
        comparison.RESAMPLES = resamples
    assert share <= 0.05 + 3 * (0.05 * 0.95 / 300) ** 0.5


@pytest.mark.parametrize("shift", [0, 25])
@pytest.mark.parametrize("name", ["smooth", "zeros and ties"])
def test_chance_to_beat_covers(name: str, shift: float) -> None:
    """Over simulated pairs of n = 8 to 30, with ties and hard zeros, the interval of "beats" holds the truth."""
    first = populations()[name]
    second = np.where(first == 0, 0, np.clip(first + shift, 0, 100))
    rng = np.random.default_rng(5)
    one, two = rng.permutation(first), rng.permutation(second)
    truth = np.mean(one > two) + 0.5 * np.mean(one == two)
    for n in SIZES:
        held = 0
        for _ in range(300):
            found = comparison.chance_to_beat(rng.choice(first, n).tolist(), rng.choice(second, n).tolist())
            held += found.low <= truth <= found.high
        assert held / 300 >= 0.95 - 3 * (0.95 * 0.05 / 300) ** 0.5


@settings(deadline=None)
@given(VALUES, VALUES)
def test_chance_to_beat_is_a_chance(first: list[float], second: list[float]) -> None:
    """Whatever the scores, the chance lies in its interval within 0 and 1, and the two sides' chances make 1."""
    found, turned = comparison.chance_to_beat(first, second), comparison.chance_to_beat(second, first)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert 0 <= found.p_value <= 1
    assert found.value + turned.value == pytest.approx(1)
    assert found.low == pytest.approx(1 - turned.high, abs=1e-9)


def test_chance_to_beat_agrees_with_scipy() -> None:
    """The chance is Mann and Whitney's, and its standard error the one in scipy's Brunner-Munzel statistic."""
    rng = np.random.default_rng(2)
    first, second = np.round(rng.normal(60, 15, 400)), np.round(rng.normal(64, 25, 300))
    found = comparison.chance_to_beat(first.tolist(), second.tolist())
    assert found.value == pytest.approx(scipy_stats.mannwhitneyu(first, second).statistic / (400 * 300))
    statistic = scipy_stats.brunnermunzel(first, second).statistic
    width = np.log(found.high / (1 - found.high)) - np.log(found.low / (1 - found.low))
    error = width / 2 / 1.964 * found.value * (1 - found.value)
    assert abs((found.value - 0.5) / error) == pytest.approx(abs(statistic), rel=0.01)
