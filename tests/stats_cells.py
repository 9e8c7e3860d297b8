"""Results, cells and large populations of scores, for the tests of statistics."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

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

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIZES = (8, 10, 20, 30)


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


@cache
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
