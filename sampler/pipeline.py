"""The order of the stages: plan, ask, render, score, summarize, report. Nobody else knows it.

A stage whose output is there is not run again, and that is all that resuming a run is. Asking and
rendering overlap: a page is rendered as soon as it has come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

from pydantic import Field

from sampler import ledger, pages, plan, stats, store, verify
from sampler.browser import chromium, session
from sampler.browser.install import version_of
from sampler.errors import BrowserMissingError, InputError, RunFolderError
from sampler.ledger import Ledger
from sampler.records import (
    Attempt,
    AttemptId,
    CellPlan,
    CellSummary,
    Comparison,
    Percentile,
    Record,
    Rendered,
    RenderTask,
    Result,
    RunManifest,
    Score,
    Summary,
)
from sampler.report import gallery
from sampler.stats import comparison
from sampler.work import Work, delivered

if TYPE_CHECKING:
    from sampler.store import RunFolder

DEMO_PROMPTS = ("friends-apartment",)
DEMO_MODELS = ("recorded:compact", "recorded:sketch")
DEMO_N = 20

RenderFunction = Callable[[RenderTask], Rendered]


class Options(Record):
    """How a run is carried out; nothing here changes what is asked."""

    out: Path = Path()
    """Folder in which `renders` and `reports` are made."""
    workers: Annotated[int, Field(ge=1)] | None = None
    """Render processes; None means as many as cores and memory allow."""
    offline: bool = False
    """Make no network call, whatever is missing."""
    sandbox: bool = True
    wall_seconds: Annotated[float, Field(gt=0)] = 30
    """How long a page's main thread may stay silent."""
    draw_every_frame: bool = False


class Progress(Protocol):
    """Who wants to know how far it is. Called from one thread; every call returns at once."""

    def began(self, cells: Sequence[CellPlan], done: Sequence[Score]) -> None:
        """Work begins on these cells; the attempts of `done` need none."""

    def answered(self, attempt: Attempt) -> None:
        """A reply, or a provider's failure, is on the disk."""

    def scored(self, score: Score) -> None:
        """An attempt is through."""

    def reporting(self) -> None:
        """All attempts are through; the report is being written."""


class Silent:
    """Progress that nobody watches."""

    def began(self, cells: Sequence[CellPlan], done: Sequence[Score]) -> None:
        """Say nothing."""

    def answered(self, attempt: Attempt) -> None:
        """Say nothing."""

    def scored(self, score: Score) -> None:
        """Say nothing."""

    def reporting(self) -> None:
        """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run that is through, and where its gallery lies."""

    folder: RunFolder
    manifest: RunManifest
    summary: Summary
    results: tuple[Result, ...]
    index: Path


def start(
    prompts: Sequence[str],
    models: Sequence[str],
    n: int,
    options: Options,
    *,
    name: str | None = None,
    base: str | None = None,
    prompt_folder: Path | None = None,
    render: RenderFunction | None = None,
) -> RunFolder:
    """Plan a run and create its folder; asks nothing yet.

    `name` is the run's name; without one it is `base`, or the first prompt's id, with a number where that is taken.

    Raises:
        SamplerError: anything that cannot work, found before the folder is made.
    """
    manifest = plan.asked(prompts, models, n, folder=prompt_folder, versions={})
    return _create(manifest, options, name=name, base=base or _base(manifest), render=render)


def start_pages(
    paths: Sequence[Path],
    options: Options,
    *,
    root: Path | None = None,
    prompt: str | None = None,
    import_map: Path | None = None,
    name: str | None = None,
    render: RenderFunction | None = None,
) -> RunFolder:
    """Plan a run of pages that are there already; raises as `start` does."""
    manifest = plan.of_pages(
        pages.find(paths, root), prompt, pages.import_map(import_map) if import_map else None, versions={}
    )
    return _create(manifest, options, name=name, base="score", render=render)


