"""What the gallery says of a whole cell (one prompt, one model) and of the run: floor, ceiling, plot, failures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sampler.records import AttemptId, slug
from sampler.report import plain, plot, quote, view

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sampler.records import CellSummary, Percentile, Result, RunManifest, Severity, Summary
    from sampler.report.view import AttemptView


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """An attempt that stands for its cell: the floor or the ceiling."""

    role: str
    says: str
    """What it means to somebody who has never heard of percentiles."""
    name: str
    why: str
    """What is most wrong with it, in a few words; empty where nothing is."""
    attempt: AttemptView


@dataclass(frozen=True, kw_only=True, slots=True)
class Mark:
    """A dot of the strip plot and the attempt that it is."""

    dot: plot.Dot
    attempt: AttemptView


@dataclass(frozen=True, kw_only=True, slots=True)
class Stat:
    """One number with its name and what qualifies it."""

    name: str
    value: str
    note: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mode:
    """A failure mode: in how many attempts a check found something."""

    check: str
    title: str
    severity: Severity
    count: int
    percent: float
    first: str
    """Anchor of the worst attempt that has it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CellView:
    """One cell as the gallery shows it; attempts are worst first, unscored ones last."""

    anchor: str
    prompt: str
    title: str
    model: str
    sentence: str
    shown: str
    floor: Pick | None
    ceiling: Pick | None
    gap: str
    strip: plot.Strip
    marks: tuple[Mark, ...]
    unscored: tuple[AttemptView, ...]
    spread: tuple[Stat, ...]
    stats: tuple[Stat, ...]
    modes: tuple[Mode, ...]
    notes: tuple[str, ...]
    attempts: tuple[AttemptView, ...]
    n: int
    clean: int
    """Attempts in which nothing was found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PromptView:
    """One prompt with its cells and what their comparison says."""

    anchor: str
    id: str
    title: str
    text: str
    verdicts: tuple[tuple[str, str], ...]
    """Of each comparison the verdict, and the whole sentence to quote."""
    cells: tuple[CellView, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class PageView:
    """The whole gallery."""

    run: str
    of_pages: bool
    """Pages that were on the disk already; no model was asked."""
    captions: tuple[str, str]
    digest: str
    created: str
    prompts: tuple[PromptView, ...]
    shown: str
    checks: tuple[tuple[str, str, int], ...]
    """Id, title and number of attempts, most frequent first, for the filter."""
    outcomes: tuple[tuple[str, int], ...]
    made_with: tuple[str, ...]
    version: str

    @property
    def cells(self) -> tuple[CellView, ...]:
        """All cells, in order."""
        return tuple(cell for prompt in self.prompts for cell in prompt.cells)


def page(
    manifest: RunManifest, summary: Summary, results: Sequence[Result], attempts: dict[AttemptId, AttemptView]
) -> PageView:
    """The gallery's view of a run; `attempts` holds every result's own view."""
    planned = {(cell.prompt, cell.model): cell.n for cell in manifest.cells}
    cells = [
        _cell(cell, planned.get((cell.prompt, cell.model), cell.n), attempts, several=len(summary.cells) > 1)
        for cell in summary.cells
    ]
    texts = {prompt.id: prompt for prompt in manifest.prompts}
    prompts = []
    for identity in dict.fromkeys(cell.prompt for cell in cells):
        known = texts.get(identity)
        own = tuple(cell for cell in cells if cell.prompt == identity)
        prompts.append(
            PromptView(
                anchor=f"prompt.{slug(identity)}",
                id=identity,
                title=own[0].title,
                text=plain.cut(known.text, 4_000) if known else "",
                verdicts=tuple(
                    (plain.line(comparison.verdict, 400), quote.comparison_sentence(comparison))
                    for comparison in summary.comparisons
                    if comparison.prompt == identity
                ),
                cells=own,
            )
        )
    shown = [attempt for cell in cells for attempt in cell.attempts]
    counted = Counter(check for attempt in shown for check in attempt.checks.split())
    return PageView(
        run=plain.line(manifest.run, 120),
        of_pages=bool(manifest.pages),
        captions=captions(pages=bool(manifest.pages)),
        digest=plain.line(summary.digest, 128),
        created=plain.line(manifest.created_at, 40),
        prompts=tuple(prompts),
        shown=_of(len(shown), sum(planned.values())),
        checks=tuple(
            (check, view.title(check), count)
            for check, count in sorted(counted.items(), key=lambda entry: (-entry[1], entry[0]))
        ),
        outcomes=tuple(
            (outcome, count)
            for outcome in ("passed", "failed", "unscored")
            if (count := sum(attempt.outcome == outcome for attempt in shown))
        ),
        made_with=_made_with(manifest, results),
        version=plain.line(manifest.version, 40),
    )


def ranks(cell: CellSummary) -> dict[str, tuple[str, ...]]:
    """What an attempt stands for in its cell, by label: floor, median, p90, best."""
    named: dict[str, tuple[str, ...]] = {}
    for name, at in (("floor (p10)", cell.p10), ("median", cell.p50), ("p90", cell.p90), ("best", cell.best)):
        if at is not None:
            named[at.attempt] = (*named.get(at.attempt, ()), name)
    return named


def captions(*, pages: bool) -> tuple[str, str]:
    """What floor and ceiling mean; nobody asked for pages that were on the disk already, so nobody would ship one."""
    return ("The floor", "The best") if pages else ("What you would ship", "What gets posted")


def _cell(cell: CellSummary, planned: int, attempts: dict[AttemptId, AttemptView], *, several: bool) -> CellView:
    own = sorted(
        (one for key, one in attempts.items() if (key.prompt, key.model) == (cell.prompt, cell.model)),
        key=lambda one: (one.value is None, one.value if one.value is not None else 0, one.number),
    )
    scored = [one for one in own if one.value is not None]
    by_label = {one.label: one for one in own}
    strip = plot.strip(
        [one.value for one in scored if one.value is not None],
        (("p10", cell.p10), ("p50", cell.p50), ("p90", cell.p90)),
    )
    floor_says, ceiling_says = captions(pages=any(one.page for one in own))
    floor = _pick(cell.p10, by_label, "floor", floor_says, "floor (p10)")
    ceiling = _pick(cell.best, by_label, "ceiling", ceiling_says, f"best of {cell.scored}")
    return CellView(
        anchor=f"cell.{slug(cell.prompt)}.{slug(cell.model)}",
        prompt=cell.prompt,
        title=plain.line(cell.title, 160),
        model=plain.line(cell.model, 120),
        sentence=quote.sentence(cell),
        shown=_of(len(own), planned),
        floor=floor,
        ceiling=ceiling,
        gap=view.score(cell.best.value - cell.p10.value) if cell.best and cell.p10 else "",
        strip=strip,
        marks=tuple(Mark(dot=dot, attempt=scored[dot.index]) for dot in strip.dots),
        unscored=tuple(one for one in own if one.value is None),
        spread=_spread(cell),
        stats=_stats(cell),
        modes=_modes(cell, own),
        notes=_notes(cell, len(own), planned, several=several),
        attempts=tuple(own),
        n=cell.n,
        clean=sum(not one.findings and one.value is not None for one in own),
    )


def _pick(at: Percentile | None, by_label: dict[str, AttemptView], role: str, says: str, name: str) -> Pick | None:
    if at is None or at.attempt not in by_label:
        return None
    attempt = by_label[at.attempt]
    blamed = [finding.title for finding in attempt.findings if finding.severity != "note"]
    return Pick(role=role, says=says, name=name, why=blamed[0] if blamed else "", attempt=attempt)


def _interval(at: Percentile) -> str:
    return f"[{view.score(at.low)}, {view.score(at.high)}]"


def _of(shown: int, planned: int) -> str:
    return f"{shown:,} of {planned:,} shown"


def _percent(share: float) -> str:
    return plain.quantity("_share", share)[1]


def _spread(cell: CellSummary) -> tuple[Stat, ...]:
    named = (("p10", "floor", cell.p10), ("p50", "median", cell.p50), ("p90", "", cell.p90))
    return tuple(
        Stat(
            name=f"{name} {word}".strip(),
            value=view.score(at.value),
            note=f"{_interval(at)} at {_percent(at.confidence)}",
        )
        for name, word, at in named
        if at is not None
    )


def _stats(cell: CellSummary) -> tuple[Stat, ...]:
    stats = []
    if cell.pass_rate is not None:
        rate = cell.pass_rate
        stats.append(
            Stat(
                name="passed",
                value=f"{rate.k} of {rate.n}",
                note=f"{_percent(rate.value)} [{_percent(rate.low)}, {_percent(rate.high)}]",
            )
        )
    if cell.mean is not None:
        stats.append(Stat(name="mean", value=view.score(cell.mean), note=""))
    if cell.unscored:
        as_0 = cell.p10_unscored_as_0
        note = "left out of every number" + (
            f"; counted as 0, the floor is {view.score(as_0)}" if as_0 is not None else ""
        )
        stats.append(Stat(name="not scored", value=f"{cell.unscored} of {cell.n}", note=note))
    if cell.cost_usd is not None:
        per_pass = f"{cell.cost_per_pass_usd:.2f} USD per passed attempt" if cell.cost_per_pass_usd is not None else ""
        stats.append(Stat(name="cost", value=f"{cell.cost_usd:.2f} USD", note=per_pass))
    if cell.tokens_out is not None:
        speed = f"{cell.tokens_per_second:.0f} a second" if cell.tokens_per_second is not None else ""
        stats.append(Stat(name="tokens, median", value=plain.number(cell.tokens_out), note=speed))
    return tuple(stats)


def _modes(cell: CellSummary, own: Sequence[AttemptView]) -> tuple[Mode, ...]:
    modes = []
    for mode in cell.failure_modes:
        first = next((one.anchor for one in own if mode.check in one.checks.split()), None)
        if first is not None:
            modes.append(
                Mode(
                    check=mode.check,
                    title=view.title(mode.check),
                    severity=mode.severity,
                    count=len(mode.attempts),
                    percent=round(100 * len(mode.attempts) / max(cell.n, 1), 2),
                    first=first,
                )
            )
    return tuple(sorted(modes, key=lambda mode: (-mode.count, mode.check)))


def _notes(cell: CellSummary, shown: int, planned: int, *, several: bool) -> tuple[str, ...]:
    notes = []
    if shown < planned:
        notes.append(f"{plain.plural(planned - shown, 'planned attempt')} not there yet: the run was not finished.")
    if cell.scored == 0:
        notes.append("No attempt was scored, so there is no floor and no ceiling.")
    if cell.distinct_replies < cell.n - cell.unscored:
        notes.append(
            f"Only {cell.distinct_replies} different replies among {cell.n}: identical ones are not independent, "
            "and the intervals are too narrow."
        )
    if len(cell.models_reported) > 1:
        names = ", ".join(plain.line(name, 80) for name in cell.models_reported[:6])
        notes.append(f"Answered by more than one model, as the server named them: {names}.")
    if several and cell.scored == 1:
        notes.append("One attempt says nothing about the next one.")
    return tuple(notes)


def _made_with(manifest: RunManifest, results: Iterable[Result]) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    for result in results:
        with_ = result.render.environment
        if with_ is not None:
            size = f"{with_.width_pixels} {plain.TIMES} {with_.height_pixels} pixels"
            sandbox = "" if with_.sandboxed else " · without Chromium's sandbox"
            seen[plain.line(f"{with_.browser} · {with_.renderer} · {size}{sandbox}", LINE)] = None
    versions = " · ".join(
        f"{plain.line(name, 40)} {plain.line(of, 60)}" for name, of in sorted(manifest.versions.items())
    )
    return (*seen, *((versions,) if versions else ()))


LINE = 300
"""Characters of a line about the browser."""
