"""The attempts of one prompt and one model become one `CellSummary`."""

from __future__ import annotations

import math
from statistics import median
from typing import TYPE_CHECKING

from sampler.records import CellSummary, FailureMode
from sampler.stats import percentiles, rates
from sampler.stats.percentiles import Scored

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sampler.records import CellPlan, Result, Severity, Usage

_GRAVITY: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


def scored(results: Iterable[Result]) -> list[Scored]:
    """The attempts that have a score."""
    return [
        Scored(result.score.value, result.attempt.id.number, result.attempt.id.label)
        for result in results
        if result.score.value is not None
    ]


def cell(plan: CellPlan, title: str, results: Sequence[Result]) -> CellSummary:
    """The summary of one cell. Unscored attempts are counted and left out; nothing else is."""
    attempts = scored(results)
    values = [attempt.value for attempt in attempts]
    n = len(results)
    passes = [float(result.score.outcome == "passed") for result in results if result.score.value is not None]
    unscored = n - len(attempts)
    usages = [result.attempt.usage for result in results if result.attempt.reply_sha256]
    cost = _total(usage.cost_usd for usage in usages)
    passed = int(sum(passes))
    return CellSummary(
        prompt=plan.prompt,
        title=title,
        model=plan.model,
        n=n,
        planned=plan.n,
        scored=len(attempts),
        unscored=unscored,
        p10=percentiles.percentile(attempts, 10) if attempts else None,
        p50=percentiles.percentile(attempts, 50) if attempts else None,
        p90=percentiles.percentile(attempts, 90) if attempts else None,
        best=percentiles.best(attempts) if attempts else None,
        worst=percentiles.worst(attempts) if attempts else None,
        mean=round(math.fsum(values) / len(values), 4) if values else None,
        pass_rate=rates.rate(passed, len(passes)) if passes else None,
        p10_unscored_as_0=percentiles.value_at([*values, *[0.0] * unscored], 10) if unscored else None,
        best_of=rates.best_of(values),
        worst_of=rates.worst_of(values),
        pass_at=rates.best_of(passes),
        pass_all=rates.worst_of(passes),
        distinct_replies=len({result.attempt.reply_sha256 for result in results if result.attempt.reply_sha256}),
        failure_modes=failure_modes(results),
        models_reported=tuple(dict.fromkeys(name for usage in usages if (name := _reported(usage)))),
        cost_usd=cost,
        cost_per_pass_usd=cost / passed if cost is not None and passed else None,
        tokens_out=_median(usage.tokens_out for usage in usages),
        seconds_to_first_token=_median(usage.seconds_to_first_token for usage in usages),
        tokens_per_second=_median(_speed(usage) for usage in usages),
    )


def failure_modes(results: Iterable[Result]) -> tuple[FailureMode, ...]:
    """Every check that found something, with its attempts: errors and warnings by count, then graver first; notes last.

    A check that found something of different severity in different attempts counts as its gravest.
    """
    attempts: dict[str, dict[int, str]] = {}
    gravest: dict[str, Severity] = {}
    for result in results:
        for finding in result.score.findings:
            attempts.setdefault(finding.check, {})[result.attempt.id.number] = result.attempt.id.label
            known = gravest.get(finding.check, finding.severity)
            gravest[finding.check] = min(known, finding.severity, key=_GRAVITY.__getitem__)
    modes = [
        FailureMode(check=check, severity=gravest[check], attempts=tuple(label for _, label in sorted(labels.items())))
        for check, labels in attempts.items()
    ]
    return tuple(
        sorted(
            modes,
            key=lambda mode: (mode.severity == "note", -len(mode.attempts), _GRAVITY[mode.severity], mode.check),
        )
    )


def _total(costs: Iterable[float | None]) -> float | None:
    """The sum; None where any reply's cost is not known, since a part of the cost is not the cost."""
    known = list(costs)
    numbers = [cost for cost in known if cost is not None]
    return math.fsum(numbers) if numbers and len(numbers) == len(known) else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [float(value) for value in values if value is not None]
    return median(known) if known else None


def _speed(usage: Usage) -> float | None:
    """Tokens per second from the first token on, where the provider told both."""
    if usage.tokens_out is None or usage.seconds is None:
        return None
    seconds = usage.seconds - (usage.seconds_to_first_token or 0)
    return usage.tokens_out / seconds if seconds > 0 else None


def _reported(usage: Usage) -> str:
    """What the server called itself, with its fingerprint: a cell that more than one answered shows both."""
    if usage.model_reported is None:
        return ""
    return f"{usage.model_reported} ({usage.fingerprint})" if usage.fingerprint else usage.model_reported
