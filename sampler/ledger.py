"""The ledger of a run: append-only, hash-chained, one JSON line for everything that happened.

Every line holds the hash (SHA-256) of the line before it, and the first line that of manifest.json,
so nothing can be taken out, put in, changed or moved without every later line being written anew.
All attempts of the run stand in it as `planned` before the first one is asked.

    planned   the hash of the prompt's text
    asked     the question is about to go out; twice where a stopped run had no answer yet
    answered  the hash of reply.txt
    failed    the provider's failure; there is no reply
    rendered  the hash of render.json and of every picture
    scored    the hash of score.json, outcome and value

The chain holds times, so no two runs share one. What a run is quoted with is `digest`, which commits
to the content only.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, ValidationError

from sampler import disk
from sampler.errors import OutputError, RunFolderError
from sampler.records import AttemptId, Failure, Outcome, Points, Record, RunManifest, Sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

Kind = Literal["planned", "asked", "answered", "failed", "rendered", "scored"]


class Fact(Record):
    """What happened to an attempt. Which of the last five fields are set, `kind` decides."""

    kind: Kind
    attempt: AttemptId
    sha256: Sha256 | None = None
    pictures: dict[str, Sha256] = Field(default_factory=dict)
    failure: Failure | None = None
    outcome: Outcome | None = None
    value: Points | None = None


class Event(Record):
    """One line: a fact, when it was written down, and its place in the chain."""

    number: Annotated[int, Field(ge=0)]
    previous: Sha256
    at: str
    """ISO 8601, UTC."""
    fact: Fact


def now() -> str:
    """The time as records hold it: ISO 8601, UTC, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def planned(manifest: RunManifest) -> tuple[AttemptId, ...]:
    """Every attempt that a run promises, in the order of its cells."""
    return tuple(
        AttemptId(prompt=cell.prompt, model=cell.model, number=number)
        for cell in manifest.cells
        for number in range(1, cell.n + 1)
    )


def first_lines(manifest: RunManifest) -> bytes:
    """The ledger of a run that has only been planned."""
    texts = {prompt.id: disk.sha256(prompt.text.encode("utf-8", "replace")) for prompt in manifest.prompts}
    previous = disk.sha256(disk.to_json(manifest))
    lines: list[bytes] = []
    for number, attempt in enumerate(planned(manifest)):
        fact = Fact(kind="planned", attempt=attempt, sha256=texts[attempt.prompt])
        line = _line(Event(number=number, previous=previous, at=manifest.created_at, fact=fact))
        previous = disk.sha256(line)
        lines.append(line)
    return b"".join(lines)


def read(path: Path, manifest_sha256: str) -> tuple[Event, ...]:
    """All events, with the chain checked from the first line to the last.

    Raises:
        RunFolderError: the ledger is missing, changed, or ends in half a line.
    """
    whole, torn = _bytes(path)
    if torn:
        raise RunFolderError(f"{path} ends in half a line: the run was stopped; finish it with `sampler resume`")
    return _chain(path, whole, manifest_sha256)[0]


