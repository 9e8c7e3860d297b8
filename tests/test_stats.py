"""Scores in numbers: percentiles and their intervals, rates, best of k, comparisons, summaries, plans."""

from __future__ import annotations

import hashlib
from fractions import Fraction
from itertools import combinations, pairwise
from math import comb, fsum
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from sampler import stats
from sampler.records import (
    Attempt,
    AttemptId,
    CellPlan,
    CellSummary,
    Delivery,
    Evidence,
    Failure,
    Finding,
    Outcome,
    Prompt,
    Render,
    Result,
    RunManifest,
    Score,
    Severity,
    Summary,
    Usage,
)
from sampler.stats import comparison, percentiles, rates
from sampler.stats.percentiles import Scored

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = (8, 10, 20, 30)
VALUES = st.lists(st.integers(0, 20).map(lambda step: 5.0 * step) | st.floats(0, 100), min_size=1, max_size=60)


def result(
    number: int,
    value: float | None,
    *,
    model: str = "m",
    prompt: str = "p",
    reply: str | None = None,
    findings: tuple[tuple[str, Severity], ...] = (),
    usage: Usage | None = None,
) -> Result:
    """One attempt with this score; None: the provider failed."""
    id_ = AttemptId(prompt=prompt, model=model, number=number)
    failure = None if value is not None else Failure(whose="provider", slug="provider", message="HTTP 500")
    outcome: Outcome = "unscored" if value is None else "passed" if value >= 70 else "failed"
    text = reply if reply is not None else f"{model} {number}"
    return Result(
        attempt=Attempt(
            id=id_,
            asked_at="2026-01-01T00:00:00Z",
            reply_sha256=None if value is None else hashlib.sha256(text.encode()).hexdigest(),
            usage=usage or Usage(),
            failure=failure,
        ),
        render=Render(id=id_, delivery=Delivery(problem=None, form="bare", detail="One HTML document.")),
        score=Score(
            id=id_,
            outcome=outcome,
            value=value,
            findings=tuple(
                Finding(check=check, severity=severity, points=0, message="", evidence=Evidence(message=""))
                for check, severity in findings
            ),
            failure=failure,
        ),
    )


def summary(results: list[Result], planned: int | None = None) -> Summary:
    """The summary of these results; the cells are those that occur, in order."""
    cells: dict[tuple[str, str], int] = {}
    for one in results:
        key = (one.attempt.id.prompt, one.attempt.id.model)
        cells[key] = cells.get(key, 0) + 1
    manifest = RunManifest(
        run="r",
        created_at="2026-01-01T00:00:00Z",
        version="0",
        prompts=tuple(Prompt(id=p, title=f"Title of {p}", text="t") for p in dict.fromkeys(p for p, _ in cells)),
        cells=tuple(CellPlan(prompt=p, model=m, n=planned or n) for (p, m), n in cells.items()),
    )
    return stats.summarize(manifest, results, "digest")


def cell(*values: float | None) -> CellSummary:
    """The summary of one cell with these scores."""
    return summary([result(number, value) for number, value in enumerate(values, start=1)]).cells[0]


def scored(values: list[float]) -> list[Scored]:
    """Attempts 1, 2, … with these scores."""
    return [Scored(value, number, f"{number:02d}") for number, value in enumerate(values, start=1)]


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


def populations() -> dict[str, NDArray[np.float64]]:
    """Large populations of scores: smooth, with ties, with 20 % hard zeros, nearly all 100, only zeros and hundreds."""
    rng = np.random.default_rng(7)
    size = 200_000
    smooth = np.clip(rng.normal(65, 18, size), 0, 100)
    zero = rng.random(size) < 0.2
    return {
        "smooth": smooth,
        "ties": np.round(smooth / 10) * 10,
        "zeros": np.where(zero, 0, smooth),
        "zeros and ties": np.where(zero, 0, np.round(smooth / 5) * 5),
        "mostly 100": np.where(rng.random(size) < 0.7, 100, smooth),
        "all or nothing": np.where(zero, 0.0, 100.0),
    }


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


# --- summaries -----------------------------------------------------------------------------------


def test_unscored_attempts_are_left_out_and_counted() -> None:
    """An unscored attempt changes no percentile and no rate; the floor with it as 0 stands beside."""
    found = cell(80, None, 90, 100, None)
    assert (found.n, found.planned, found.scored, found.unscored) == (5, 5, 3, 2)
    assert found.p10 is not None
    assert (found.p10.value, found.p10.attempt) == (80, "01")
    assert found.p10_unscored_as_0 == 0
    assert found.mean == 90
    assert found.pass_rate is not None
    assert (found.pass_rate.k, found.pass_rate.n) == (3, 3)
    assert cell(80, 90).p10_unscored_as_0 is None


def test_nothing_scored() -> None:
    """A cell without a score has counts and no numbers, and is compared with nothing."""
    found = summary([result(1, None), result(2, None), result(1, 80, model="other")])
    first = found.cells[0]
    assert (first.n, first.scored, first.unscored) == (2, 0, 2)
    assert (first.p10, first.best, first.mean, first.pass_rate) == (None, None, None, None)
    assert first.best_of == first.pass_all == ()
    assert first.p10_unscored_as_0 == 0
    assert found.comparisons == ()


def test_unfinished_run() -> None:
    """A run that was stopped is summarized from what there is, and says how much was planned."""
    found = summary([result(3, 80), result(1, 60)], planned=20).cells[0]
    assert (found.n, found.planned, found.scored) == (2, 20, 2)


