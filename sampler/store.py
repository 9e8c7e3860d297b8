"""The run folder: the only module that knows where the files of a run lie.

    <out>/renders/<run>/manifest.json                 what was planned, written once
                        ledger.jsonl                  all that happened (see `ledger`)
                        attempts/<prompt>/<model>/NN/ reply.txt, attempt.json, page.html, files/,
                                                      frame-*.png, render.json, score.json
    <out>/reports/<run>/index.html, summary.json

A file appears whole or not at all (see `disk`). A run and an answer are whole folders, and appear
in one rename, too. Nothing is written through a symbolic link below the run's folder.
"""

from __future__ import annotations

import contextlib
import errno
import re
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import filelock
from pydantic import ValidationError

from sampler import disk
from sampler.errors import InputError, OutputError, RunFolderError, UnknownRunError
from sampler.records import Attempt, AttemptId, Document, Record, Render, Rendered, RunManifest, Score, Summary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RENDERS = "renders"
REPORTS = "reports"
ATTEMPT_BYTES = 4_000_000
"""What one attempt takes on the disk, roughly and at most: three pictures, the page twice, the facts."""

_RUN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_PICTURE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.png")

R = TypeVar("R", bound=Record)
Stage = TypeVar("Stage", Attempt, Render, Score)


def check_name(name: str) -> str:
    """The name of a run if it can be a folder's name everywhere; InputError otherwise."""
    if not _RUN_NAME.fullmatch(name) or name.endswith(".") or name.lower() == "readme.md":
        raise InputError(
            f"'{disk.shown(name)}' cannot be a run's name: use up to 100 letters, digits, '.', '_' and '-', "
            "beginning with a letter or digit"
        )
    return name


def check_writable(out: Path, attempts: int) -> None:
    """OutputError unless runs and reports of that many attempts can be written below `out`; makes the folders."""
    for folder in (out / RENDERS, out / REPORTS):
        _probe(folder)
    _check_space(out, attempts)


def _probe(folder: Path) -> None:
    with disk.writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{secrets.token_hex(6)}.tmp"
        try:
            disk.write_new(probe, b"can this folder be written?")
        finally:
            probe.unlink(missing_ok=True)