def finish(folder: RunFolder, options: Options, progress: Progress, *, render: RenderFunction | None = None) -> Report:
    """Do whatever of a run is not done, and report it. Stopped at any moment, it can be called again.

    Raises:
        SamplerError: the run's folder was changed, cannot be written, or there is no browser.
    """
    manifest = folder.manifest()
    with folder.lock(), Ledger(folder.ledger, folder.manifest_sha256()) as book:
        folder.recover_answers()
        work = Work(
            folder,
            manifest,
            book,
            render=render or session.render,
            workers=options.workers,
            task_options={
                "offline": options.offline,
                "sandbox": options.sandbox,
                "wall_seconds": options.wall_seconds,
                "draw_every_frame": options.draw_every_frame,
            },
        )
        work.look()
        if work.left:
            if render is None:
                _browser()
            folder.check_writable(len(work.left))
            progress.began(manifest.cells, work.scores)
            work.do(progress)
    progress.reporting()
    return report(folder)


def report(folder: RunFolder) -> Report:
    """Summary and gallery again from what is stored; needs no model and no browser.

    Raises:
        RunFolderError: the run is not finished, or is no longer what its ledger recorded.
        OutputError: the report cannot be written.
    """
    manifest, summary, results = summarize(folder)
    answers = {result.attempt.id: result.attempt for result in results}

    def assets(attempt: AttemptId) -> gallery.Assets:
        text, _, document = delivered(manifest, folder, answers[attempt])
        return gallery.Assets(reply=text, document=document, pictures=folder.attempt_folder(attempt))

    index = gallery.write(folder.report, manifest, summary, results, assets)
    return Report(folder=folder, manifest=manifest, summary=summary, results=results, index=index)


def summarize(folder: RunFolder) -> tuple[RunManifest, Summary, tuple[Result, ...]]:
    """A finished run in numbers, from what is stored and still is as the ledger has it. Raises as `report` does."""
    manifest = folder.manifest()
    events = ledger.read(folder.ledger, folder.manifest_sha256())
    whole = ledger.planned(manifest)
    done = sum(1 for _, kind in ledger.latest(events) if kind == "scored")
    if done < len(whole):
        raise RunFolderError(
            f"Run '{folder.name}' is not finished ({done} of {len(whole)} attempts are scored); "
            f"finish it with `sampler resume {folder.name}`"
        )
    for difference in verify.stored(folder, manifest, events):
        raise RunFolderError(f"{difference}; `sampler verify {folder.name}` lists all that was changed")
    results = tuple(_result(folder, attempt) for attempt in whole)
    return manifest, stats.summarize(manifest, results, ledger.digest(events)), results


def differences(folder: RunFolder) -> tuple[str, ...]:
    """Everything that is missing, changed, too much or not shown in a run; empty when it is whole.

    Raises:
        RunFolderError: the manifest or the ledger itself was changed, so that nothing can be held against it.
    """
    manifest = folder.manifest()
    events = ledger.read(folder.ledger, folder.manifest_sha256())
    found = tuple(verify.stored(folder, manifest, events))
    if found:
        return found
    results = tuple(_result(folder, attempt) for attempt in ledger.planned(manifest))
    found = tuple(
        difference
        for result in results
        for difference in verify.verdict(manifest, result.attempt, result.render, result.score)
    )
    summary = stats.summarize(manifest, results, ledger.digest(events))
    return found + tuple(verify.shown(folder, summary, folder.summary()))


def _result(folder: RunFolder, attempt: AttemptId) -> Result:
    answer, render, score = folder.attempt(attempt), folder.render(attempt), folder.score(attempt)
    if answer is None or render is None or score is None:
        raise RunFolderError(f"{attempt} was taken out of {folder.path} while it was read; try again")
    return Result(attempt=answer, render=render, score=score)


def _create(
    manifest: RunManifest, options: Options, *, name: str | None, base: str, render: RenderFunction | None
) -> RunFolder:
    if name is not None:
        store.check_name(name)
    versions = manifest.versions | (_browser() if render is None else {})
    planned = manifest.model_copy(update={"versions": versions})

    def named(run: str) -> tuple[RunManifest, bytes]:
        final = planned.model_copy(update={"run": run})
        return final, ledger.first_lines(final)

    store.check_writable(options.out, len(ledger.planned(planned)))
    if name is not None:
        return store.create(options.out, *named(name))
    return store.create_next(options.out, base, named)