def test_cells_keep_the_plan_and_are_not_pooled() -> None:
    """Cells come in the manifest's order with their titles, each with its own attempts only."""
    results = [result(2, 10, prompt="b"), result(1, 90), result(1, 20, prompt="b"), result(2, 80)]
    found = summary(results)
    assert [(c.prompt, c.title, c.mean) for c in found.cells] == [("b", "Title of b", 15), ("p", "Title of p", 85)]
    assert found.comparisons == ()
    assert (found.run, found.digest) == ("r", "digest")
    assert found.cells[0].worst is not None
    assert found.cells[0].worst.attempt == "02"


def test_wrong_results_are_refused() -> None:
    """An attempt that stands there twice, or that no cell planned, is an error, not a number."""
    with pytest.raises(ValueError, match="p · m · 01 is there twice"):
        summary([result(1, 5), result(1, 6)])
    manifest = RunManifest(run="r", created_at="", version="0", prompts=(), cells=())
    with pytest.raises(ValueError, match="not planned"):
        stats.summarize(manifest, [result(1, 5)], "")


def test_identical_replies_are_counted() -> None:
    """Replies that are the same to the letter count as one different reply; a failed attempt has none."""
    found = summary([result(1, 5, reply="a"), result(2, 5, reply="a"), result(3, 9, reply="b"), result(4, None)])
    assert found.cells[0].distinct_replies == 2


def test_failure_modes() -> None:
    """Errors and warnings come by count, then graver first, then notes; attempts are those of the check, once each."""
    found = summary(
        [
            result(2, 5, findings=(("too-dark", "warning"), ("page-error", "error"), ("slow-frame", "note"))),
            result(1, 5, findings=(("too-dark", "warning"), ("page-error", "error"), ("slow-frame", "note"))),
            result(3, 5, findings=(("slow-frame", "note"), ("no-canvas", "error"), ("asset-missing", "warning"))),
            result(4, 5, findings=(("asset-missing", "error"), ("asset-missing", "warning"), ("frozen", "warning"))),
        ]
    ).cells[0]
    assert [(mode.check, mode.severity, mode.attempts) for mode in found.failure_modes] == [
        ("asset-missing", "error", ("03", "04")),
        ("page-error", "error", ("01", "02")),
        ("too-dark", "warning", ("01", "02")),
        ("no-canvas", "error", ("03",)),
        ("frozen", "warning", ("04",)),
        ("slow-frame", "note", ("01", "02", "03")),
    ]


def test_cost_and_speed() -> None:
    """Cost is the sum, also per pass; tokens, first token and speed are medians over the attempts that report them."""
    usages = [
        Usage(model_reported="x", cost_usd=0.1, tokens_out=100, seconds=11, seconds_to_first_token=1),
        Usage(model_reported="x", cost_usd=0.2, tokens_out=300, seconds=10),
        Usage(model_reported="x", fingerprint="fp", cost_usd=0.3, tokens_out=None, seconds=0),
    ]
    found = summary([result(n, value, usage=usages[n - 1]) for n, value in [(1, 80), (2, 90), (3, 10)]]).cells[0]
    assert found.cost_usd == pytest.approx(0.6)
    assert found.cost_per_pass_usd == pytest.approx(0.3)
    assert (found.tokens_out, found.seconds_to_first_token, found.tokens_per_second) == (200, 1, 20)
    assert found.models_reported == ("x", "x (fp)")


def test_unknown_cost_is_not_a_smaller_cost() -> None:
    """Where one reply's cost is unknown the cell's is; a failed attempt costs nothing."""
    known, silent = Usage(cost_usd=0.1), Usage()
    assert summary([result(1, 80, usage=known), result(2, 80, usage=silent)]).cells[0].cost_usd is None
    found = summary([result(1, 10, usage=known), result(2, None)]).cells[0]
    assert (found.cost_usd, found.cost_per_pass_usd) == (0.1, None)


# --- comparisons ---------------------------------------------------------------------------------


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


@pytest.mark.parametrize("shift", [0, 10, 25])
@pytest.mark.parametrize("name", ["smooth", "ties", "zeros", "zeros and ties"])
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


# --- plans ---------------------------------------------------------------------------------------


def test_what_n_buys() -> None:
    """At n = 20 [worst, best] holds the floor with 88 %; 29 is the first n with 95 %, as the documentation says."""
    twenty = stats.plan(20)
    assert (twenty.rank, twenty.low_rank, twenty.high_rank) == (2, None, 6)
    assert twenty.inside == pytest.approx(0.878, abs=1e-3)
    assert twenty.confidence == pytest.approx(0.9887, abs=1e-4)
    assert twenty.width_share == pytest.approx(0.3)
    assert twenty.miss_rate == pytest.approx(0.139, abs=1e-3)
    assert stats.plan(28).inside < 0.95 <= stats.plan(29).inside
    assert stats.plan(35).low_rank is None
    assert stats.plan(36).low_rank == 1


def test_more_attempts_never_know_less() -> None:
    """Every step of the table holds with 95 %, and more attempts narrow the interval and the misses."""
    rows = stats.table()
    assert all(row.confidence >= 0.95 for row in rows)
    assert [row.width_share for row in rows] == sorted((row.width_share for row in rows), reverse=True)
    assert [row.miss_rate for row in rows] == sorted((row.miss_rate for row in rows), reverse=True)