def _bytes(path: Path) -> tuple[bytes, bytes]:
    """The whole lines, and what stands after the last of them."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read ({error.strerror}); put it back from a copy") from error
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def _chain(path: Path, whole: bytes, manifest_sha256: str) -> tuple[tuple[Event, ...], str]:
    """The events of whole lines, and the hash of the last line."""
    events: list[Event] = []
    previous = manifest_sha256
    for number, line in enumerate(whole.splitlines(keepends=True)):
        try:
            event = Event.model_validate_json(line)
        except ValidationError as error:
            raise RunFolderError(f"{path}, line {number + 1} is not an event of a ledger; it was changed") from error
        if event.previous != previous or event.number != number:
            before = "manifest.json" if number == 0 else f"line {number}"
            raise RunFolderError(f"{path}, line {number + 1} does not follow {before}; one of them was changed")
        previous = disk.sha256(line)
        events.append(event)
    return tuple(events), previous


def latest(events: Iterable[Event]) -> dict[tuple[AttemptId, Kind], Fact]:
    """The last fact of each kind about each attempt, in the order in which the first of them came."""
    return {(event.fact.attempt, event.fact.kind): event.fact for event in events}


def digest(events: Iterable[Event]) -> str:
    """What a run is quoted with: SHA-256 over its plan and, per attempt, reply, pictures and verdict.

    It commits to the prompts' texts, which model was asked how often, the hash of every reply (or
    the kind of failure), the hash of every picture, and every outcome and score. It does not cover the
    run's name, times, or how long anything took: two runs with the same replies, pictures and scores
    have the same digest, and it stays what it is when a run is reported again. Where an event of
    one kind happened twice to an attempt, the last one counts.
    """
    last = latest(events)
    digest_of = hashlib.sha256()
    for attempt in (attempt for attempt, kind in last if kind == "planned"):
        answered, failed = last.get((attempt, "answered")), last.get((attempt, "failed"))
        rendered, scored = last.get((attempt, "rendered")), last.get((attempt, "scored"))
        facts = [
            attempt.prompt,
            attempt.model,
            attempt.number,
            last[attempt, "planned"].sha256,
            answered.sha256 if answered else None,
            failed.failure.slug if failed and failed.failure else None,
            sorted(rendered.pictures.items()) if rendered else [],
            scored.outcome if scored else None,
            scored.value if scored else None,
        ]
        digest_of.update(json.dumps(facts, separators=(",", ":")).encode() + b"\n")
    return digest_of.hexdigest()


class Ledger:
    """The ledger of a run that is being worked on; may be used from several threads.

    Every event is on the disk when `append` returns.
    """

    def __init__(self, path: Path, manifest_sha256: str) -> None:
        """Open for writing.

        A last line without its end was being written when the program was killed. It is cut off,
        since what it told of is found again from the files; nothing else is ever mended.

        Raises:
            RunFolderError: the ledger is missing or was changed.
            OutputError: it cannot be written.
        """
        whole, torn = _bytes(path)
        events, self._previous = _chain(path, whole, manifest_sha256)
        self._path = path
        self._events = list(events)
        self._latest = latest(events)
        self._lock = threading.Lock()
        flags = os.O_RDWR | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        with disk.writing(path):
            self._handle = os.open(path, flags)
            if torn:
                os.ftruncate(self._handle, len(whole))
                os.fsync(self._handle)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._lock:
            os.close(self._handle)

    @property
    def events(self) -> Sequence[Event]:
        """All events until now, oldest first."""
        with self._lock:
            return tuple(self._events)

    def append(self, fact: Fact) -> None:
        """Write down one fact. Raises OutputError when it cannot be written; the ledger then is as before."""
        with self._lock:
            event = Event(number=len(self._events), previous=self._previous, at=now(), fact=fact)
            line = _line(event)
            self._write(line)
            self._events.append(event)
            self._latest[fact.attempt, fact.kind] = fact
            self._previous = disk.sha256(line)

    def ensure(self, fact: Fact) -> None:
        """Write down what the files say happened, unless the ledger's last word of this kind is just that."""
        with self._lock:
            known = self._latest.get((fact.attempt, fact.kind))
        if known != fact:
            self.append(fact)

    def _write(self, line: bytes) -> None:
        with disk.writing(self._path):
            size = os.fstat(self._handle).st_size
            try:
                written = os.write(self._handle, line)
                os.fsync(self._handle)
            except OSError:
                os.ftruncate(self._handle, size)
                raise
            if written != len(line):
                os.ftruncate(self._handle, size)
                raise OutputError(f"No space is left to write {self._path}; free some and run `sampler resume`")


def _line(event: Event) -> bytes:
    return disk.to_json(event, one_line=True)
