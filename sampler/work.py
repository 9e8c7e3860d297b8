"""What is left to do of a run, and the doing: asking and rendering overlap, every step is on the disk before the next.

A reply is written the moment it comes, in the thread that asked. Pages are rendered in the order of
their numbers within a cell, so that a reply that repeats an earlier one is known as such.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, Any, Protocol

from sampler import disk, ledger, pages, providers, reply, verify
from sampler.errors import InputError, ProviderError, RunFolderError
from sampler.ledger import Fact, Ledger
from sampler.records import (
    Attempt,
    AttemptId,
    Delivery,
    Document,
    Failure,
    Render,
    Rendered,
    RenderTask,
    RunManifest,
    Score,
)
from sampler.score import score
from sampler.workers import LocalWorkers, outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from sampler.providers import Provider
    from sampler.store import RunFolder

ASKING = 4
"""Questions under way at once."""

PATIENCE = 12
"""A worker is taken for dead after this many times the watchdog's limit; an attempt may be drawn twice, in full."""


class Watcher(Protocol):
    """Who is told of every attempt; see `pipeline.Progress`."""

    def answered(self, attempt: Attempt) -> None:
        """A reply, or a provider's failure, is on the disk."""

    def scored(self, score: Score) -> None:
        """An attempt is through."""


def delivered(manifest: RunManifest, folder: RunFolder, attempt: Attempt) -> tuple[str, Delivery, Document | None]:
    """The text of an answer and what it delivers: a model's reply is read, a page on disk is itself."""
    data = folder.reply(attempt)
    if manifest.pages:
        text = pages.text(data)
        shown = manifest.pages[attempt.id.number - 1].shown
        return text, Delivery(problem=None, form="bare", detail=f"The page {shown}."), Document(html=text)
    if attempt.failure is not None:
        detail = "The provider failed before there was a reply."
        return "", Delivery(problem=None, form="empty", detail=detail), None
    text = data.decode("utf-8", "replace")
    return text, *reply.read(text)


