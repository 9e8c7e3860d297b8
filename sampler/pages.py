"""Pages that are already on the disk: which files a path means, and what their verdicts look like."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sampler.errors import InputError
from sampler.records import AttemptId, Evidence, Outcome, PageFile, Record, Result, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

MODEL = "pages"
"""What stands in a model's place where none was asked; also the prompt's id where no prompt is named."""

MAX_BYTES = 64_000_000
"""Longest page that is read."""

_SUFFIXES = (".html", ".htm", ".xhtml")
_WIDE_MARKS = (b"\xff\xfe", b"\xfe\xff")


class PageFinding(Record):
    """A finding as `score --json` prints it."""

    check: str
    severity: Severity
    points: float
    message: str
    evidence: Evidence


class PageVerdict(Record):
    """One page as `score --json` prints it; `frames` are paths of pictures."""

    path: str
    outcome: Outcome
    score: float | None
    findings: tuple[PageFinding, ...]
    frames: tuple[str, ...]
    seconds: float


class PageVerdicts(Record):
    """All that `score --json` prints."""

    pages: tuple[PageVerdict, ...]


def find(paths: Iterable[Path], root: Path | None = None) -> tuple[PageFile, ...]:
    """The pages that paths mean: a file is itself, a folder every page below it, by name; each once.

    Hidden files and folders below a folder are passed over. Relative addresses of a page are answered
    from `root`, by default the page's own folder; links are followed to the real file first.

    Raises:
        InputError: a path is missing, no page, a folder without any, or outside of `root`.
    """
    if root is not None and not root.is_dir():
        raise InputError(f"--root {root} is not a folder; give the folder that the pages' addresses begin in")
    found: dict[Path, PageFile] = {}
    for path in paths:
        for file in _files(path):
            page = _page(file, root)
            found.setdefault(file.resolve(), page)
    if not found:
        raise InputError("No page was given; name an HTML file or a folder that holds some")
    return tuple(found.values())


def _files(path: Path) -> tuple[Path, ...]:
    if path.is_dir():
        pages = tuple(sorted(_below(path)))
        if not pages:
            raise InputError(f"{path} holds no HTML page; give a folder with .html files, or a file")
        return pages
    if not path.exists():
        raise InputError(f"There is no file or folder {path}")
    if not path.is_file() or path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"{path} is not an HTML file; its name should end in {_SUFFIXES[0]}")
    return (path,)


def _below(folder: Path) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        raise InputError(f"{error.filename} cannot be read: {error.strerror}") from error

    for place, folders, files in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(place, name)
            if not name.startswith(".") and path.suffix.lower() in _SUFFIXES and path.is_file():
                yield path


def _page(path: Path, root: Path | None) -> PageFile:
    real = path.resolve()
    base = real.parent if root is None else root.resolve()
    if not real.is_relative_to(base):
        raise InputError(f"{path} lies outside of --root {root}; give a root that holds all pages")
    read(base, real.relative_to(base).as_posix())
    return PageFile(root=str(base), page=real.relative_to(base).as_posix(), shown=str(path))


def read(root: str | Path, page: str) -> bytes:
    """A page's bytes. InputError when it is gone, too long, or no text."""
    path = Path(root, page)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} has {size:,} bytes, and a page may have {MAX_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if b"\0" in data[:4096] and not data.startswith(_WIDE_MARKS):
        raise InputError(f"{path} is not an HTML file: it is no text")
    return data


def text(data: bytes) -> str:
    """A page's text, for people: what is not UTF-8 or marked UTF-16 is shown as U+FFFD."""
    return data.decode("utf-16" if data.startswith(_WIDE_MARKS) else "utf-8-sig", "replace")


def import_map(path: Path) -> str:
    """The JSON text of an import map. InputError when it cannot be read or is none."""
    try:
        content = path.read_text(encoding="utf-8-sig")
        parsed: Any = json.loads(content)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not an import map: it is not UTF-8") from error
    except json.JSONDecodeError as error:
        raise InputError(f"{path} is not an import map: line {error.lineno}: {error.msg}") from error
    except RecursionError as error:
        raise InputError(f"{path} is not an import map: nested far too deep") from error
    known = {"imports", "scopes", "integrity"}
    if not isinstance(parsed, dict) or not all(key in known and isinstance(parsed[key], dict) for key in parsed):
        example = '{"imports": {"three": "./three.module.js"}}'
        raise InputError(f"{path} is not an import map: it should look like {example}")
    return content


def verdicts(
    pages: Sequence[PageFile], results: Iterable[Result], pictures: Callable[[AttemptId], Path]
) -> PageVerdicts:
    """What was found on every page, in the order in which the pages were given."""
    return PageVerdicts(
        pages=tuple(
            PageVerdict(
                path=pages[result.attempt.id.number - 1].shown,
                outcome=result.score.outcome,
                score=result.score.value,
                findings=tuple(
                    PageFinding(
                        check=one.check,
                        severity=one.severity,
                        points=one.points,
                        message=one.message,
                        evidence=one.evidence,
                    )
                    for one in result.score.findings
                ),
                frames=tuple(str(pictures(result.attempt.id) / frame.picture) for frame in result.render.frames),
                seconds=result.render.seconds,
            )
            for result in results
        )
    )
