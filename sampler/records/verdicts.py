"""Render -> Score: what is wrong, and what it costs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sampler.records.attempts import Attempt, AttemptId, Failure
from sampler.records.base import Outcome, Points, Record, Severity
from sampler.records.renders import Box, Render, SourceLocation


class Evidence(Record):
    """Why a check fired, for a person to look at; what a check yields."""

    message: str
    frame: int | None = None
    """Index into the render's frames."""
    box: Box | None = None
    source: SourceLocation | None = None
    urls: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    numbers: dict[str, float] = Field(default_factory=dict)
    """Quantities by name with unit, such as "covered_share" or "at_seconds"."""
    severity: Severity | None = None
    """Where this case is milder than the check's own severity."""


class Finding(Record):
    """One thing that is wrong, said once with its worst case; `points` are what it takes from the score."""

    check: str
    severity: Severity
    points: Points
    message: str
    evidence: Evidence
    more: tuple[Evidence, ...] = ()
    """Further cases of the same check; they cost nothing more."""


class ScorePart(Record):
    """One part of a score, in points taken, and the sentence that explains it."""

    name: Literal["faults", "fit", "finish"]
    taken: Points
    reason: str


class Score(Record):
    """The verdict on one attempt."""

    id: AttemptId
    outcome: Outcome
    value: Points | None
    """0 to 100; None when the harness or the provider failed, never the scene."""
    parts: tuple[ScorePart, ...] = ()
    findings: tuple[Finding, ...] = ()
    failure: Failure | None = None


class Result(Record):
    """One attempt with all that is known of it."""

    attempt: Attempt
    render: Render
    score: Score