def _check_space(folder: Path, attempts: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < attempts * ATTEMPT_BYTES:
        raise OutputError(
            f"{folder} has {free // 1_000_000:,} MB left and {attempts:,} attempts may need "
            f"{attempts * ATTEMPT_BYTES // 1_000_000:,} MB; free some space or choose another folder with --out"
        )


def create(out: Path, manifest: RunManifest, ledger: bytes) -> RunFolder:
    """A new run with its manifest and the first lines of its ledger, in one step.

    Raises:
        InputError: the name cannot be a folder's.
        OutputError: the name is taken, or the folder cannot be written.
    """
    name = check_name(manifest.run)
    renders = out / RENDERS
    path = renders / name
    temporary = renders / f".{name}-{secrets.token_hex(6)}.tmp"
    with disk.writing(path):
        renders.mkdir(parents=True, exist_ok=True)
        temporary.mkdir()
        try:
            disk.write_new(temporary / "manifest.json", disk.to_json(manifest))
            disk.write_new(temporary / "ledger.jsonl", ledger)
            disk.sync(temporary)
            try:
                if path.is_symlink() or path.exists():
                    raise FileExistsError(errno.EEXIST, "taken", str(path))
                temporary.rename(path)
            except OSError as error:
                if error.errno in {errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR}:
                    raise OutputError(
                        f"There is already a run '{name}' in {renders}; choose another --name, "
                        f"or finish that one with `sampler resume {name}`"
                    ) from error
                raise
            disk.sync(renders)
        except BaseException:
            shutil.rmtree(temporary, ignore_errors=True)
            raise
    return RunFolder(path, out / REPORTS / name)


def create_next(out: Path, base: str, make: Callable[[str], tuple[RunManifest, bytes]]) -> RunFolder:
    """A new run under the first free name of base, base-2, base-3, …; `make` gives its manifest and ledger."""
    check_name(base)
    number = 1
    while True:
        name = base if number == 1 else f"{base[:90]}-{number}"
        path = out / RENDERS / name
        if not (path.exists() or path.is_symlink()):
            try:
                return create(out, *make(name))
            except OutputError:
                # Lost the race for this name: the next one. Anything else is a true error.
                if not path.exists():
                    raise
        number += 1


def names(out: Path) -> tuple[str, ...]:
    """The runs below `out`, oldest first."""
    renders = out / RENDERS
    found: list[tuple[int, str]] = []
    if renders.is_dir():
        for folder in renders.iterdir():
            manifest = folder / "manifest.json"
            if _RUN_NAME.fullmatch(folder.name) and manifest.is_file():
                found.append((manifest.stat().st_mtime_ns, folder.name))
    return tuple(name for _, name in sorted(found))


def find(out: Path, ref: str | None) -> RunFolder:
    """The run of that name below `out`, or that folder; the newest run for None.

    Raises:
        UnknownRunError: there is none.
    """
    known = names(out)
    if ref is None:
        if not known:
            raise UnknownRunError(f"There is no run in {out / RENDERS} yet; make one with `sampler demo`")
        ref = known[-1]
    if ref in known:
        return RunFolder(out / RENDERS / ref, out / REPORTS / ref)
    try:
        path = Path(ref).resolve()
        is_run = (path / "manifest.json").is_file()
    except (OSError, ValueError):
        is_run = False
    if not is_run or not path.name:
        there = f"there are {', '.join(known[-10:])}" if known else "there is none yet; make one with `sampler demo`"
        raise UnknownRunError(f"There is no run '{disk.shown(ref)}' in {out / RENDERS}; {there}")
    home = path.parent.parent if path.parent.name == RENDERS else out
    return RunFolder(path, home / REPORTS / path.name)


class RunFolder:
    """One run on the disk: records go in and come out; nobody else builds a path in it."""

    def __init__(self, path: Path, report: Path) -> None:
        self.path = path
        self.report = report
        """The folder of the gallery and of summary.json."""

    @property
    def name(self) -> str:
        """The folder's name, which is what the command line calls the run."""
        return self.path.name

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.path / "ledger.jsonl"

    @property
    def index(self) -> Path:
        """The gallery's page."""
        return self.report / "index.html"

    def attempt_folder(self, attempt: AttemptId) -> Path:
        """The folder of one attempt, where its pictures lie; it may not exist."""
        return self.path / "attempts" / attempt.path

    def attempt_file(self, attempt: AttemptId, file: str) -> Path:
        """One file of an attempt; it may not exist."""
        return self.attempt_folder(attempt) / file

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Held while this process works on the run; OutputError when another one does."""
        with disk.writing(self.path):
            lock = filelock.FileLock(self.path / ".lock", timeout=0)
            try:
                lock.acquire()
            except filelock.Timeout as error:
                raise OutputError(
                    f"Another process is working on run '{self.name}'; wait until it has ended, or stop it"
                ) from error
        try:
            yield
        finally:
            lock.release()

    # --- reading

    def manifest(self) -> RunManifest:
        """What was planned."""
        manifest = self._read(self.path / "manifest.json", RunManifest, "put it back from a copy, or delete the run")
        if manifest is None:
            raise RunFolderError(f"{self.path} has no manifest.json: it is not the folder of a run")
        return manifest

    def manifest_sha256(self) -> str:
        """Hash of manifest.json's bytes, which the ledger's first line commits to."""
        return disk.sha256(self._bytes(self.path / "manifest.json"))

    def attempt(self, attempt: AttemptId) -> Attempt | None:
        """The stored answer to one question, None while there is none."""
        path = self.attempt_folder(attempt) / "attempt.json"
        return self._own(path, attempt, self._read(path, Attempt, "put it back from a copy, or delete the run"))

    def reply(self, attempt: Attempt) -> bytes:
        """The reply as it came, b"" where there was none; RunFolderError when it is no longer that reply."""
        if attempt.reply_sha256 is None:
            return b""
        path = self.attempt_folder(attempt.id) / "reply.txt"
        data = self._bytes(path)
        if disk.sha256(data) != attempt.reply_sha256:
            raise RunFolderError(
                f"{path} is not the reply that was recorded; put it back from a copy, or delete the run"
            )
        return data

    def render(self, attempt: AttemptId) -> Render | None:
        """The facts of one attempt, None while it is not rendered."""
        path = self.attempt_folder(attempt) / "render.json"
        return self._own(path, attempt, self._read(path, Render, self._again("resume")))

    def score(self, attempt: AttemptId) -> Score | None:
        """The verdict on one attempt, None while there is none."""
        path = self.attempt_folder(attempt) / "score.json"
        return self._own(path, attempt, self._read(path, Score, self._again("resume")))

    def summary(self) -> Summary | None:
        """What the last report said, None while there is none."""
        return self._read(self.report / "summary.json", Summary, self._again("report"))

    def sha256_of(self, attempt: AttemptId, file: str) -> str | None:
        """Hash of one file of an attempt; None when it is not there."""
        path = self.attempt_file(attempt, file)
        return disk.sha256(self._bytes(path)) if path.is_file() else None

    def stored_attempts(self) -> tuple[str, ...]:
        """Relative folders of all attempts on the disk, planned or not, as `AttemptId.path` has them; sorted."""
        root = self.path / "attempts"
        return tuple(
            sorted(
                folder.relative_to(root).as_posix()
                for folder in root.glob("*/*/*")
                if folder.is_dir() and not folder.name.startswith(".")
            )
        )

    # --- writing

    def check_writable(self, attempts: int) -> None:
        """OutputError unless that many attempts can be written into this run, and its report."""
        _probe(self.path)
        _probe(self.report.parent)
        _check_space(self.path, attempts)

    def write_answer(self, attempt: Attempt, reply: bytes | None) -> None:
        """Keep an answer for good: reply and record appear in one step and are never replaced.

        Raises:
            RunFolderError: there is an answer already.
            OutputError: it cannot be written.
        """
        final = self.attempt_folder(attempt.id)
        with disk.writing(final):
            parent = self._folder(self.path, final.parent)
            part = parent / f".{final.name}.part"
            if part.exists():
                shutil.rmtree(part)
            part.mkdir()
            if reply is not None:
                disk.write_new(part / "reply.txt", reply)
            # Last and by renaming: where it is, the answer is whole.
            disk.replace(part / "attempt.json", disk.to_json(attempt))
            self._admit(part, final)

    def recover_answers(self) -> None:
        """Take in answers that were complete on the disk when the program was killed; drop what was not."""
        for part in sorted((self.path / "attempts").glob("*/*/.*.part")):
            path = part / "attempt.json"
            with disk.writing(part):
                answer = self._read(path, Attempt, "delete the folder") if path.is_file() else None
                final = part.parent / part.name.removeprefix(".").removesuffix(".part")
                if answer is not None and self.attempt_folder(answer.id) == final and not final.exists():
                    self._admit(part, final)
                else:
                    shutil.rmtree(part)

    def _admit(self, part: Path, final: Path) -> None:
        if final.is_symlink() or final.exists():
            raise RunFolderError(f"{final} holds an answer already, and no answer is ever replaced")
        part.rename(final)
        disk.sync(final.parent)

    def write_document(self, attempt: AttemptId, document: Document) -> None:
        """The reply's page and its other files, for people who want to open them.

        A name that could not be a file below the folder (absolute, "..", too long) is left out: the
        reply, which is kept whole, still has it.
        """
        folder = self.attempt_folder(attempt)
        self._write(folder / "page.html", document.html.encode("utf-8", "replace"))
        for name in disk.file_names(document.files):
            self._write(folder / "files" / name, document.files[name].encode("utf-8", "replace"))

    def write_rendered(self, rendered: Rendered) -> dict[str, str]:
        """Pictures and facts of one attempt; returns the pictures' hashes. A score of older facts is removed."""
        attempt = rendered.render.id
        folder = self.attempt_folder(attempt)
        with disk.writing(folder):
            (folder / "score.json").unlink(missing_ok=True)
            (folder / "render.json").unlink(missing_ok=True)
        for name, data in rendered.pictures.items():
            if not _PICTURE_NAME.fullmatch(name):
                raise ValueError(f"not a picture's name: {name!r}")
            self._write(folder / name, data)
        self._write(folder / "render.json", disk.to_json(rendered.render))
        return {name: disk.sha256(data) for name, data in rendered.pictures.items()}

    def write_score(self, score: Score) -> None:
        """The verdict on one attempt."""
        self._write(self.attempt_folder(score.id) / "score.json", disk.to_json(score))

    def _write(self, path: Path, data: bytes) -> None:
        with disk.writing(path):
            self._folder(self.path, path.parent)
            disk.replace(path, data)

    @staticmethod
    def _folder(base: Path, folder: Path) -> Path:
        """Make `folder` below `base`, refusing to pass through a symbolic link on the way."""
        current = base
        current.mkdir(parents=True, exist_ok=True)
        for part in folder.relative_to(base).parts:
            current = current / part
            if current.is_symlink():
                raise OutputError(f"{current} is a symbolic link, and a run never writes through one; delete it")
            current.mkdir(exist_ok=True)
        return folder

    # --- reading, one file

    def _again(self, command: str) -> str:
        return f"delete it and run `sampler {command} {self.name}`"

    @staticmethod
    def _bytes(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise RunFolderError(f"{path} is missing; put it back from a copy, or delete the run") from error
        except OSError as error:
            raise RunFolderError(f"{path} cannot be read: {error.strerror}") from error

    def _read(self, path: Path, kind: type[R], remedy: str) -> R | None:
        if not path.exists():
            return None
        try:
            return kind.model_validate_json(self._bytes(path))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            problem = f"{place}: {first['msg']}" if place else first["msg"]
            raise RunFolderError(f"{path} cannot be read by this version ({problem}); {remedy}") from error

    @staticmethod
    def _own(path: Path, attempt: AttemptId, record: Stage | None) -> Stage | None:
        if record is not None and record.id != attempt:
            raise RunFolderError(f"{path} belongs to {record.id}, not to {attempt}; put it back where it was")
        return record
