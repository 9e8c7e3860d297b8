"""Is every planned attempt there, unchanged, and shown? What was stored, held against the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampler import __version__, ledger
from sampler.errors import RunFolderError
from sampler.score import score

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sampler.ledger import Event, Fact, Kind
    from sampler.records import Attempt, AttemptId, Render, RunManifest, Score, Summary
    from sampler.store import RunFolder


def order(manifest: RunManifest, events: Sequence[Event]) -> Iterator[str]:
    """What is wrong with the ledger's story: plan first and whole, every question answered once."""
    plan = ledger.planned(manifest)
    if tuple(event.fact.attempt for event in events[: len(plan)] if event.fact.kind == "planned") != plan:
        yield "The ledger does not begin with every attempt that the manifest plans"
    answered: set[AttemptId] = set()
    asked: set[AttemptId] = set()
    for event in events[len(plan) :]:
        fact = event.fact
        if fact.kind == "planned" or fact.attempt not in plan:
            yield f"Line {event.number + 1} of the ledger is about an attempt that was not planned: {fact.attempt}"
        elif fact.kind == "asked":
            if fact.attempt in answered:
                yield f"{fact.attempt} was asked again after it was answered"
            asked.add(fact.attempt)
        elif fact.kind in {"answered", "failed"}:
            if fact.attempt in answered:
                yield f"{fact.attempt} was answered twice"
            if fact.attempt not in asked:
                yield f"{fact.attempt} was answered before it was asked"
            answered.add(fact.attempt)


def answer(folder: RunFolder, attempt: AttemptId, latest: Mapping[tuple[AttemptId, Kind], Fact]) -> Iterator[str]:
    """How the stored answer to one question differs from the ledger; nothing where both have none."""
    stored = folder.attempt(attempt)
    fact = latest.get((attempt, "answered")) or latest.get((attempt, "failed"))
    if stored is None:
        if fact is not None:
            yield f"{attempt} was answered, and its answer is gone from {folder.attempt_folder(attempt)}"
        return
    if fact is not None and (stored.reply_sha256, stored.failure) != (fact.sha256, fact.failure):
        yield f"{attempt} is not the answer that the ledger recorded"
    try:
        folder.reply(stored)
    except RunFolderError as error:
        yield str(error)


def rendered(folder: RunFolder, attempt: AttemptId, latest: Mapping[tuple[AttemptId, Kind], Fact]) -> Iterator[str]:
    """How the stored facts and pictures of one attempt differ from the ledger."""
    fact = latest.get((attempt, "rendered"))
    if fact is None:
        yield f"{attempt} is not rendered"
        return
    for file, known in {"render.json": fact.sha256, **fact.pictures}.items():
        now = folder.sha256_of(attempt, file)
        if now != known:
            yield f"{folder.attempt_file(attempt, file)} is {'missing' if now is None else 'not what was recorded'}"


def scored(folder: RunFolder, attempt: AttemptId, latest: Mapping[tuple[AttemptId, Kind], Fact]) -> Iterator[str]:
    """How the stored verdict on one attempt differs from the ledger."""
    fact = latest.get((attempt, "scored"))
    if fact is None:
        yield f"{attempt} is not scored"
    elif folder.sha256_of(attempt, "score.json") != fact.sha256:
        yield f"{folder.attempt_file(attempt, 'score.json')} is not what was recorded"


def stored(folder: RunFolder, manifest: RunManifest, events: Sequence[Event]) -> Iterator[str]:
    """Everything in the run's folder that is missing, changed or too much; nothing when the run is whole."""
    yield from order(manifest, events)
    latest = ledger.latest(events)
    plan = ledger.planned(manifest)
    for attempt in plan:
        if (attempt, "answered") not in latest and (attempt, "failed") not in latest:
            yield f"{attempt} was not asked to the end"
            continue
        yield from answer(folder, attempt, latest)
        yield from rendered(folder, attempt, latest)
        yield from scored(folder, attempt, latest)
    planned_folders = {attempt.path for attempt in plan}
    for path in folder.stored_attempts():
        if path not in planned_folders:
            yield f"{folder.path / 'attempts' / path} holds an attempt that was not planned"


def verdict(manifest: RunManifest, attempt: Attempt, render: Render, known: Score) -> Iterator[str]:
    """Does this version still judge an attempt as it was judged? Only asked of the version that judged."""
    if manifest.version == __version__ and score(render) != known:
        yield f"{attempt.id} was given {known.value}, and its facts now give {score(render).value}"


def shown(folder: RunFolder, summary: Summary, shown_summary: Summary | None) -> Iterator[str]:
    """Does the report that lies there tell of this run, and of all of it?"""
    if shown_summary is None or not folder.index.is_file():
        yield f"{folder.report} holds no report; make one with `sampler report {folder.name}`"
    elif shown_summary != summary:
        yield (
            f"The summary in {folder.report} does not say what the stored attempts say; "
            f"make it again with `sampler report {folder.name}`"
        )
