"""The sentence to quote: floor against ceiling, with n, the interval, and everything that was left out.

    recorded:compact · Solar system · n = 20 · floor (p10) 62 [0, 78] · median 85 · ceiling (best) 100 · 20 of 20 shown

Scores are whole numbers; 0 and 100 stand only where exactly true. An interval without a remark holds with at least
95 %. Prompts' titles and models' names are other people's text: they stay on one line, and nothing in them can hide.
"""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Literal

from sampler.report import plain

if TYPE_CHECKING:
    from sampler.records import CellSummary, Comparison, Percentile, Summary

Format = Literal["text", "markdown", "json"]

NAME_CHARACTERS = 120
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~&!])")
_FIELDS = {
    *("prompt", "title", "model", "n", "planned", "scored", "unscored", "distinct_replies", "models_reported"),
    *("p10", "p50", "best", "p10_unscored_as_0"),
}
_LEAST = 0.95
"""Confidence that an interval has without a remark."""


def sentence(cell: CellSummary) -> str:
    """One cell's line, 5 to 9 parts; a run without a single scored attempt says so instead of naming a floor."""
    return " · ".join([_name(cell.model), _name(cell.title), *_facts(cell)])


def comparison_sentence(comparison: Comparison) -> str:
    """Two models on one prompt in one line: difference of floors, how often one beats the other, verdict."""
    first, second = _name(comparison.first), _name(comparison.second)
    return " · ".join([f"{first} against {second}", _name(comparison.prompt), *_compared(comparison)])


def render(summary: Summary, form: Format) -> str:
    """Every cell's and every comparison's line; `json` adds the numbers that the sentences are made of."""
    if form == "json":
        return _json(summary)
    if form == "markdown":
        cells = [
            f"- **{_escaped(cell.model)}** · {_escaped(cell.title)} · {' · '.join(_facts(cell))}"
            for cell in summary.cells
        ]
        pairs = [
            f"- **{_escaped(pair.first)}** against **{_escaped(pair.second)}** · {_escaped(pair.prompt)} · "
            + " · ".join(_MARKDOWN.sub(r"\\\1", part) for part in _compared(pair))
            for pair in summary.comparisons
        ]
        return "\n".join([*cells, *pairs]) + "\n"
    lines = [sentence(cell) for cell in summary.cells]
    return "\n".join([*lines, *(comparison_sentence(pair) for pair in summary.comparisons)]) + "\n"


def score(value: float) -> str:
    """A score as a whole number; with one decimal where rounding would make 0 or 100 of it, never quite either."""
    whole = math.floor(value + 0.5)
    if value in {0, 100} or whole not in {0, 100}:
        return str(whole)
    return "0.1" if value < 0.1 else f"{math.floor(value * 10) / 10:.1f}"


def _facts(cell: CellSummary) -> list[str]:
    """The parts of a cell's sentence after its names."""
    planned = cell.planned or cell.n
    parts = [f"n = {cell.n}" if cell.n >= planned else f"n = {cell.n} of {planned} planned"]
    if cell.unscored:
        as_0 = cell.p10_unscored_as_0
        counted = f" (floor {score(as_0)} if they counted as 0)" if as_0 is not None and cell.scored else ""
        parts.append(f"{cell.scored} of {cell.n} scored, {cell.unscored} unscored{counted}")
    if cell.p10 and cell.p50 and cell.best:
        parts.append(f"floor (p10) {score(cell.p10.value)} {_interval(cell.p10)}")
        parts.append(f"median {score(cell.p50.value)}")
        parts.append(f"ceiling (best) {score(cell.best.value)}")
    else:
        parts.append("no attempt was scored")
    if cell.distinct_replies < cell.scored:
        parts.append(f"only {plain.plural(cell.distinct_replies, 'different reply', 'different replies')}")
    if len(cell.models_reported) > 1:
        parts.append(f"answered by {len(cell.models_reported)} models")
    parts.append(f"{cell.n} of {planned} shown")
    return parts


def _interval(percentile: Percentile) -> str:
    """Such as [0, 78]; with its confidence where that is below 95 %."""
    sure = "" if percentile.confidence >= _LEAST else f" ({math.floor(percentile.confidence * 100)} %)"
    return f"[{score(percentile.low)}, {score(percentile.high)}]{sure}"


def _compared(comparison: Comparison) -> list[str]:
    """The parts of a comparison's sentence after its names."""
    difference = comparison.difference_p10
    size = score(abs(difference))
    points = f"{size} point{'' if size == '1' else 's'}"
    chance = f"p {_p_value(comparison.p_value)}"
    floors = (
        "the floors are equal" if not difference else f"the second's floor is {points} {_way(difference)} ({chance})"
    )
    low, high = _percent(comparison.beats_low), _percent(comparison.beats_high)
    beats = f"the first beats the second {_percent(comparison.beats)} % of the time [{low}, {high}]"
    return [floors, beats, plain.line(comparison.verdict, 2 * NAME_CHARACTERS + 200)]


def _way(difference: float) -> str:
    return "higher" if difference > 0 else "lower"


def _p_value(value: float) -> str:
    """Such as "= 0.03"; never 0, and 1 only where exactly true."""
    if value < 0.001:
        return "< 0.001"
    return "= 1" if value == 1 else f"= {min(value, 0.99):.2f}" if value >= 0.095 else f"= {value:.2g}"


def _percent(share: float) -> str:
    """A share as a whole number of per cent; 0 and 100 only where exactly true."""
    return f"{share * 100:.0f}" if share in {0, 1} else str(min(max(math.floor(share * 100 + 0.5), 1), 99))


def _name(text: str) -> str:
    return plain.line(text, NAME_CHARACTERS) or plain.NOTHING


def _escaped(text: str) -> str:
    """A name in Markdown, with nothing in it that Markdown or HTML would read as markup."""
    return _MARKDOWN.sub(r"\\\1", _name(text))


def _json(summary: Summary) -> str:
    cells = [{"sentence": sentence(cell), **cell.model_dump(mode="json", include=_FIELDS)} for cell in summary.cells]
    pairs = [{"sentence": comparison_sentence(c), **c.model_dump(mode="json")} for c in summary.comparisons]
    found = {"run": summary.run, "digest": summary.digest, "cells": cells, "comparisons": pairs}
    return json.dumps(found, ensure_ascii=False, indent=1) + "\n"