def _base(manifest: RunManifest) -> str:
    """A name that says what was asked: "friends-apartment", or "friends-apartment-and-2-more"."""
    first, more = manifest.prompts[0].id[:60].strip("-"), len(manifest.prompts) - 1
    return f"{first}-and-{more}-more" if more else first


def _browser() -> dict[str, str]:
    """Name and version of the browser, for the manifest. BrowserMissingError where there is none."""
    found = chromium.find()
    named = version_of(found.executable) if found else None
    if named is None:
        raise BrowserMissingError("No Chromium or Chrome was found that runs; get one with `sampler install`")
    return {"Browser": named}


class Compared(Record):
    """What `compare` prints: cells side by side, and a verdict on every pair of them."""

    cells: tuple[CellSummary, ...]
    comparisons: tuple[Comparison, ...]


def compare(first: RunFolder, second: RunFolder | None = None) -> Compared:
    """The cells of one run on the same prompt, or those of two runs: same prompt, same model where both have it.

    Raises:
        InputError: there is nothing to compare.
        RunFolderError: as `report`.
    """
    if second is None:
        _, summary, _ = summarize(first)
        if not summary.comparisons:
            raise InputError(f"Run '{first.name}' has no two cells of one prompt; name a second run to compare with")
        return Compared(cells=summary.cells, comparisons=summary.comparisons)
    sides = [_side(folder) for folder in (first, second)]
    for prompt in sides[0].texts.keys() & sides[1].texts.keys():
        if sides[0].texts[prompt] != sides[1].texts[prompt]:
            raise InputError(f"'{prompt}' was another text in '{second.name}' than in '{first.name}'")
    pairs = [(a, b) for a in sides[0].cells for b in sides[1].cells if a.prompt == b.prompt]
    same = [(a, b) for a, b in pairs if a.model == b.model]
    chosen = same or pairs
    if not chosen:
        raise InputError(f"'{first.name}' and '{second.name}' have no prompt in common with scored attempts")
    named = [
        tuple(
            cell._replace(model=f"{cell.model} ({folder.name})")
            for cell, folder in zip(pair, (first, second), strict=True)
        )
        for pair in chosen
    ]
    keys = {(cell.prompt, cell.model) for pair in chosen for cell in pair}
    return Compared(
        cells=tuple(
            cell.model_copy(update={"model": f"{cell.model} ({folder.name})"})
            for folder, side in zip((first, second), sides, strict=True)
            for cell in side.summary.cells
            if (cell.prompt, cell.model) in keys
        ),
        comparisons=comparison.compare([(a, b) for a, b in named]),
    )


@dataclass(frozen=True, kw_only=True)
class _Side:
    """One run as a side of a comparison: its cells with the scores in them."""

    summary: Summary
    cells: tuple[comparison.Cell, ...]
    texts: dict[str, str]


def _side(folder: RunFolder) -> _Side:
    manifest, summary, results = summarize(folder)
    values: dict[tuple[str, str], list[float]] = {}
    for result in results:
        if result.score.value is not None:
            values.setdefault((result.attempt.id.prompt, result.attempt.id.model), []).append(result.score.value)
    return _Side(
        summary=summary,
        cells=tuple(comparison.Cell(prompt, model, tuple(found)) for (prompt, model), found in values.items()),
        texts={prompt.id: prompt.text for prompt in manifest.prompts},
    )


def below(summary: Summary, measure: str, least: float) -> tuple[str, ...]:
    """A sentence for each cell whose measure ("p10", "mean", …) is less, or is not known."""
    found = []
    for cell in summary.cells:
        known = getattr(cell, measure)
        value = known.value if isinstance(known, Percentile) else known
        if value is None or value < least:
            has = "unknown" if value is None else f"{value:g}"
            found.append(f"{cell.model} · {cell.prompt}: {measure} is {has}, below {least:g}")
    return tuple(found)