class Work:
    """The attempts of one run that are not through yet."""

    def __init__(
        self,
        folder: RunFolder,
        manifest: RunManifest,
        book: Ledger,
        *,
        render: Callable[[RenderTask], Rendered],
        workers: int | None,
        task_options: dict[str, Any],
    ) -> None:
        """`task_options` are the fields of every `RenderTask` that say how it is rendered."""
        self._folder = folder
        self._manifest = manifest
        self._book = book
        self._render = render
        self._workers = workers
        self._task_options = task_options
        self._prompts = {prompt.id: prompt for prompt in manifest.prompts}
        self._answers: dict[AttemptId, Attempt] = {}
        self._through: dict[AttemptId, Score] = {}
        self._to_ask: list[AttemptId] = []
        self._to_render: set[AttemptId] = set()
        self._ready: deque[AttemptId] = deque()
        self._next: dict[tuple[str, str], int] = {(cell.prompt, cell.model): 1 for cell in manifest.cells}

    def look(self) -> None:
        """Find out what is there; what only the files tell, because the program was killed, goes into the ledger.

        Raises:
            RunFolderError: an answer is not the one that the ledger recorded.
        """
        latest = ledger.latest(self._book.events)
        for attempt in ledger.planned(self._manifest):
            for difference in verify.answer(self._folder, attempt, latest):
                raise RunFolderError(f"{difference}; put it back from a copy, or delete the run")
            answer = self._folder.attempt(attempt)
            if answer is None:
                self._to_ask.append(attempt)
                self._to_render.add(attempt)
                continue
            self._answers[attempt] = answer
            self._note_answer(answer)
            self._look_at_render(attempt, latest)
        for cell in self._next:
            self._advance(cell)

    def _look_at_render(self, attempt: AttemptId, latest: dict[tuple[AttemptId, ledger.Kind], Fact]) -> None:
        """Our own failures, and facts that are no longer what the ledger has, are rendered again: that is free."""
        if any(verify.rendered(self._folder, attempt, latest)):
            self._to_render.add(attempt)
            return
        render = self._folder.render(attempt)
        if render is None or (render.failure is not None and render.failure.whose == "harness"):
            self._to_render.add(attempt)
            return
        known = None if any(verify.scored(self._folder, attempt, latest)) else self._folder.score(attempt)
        self._through[attempt] = known or self._judge(render)

    @property
    def left(self) -> frozenset[AttemptId]:
        """The attempts that are to be asked or rendered."""
        return frozenset(self._to_render)

    @property
    def scores(self) -> tuple[Score, ...]:
        """The verdicts there are."""
        return tuple(self._through.values())

    def do(self, watcher: Watcher) -> None:
        """Ask and render until every planned attempt has its verdict.

        An error, or Ctrl-C, ends the renders that run; questions that are under way are waited for, and
        their replies kept.
        """
        ask = self._asker()
        patience = PATIENCE * float(self._task_options["wall_seconds"])
        asking: set[Future[Attempt]] = set()
        rendering: dict[Future[Rendered], RenderTask] = {}
        with (
            LocalWorkers(self._workers, patience_seconds=patience) as workers,
            ThreadPoolExecutor(ASKING, thread_name_prefix="sampler-ask") as askers,
        ):
            try:
                asking.update(askers.submit(ask, attempt) for attempt in self._to_ask)
                while asking or rendering or self._ready:
                    while self._ready and len(rendering) < 2 * workers.count:
                        self._begin(self._ready.popleft(), workers, rendering, watcher)
                    open_calls: set[Future[Any]] = {*asking, *rendering}
                    # In steps: a Ctrl-C that reached another thread is only noticed when this one wakes up.
                    done, _ = wait(open_calls, timeout=0.2, return_when=FIRST_COMPLETED)
                    for future in done:
                        if future in asking:
                            asking.remove(future)
                            self._answered(future.result(), watcher)
                        else:
                            task = rendering.pop(future)
                            self._keep(outcome(task, future), watcher)
            except BaseException:
                askers.shutdown(wait=False, cancel_futures=True)
                raise

    # --- asking

    def _asker(self) -> Callable[[AttemptId], Attempt]:
        if self._manifest.pages:
            return self._read_page
        names = dict.fromkeys(attempt.model for attempt in self._to_ask)
        models = {name: providers.provider(name) for name in names}
        return lambda attempt: self._ask(models[attempt.model], attempt)

    def _ask(self, provider: Provider, attempt: AttemptId) -> Attempt:
        """One question and its answer, on the disk before anybody hears of it. Runs in a thread."""
        self._book.append(Fact(kind="asked", attempt=attempt))
        asked_at = ledger.now()
        try:
            answer = provider.ask(self._prompts[attempt.prompt], attempt.number)
        except ProviderError as error:
            failure = Failure(whose="provider", slug=error.slug, message=str(error))
            return self._store(Attempt(id=attempt, asked_at=asked_at, reply_sha256=None, failure=failure), None)
        data = answer.text.encode("utf-8", "replace")
        record = Attempt(
            id=attempt,
            asked_at=asked_at,
            reply_sha256=disk.sha256(data),
            reply_characters=len(answer.text),
            usage=answer.usage,
        )
        return self._store(record, data)

    def _read_page(self, attempt: AttemptId) -> Attempt:
        """A page in the place of a reply."""
        page = self._manifest.pages[attempt.number - 1]
        self._book.append(Fact(kind="asked", attempt=attempt))
        data = pages.read(page.root, page.page)
        record = Attempt(
            id=attempt,
            asked_at=ledger.now(),
            reply_sha256=disk.sha256(data),
            reply_characters=len(pages.text(data)),
        )
        return self._store(record, data)

    def _store(self, attempt: Attempt, data: bytes | None) -> Attempt:
        self._folder.write_answer(attempt, data)
        self._note_answer(attempt)
        return attempt

    def _note_answer(self, attempt: Attempt) -> None:
        if attempt.failure is not None:
            self._book.ensure(Fact(kind="failed", attempt=attempt.id, failure=attempt.failure))
        else:
            self._book.ensure(Fact(kind="answered", attempt=attempt.id, sha256=attempt.reply_sha256))

    # --- rendering

    def _answered(self, attempt: Attempt, watcher: Watcher) -> None:
        self._answers[attempt.id] = attempt
        watcher.answered(attempt)
        self._advance((attempt.id.prompt, attempt.id.model))

    def _advance(self, cell: tuple[str, str]) -> None:
        """Make ready what has no unanswered attempt before it in its cell."""
        prompt, model = cell
        while (attempt := AttemptId(prompt=prompt, model=model, number=self._next[cell])) in self._answers:
            if attempt in self._to_render:
                self._ready.append(attempt)
            self._next[cell] += 1

    def _begin(
        self,
        attempt: AttemptId,
        workers: LocalWorkers,
        rendering: dict[Future[Rendered], RenderTask],
        watcher: Watcher,
    ) -> None:
        """Send one page to the workers; what has no page is through without them."""
        answer = self._answers[attempt]
        needs = self._prompts[attempt.prompt].needs
        _, delivery, document = delivered(self._manifest, self._folder, answer)
        if document is None:
            render = Render(id=attempt, needs=needs, delivery=delivery, failure=answer.failure)
            self._keep(Rendered(render=render, pictures={}), watcher)
            return
        self._folder.write_document(attempt, document)
        task = RenderTask(
            id=attempt, needs=needs, delivery=delivery, **self._source(answer, document), **self._task_options
        )
        rendering[workers.submit(self._render, task)] = task

    def _source(self, answer: Attempt, document: Document) -> dict[str, Any]:
        """The fields of a `RenderTask` that say which page it is."""
        if not self._manifest.pages:
            return {"document": document}
        page = self._manifest.pages[answer.id.number - 1]
        if disk.sha256(pages.read(page.root, page.page)) != answer.reply_sha256:
            raise InputError(f"{page.shown} was changed since this run began; score it anew with `sampler score`")
        return {"root": page.root, "page": page.page, "import_map": self._manifest.import_map}

    def _keep(self, rendered: Rendered, watcher: Watcher) -> None:
        """Facts, pictures and verdict to the disk and the ledger."""
        attempt = rendered.render.id
        render = rendered.render.model_copy(update={"identical_to": self._identical(attempt)})
        pictures = self._folder.write_rendered(Rendered(render=render, pictures=rendered.pictures))
        facts = self._folder.sha256_of(attempt, "render.json")
        self._book.append(Fact(kind="rendered", attempt=attempt, sha256=facts, pictures=pictures))
        self._through[attempt] = self._judge(render)
        watcher.scored(self._through[attempt])

    def _judge(self, render: Render) -> Score:
        verdict = score(render)
        self._folder.write_score(verdict)
        written = self._folder.sha256_of(render.id, "score.json")
        fact = Fact(kind="scored", attempt=render.id, sha256=written, outcome=verdict.outcome, value=verdict.value)
        self._book.ensure(fact)
        return verdict

    def _identical(self, attempt: AttemptId) -> str | None:
        """The first earlier attempt of the cell whose reply is the same to the letter."""
        reply_hash = self._answers[attempt].reply_sha256
        if reply_hash is None or self._manifest.pages:
            return None
        for number in range(1, attempt.number):
            earlier = attempt.model_copy(update={"number": number})
            if self._answers[earlier].reply_sha256 == reply_hash:
                return earlier.label
        return None
