"""The sentence to quote, in all its forms: honest numbers, nothing left out, one line whatever the names are."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampler.records import CellSummary, Comparison, Percentile, Summary
from sampler.report import quote


def percentile(value: float, low: float = 0, high: float = 100, confidence: float = 0.9887) -> Percentile:
    """A percentile of attempt 07."""
    return Percentile(value=value, attempt="07", low=low, high=high, confidence=confidence)


CELL = CellSummary(
    prompt="friends-apartment",
    title="Monica's apartment",
    model="recorded:compact",
    n=20,
    planned=20,
    scored=20,
    unscored=0,
    p10=percentile(62, 0, 78),
    p50=percentile(85, 70, 90),
    p90=percentile(96),
    best=percentile(100, 100, 100, 1),
    worst=percentile(10, 0, 10, 1),
    mean=80.5,
    pass_rate=None,
    distinct_replies=20,
)
PAIR = Comparison(
    prompt="friends-apartment",
    first="recorded:compact",
    second="recorded:sketch",
    difference_p10=-12,
    p_value=0.034,
    beats=0.784,
    beats_low=0.641,
    beats_high=0.881,
    verdict="recorded:compact has the higher floor and the better attempts (n = 20)",
)


def cell(**changes: object) -> CellSummary:
    """The cell above with other facts, validated."""
    return CellSummary.model_validate({**CELL.model_dump(), **changes})


def test_sentence() -> None:
    """The sentence names model, prompt, n, floor with its interval, median, ceiling, and how many are shown."""
    assert quote.sentence(CELL) == (
        "recorded:compact · Monica's apartment · n = 20 · floor (p10) 62 [0, 78] · median 85 · ceiling (best) 100"
        " · 20 of 20 shown"
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"scored": 18, "unscored": 2, "p10_unscored_as_0": 0.0},
            "n = 20 · 18 of 20 scored, 2 unscored (floor 0 if they counted as 0) · floor",
        ),
        ({"n": 12, "scored": 12, "planned": 20, "distinct_replies": 12}, "n = 12 of 20 planned"),
        ({"n": 12, "scored": 12, "planned": 20, "distinct_replies": 12}, "12 of 20 shown"),
        ({"planned": None}, "20 of 20 shown"),
        ({"distinct_replies": 17}, "only 17 different replies"),
        ({"distinct_replies": 1}, "only 1 different reply ·"),
        ({"models_reported": ("a", "b")}, "answered by 2 models"),
        ({"p10": percentile(62, 10, 78, 0.879)}, "62 [10, 78] (87 %)"),
        ({"p10": percentile(62, 10, 78, 0.95)}, "62 [10, 78] ·"),
    ],
)
def test_what_the_sentence_admits(changes: dict[str, object], says: str) -> None:
    """Unscored, unfinished, identical, mixed and unsure runs say so in the sentence itself."""
    assert says in quote.sentence(cell(**changes))


@pytest.mark.parametrize("word", ["unscored", "planned", "different", "answered", "%"])
def test_a_clean_run_has_no_remarks(word: str) -> None:
    """Where there is nothing to admit, the sentence has no word about it."""
    assert word not in quote.sentence(CELL)


def test_nothing_scored() -> None:
    """Without a scored attempt there is no floor, and the sentence says why."""
    empty = cell(scored=0, unscored=20, p10=None, p50=None, p90=None, best=None, worst=None, p10_unscored_as_0=0.0)
    assert quote.sentence(empty) == (
        "recorded:compact · Monica's apartment · n = 20 · 0 of 20 scored, 20 unscored · no attempt was scored"
        " · 20 of 20 shown"
    )
    assert "n = 0 of 20 planned · no attempt was scored · 0 of 20 shown" in quote.sentence(
        cell(n=0, scored=0, p10=None, p50=None, best=None, distinct_replies=0)
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (100, "100"), (99.6, "99.6"), (99.96, "99.9"), (0.4, "0.4"), (0.01, "0.1"), (62.5, "63"), (61.49, "61")],
)
def test_scores_are_rounded_honestly(value: float, text: str) -> None:
    """A score is a whole number, but 0 and 100 appear only where exactly true."""
    assert quote.score(value) == text


@given(st.lists(st.floats(0, 100), min_size=2, max_size=2).map(sorted))
def test_rounding_keeps_the_order(pair: list[float]) -> None:
    """No score is shown below a smaller one."""
    low, high = (float(quote.score(value)) for value in pair)
    assert low <= high
    assert (low == 0) == (pair[0] == 0)
    assert (high == 100) == (pair[1] == 100)


def test_comparison_sentence() -> None:
    """A comparison names both models, the difference of floors with its p value, how often one beats the other."""
    assert quote.comparison_sentence(PAIR) == (
        "recorded:compact against recorded:sketch · friends-apartment · the second's floor is 12 points lower"
        " (p = 0.034) · the first beats the second 78 % of the time [64, 88]"
        " · recorded:compact has the higher floor and the better attempts (n = 20)"
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"difference_p10": 0, "p_value": 1}, "the floors are equal"),
        ({"difference_p10": 1}, "1 point higher"),
        ({"difference_p10": 0.2}, "0.2 points higher"),
        ({"p_value": 0.0001}, "(p < 0.001)"),
        ({"p_value": 0.9999}, "(p = 0.99)"),
        ({"p_value": 1}, "(p = 1)"),
        ({"p_value": 0.0964}, "(p = 0.10)"),
        ({"beats": 1, "beats_low": 0.83, "beats_high": 1}, "100 % of the time [83, 100]"),
        ({"beats": 0.9996, "beats_low": 0.001, "beats_high": 0.9996}, "99 % of the time [1, 99]"),
    ],
)
def test_comparison_numbers(changes: dict[str, object], says: str) -> None:
    """Differences, p values and shares never round to a certainty that is not there."""
    assert says in quote.comparison_sentence(Comparison.model_validate({**PAIR.model_dump(), **changes}))


HOSTILE = "a\r\n\u2028\u202e\x00\x1b[31m·`*_[x](javascript:alert(1))<script>|\u200b" + "y" * 5000


def test_hostile_names_stay_on_one_line() -> None:
    """Line ends, control, bidi and invisible characters of a name do not reach the sentence."""
    bad = cell(model=HOSTILE, title=HOSTILE)
    pair = Comparison.model_validate({**PAIR.model_dump(), "first": HOSTILE, "verdict": HOSTILE, "prompt": HOSTILE})
    for line in (quote.sentence(bad), quote.comparison_sentence(pair)):
        assert line.isprintable()
        assert len(line) < 1500


@given(st.text(), st.text())
def test_any_name_gives_one_line(model: str, title: str) -> None:
    """Whatever the names, text and Markdown have one line a cell, and JSON reads back."""
    summary = Summary(run="r", digest="d", cells=(cell(model=model, title=title),))
    assert len(quote.render(summary, "text").splitlines()) == 1
    assert len(quote.render(summary, "markdown").splitlines()) == 1
    assert json.loads(quote.render(summary, "json"))["cells"][0]["model"] == model


def test_markdown_shows_names_as_text() -> None:
    """In Markdown a name's own marks, links and tags are escaped."""
    text = quote.render(
        Summary(run="r", digest="d", cells=(cell(title="[x](y) <b>*_`"),), comparisons=(PAIR,)), "markdown"
    )
    first, second = text.splitlines()
    assert first.startswith(r"- **recorded:compact** · \[x\](y) \<b\>\*\_\` · n = 20 · floor (p10) 62 [0, 78] ·")
    assert second.startswith("- **recorded:compact** against **recorded:sketch** · friends-apartment · ")


def test_json_has_the_numbers() -> None:
    """JSON holds each sentence beside the numbers it is made of, unrounded."""
    found = json.loads(quote.render(Summary(run="r", digest="d", cells=(CELL,), comparisons=(PAIR,)), "json"))
    assert (found["run"], found["digest"]) == ("r", "d")
    assert found["cells"][0]["sentence"] == quote.sentence(CELL)
    assert found["cells"][0]["p10"] == {"value": 62, "attempt": "07", "low": 0, "high": 78, "confidence": 0.9887}
    assert found["comparisons"][0]["sentence"] == quote.comparison_sentence(PAIR)
    assert found["comparisons"][0]["beats"] == 0.784


def test_text_is_one_line_each() -> None:
    """Text is one line for every cell, then one for every comparison."""
    summary = Summary(run="r", digest="d", cells=(CELL, CELL), comparisons=(PAIR,))
    assert quote.render(summary, "text").splitlines() == [
        quote.sentence(CELL),
        quote.sentence(CELL),
        quote.comparison_sentence(PAIR),
    ]
