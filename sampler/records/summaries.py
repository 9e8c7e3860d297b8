"""Scores -> Summary: cells, their percentiles and comparisons, and the run that they belong to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sampler.records.attempts import Prompt
from sampler.records.base import Record, Severity, Share


class Percentile(Record):
    """A percentile by nearest rank: the score of a real attempt, and its interval by order statistics."""

    value: float
    attempt: str
    """Label of the attempt that it is."""
    low: float
    high: float
    confidence: Share
    """What the interval really achieves."""


class Rate(Record):
    """A share with its Wilson interval; `k` of `n`."""

    value: Share
    low: Share
    high: Share
    k: int
    n: int


class FailureMode(Record):
    """A check and the attempts in which it found something, by label."""

    check: str
    severity: Severity
    attempts: tuple[str, ...]


class CellSummary(Record):
    """One prompt x one model. Percentiles are None when no attempt was scored."""

    prompt: str
    title: str
    model: str
    n: int
    """Attempts that were made."""
    planned: int | None = None
    """Attempts that were planned; more than `n` in a run that was stopped. None: as many as were made."""
    scored: int
    unscored: int
    p10: Percentile | None
    p50: Percentile | None
    p90: Percentile | None
    best: Percentile | None
    worst: Percentile | None
    mean: float | None
    pass_rate: Rate | None
    p10_unscored_as_0: float | None = None
    """The floor under the other convention; None where nothing is unscored."""
    best_of: tuple[float, ...] = ()
    """Expected best of k attempts, k = 1 to scored; the first is the mean."""
    worst_of: tuple[float, ...] = ()
    pass_at: tuple[float, ...] = ()
    """Chance that at least one of k passes."""
    pass_all: tuple[float, ...] = ()
    """Chance that all of k pass."""
    distinct_replies: int
    failure_modes: tuple[FailureMode, ...] = ()
    models_reported: tuple[str, ...] = ()
    cost_usd: float | None = None
    cost_per_pass_usd: float | None = None
    tokens_out: float | None = None
    """Median over attempts, as for the two below."""
    seconds_to_first_token: float | None = None
    tokens_per_second: float | None = None


class Comparison(Record):
    """Two cells of one prompt side by side; `first` and `second` are models."""

    prompt: str
    first: str
    second: str
    difference_p10: float
    """The second's floor less the first's, in points."""
    p_value: Share
    """Of that difference, by permutation, with Holm's correction over the summary's comparisons."""
    beats: Share
    """Chance that a random attempt of the first beats one of the second, ties counted half."""
    beats_low: Share
    beats_high: Share
    verdict: str
    """In plain words; "cannot tell at n = 10" is a verdict."""


class Summary(Record):
    """What summary.json holds."""

    run: str
    digest: str
    cells: tuple[CellSummary, ...]
    comparisons: tuple[Comparison, ...] = ()


class CellPlan(Record):
    """One cell of a run as it was planned, before the first question was asked."""

    prompt: str
    model: str
    n: Annotated[int, Field(ge=1)]


class PageFile(Record):
    """A page on disk that is scored as it is; attempt number i of its cell is the i-th page."""

    root: str
    """Absolute folder from which the page's relative addresses are answered."""
    page: str
    """Path relative to `root`, with forward slashes."""
    shown: str
    """The path as it was given, or found below a folder that was given."""


class RunManifest(Record):
    """What a run is: written before the first attempt is asked, never changed."""

    run: str
    created_at: str
    version: str
    """Of this program."""
    prompts: tuple[Prompt, ...]
    cells: tuple[CellPlan, ...]
    versions: dict[str, str] = Field(default_factory=dict)
    """Python, Playwright, Chromium."""
    pages: tuple[PageFile, ...] = ()
    """The pages of a run that no model was asked for, in order of their numbers; empty for all others."""
    import_map: str | None = None
    """JSON text of an import map that is put before the scripts of every page in `pages`."""
