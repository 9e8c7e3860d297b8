"""Whole files or none: how every file of a run is written, and what a full or forbidding disk is called.

A file is written under another name in the same folder, synced, and renamed over the old one, so
that a reader, or a program that starts again after a power cut, never meets half a file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticSerializationError

from sampler.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from sampler.records import Record

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)


def sha256(data: bytes) -> str:
    """SHA-256 in lower-case hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def to_json(record: Record, *, one_line: bool = False) -> bytes:
    """A record as JSON that can be read back, with a line end; on one line without what is None.

    Lone surrogates, which a page can write and UTF-8 cannot hold, become U+FFFD.
    """
    indent = None if one_line else 1
    try:
        text = record.model_dump_json(indent=indent, exclude_none=one_line)
    except PydanticSerializationError:
        plain = type(record).model_validate(_scrubbed(record.model_dump()))
        text = plain.model_dump_json(indent=indent, exclude_none=one_line)
    return text.encode() + b"\n"


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_scrubbed(key): _scrubbed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_scrubbed(item) for item in value]
    return value


def write_new(path: Path, data: bytes) -> None:
    """Write and sync a file that must not exist."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, 0o666)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or as it was before."""
    temporary = path.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        write_new(temporary, data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def sync(folder: Path) -> None:
    """Make renames in a folder outlast a power cut, where the system can."""
    if os.name == "nt":
        return  # Windows cannot open a folder, and its renames are journalled.
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what the system says against writing `path` into one sentence."""
    try:
        yield
    except OSError as error:
        where = error.filename if isinstance(error.filename, str) else str(path)
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise OutputError(f"No space is left to write {path}; free some and run `sampler resume`") from error
        if error.errno in {errno.ENOTDIR, errno.EEXIST}:
            raise OutputError(
                f"{path} cannot be written: a file is in the way of a folder ({where}); choose another with --out"
            ) from error
        what = error.strerror or str(error)
        if where != str(path):
            what = f"{what} ({where})"
        raise OutputError(f"{path} cannot be written: {what}; choose another folder with --out") from error


def file_names(names: Iterable[str]) -> tuple[str, ...]:
    """The names among a reply's files that can be files below one folder together, in the reply's order."""
    taken: dict[str, None] = {}
    folders: set[str] = set()
    for name in names:
        above = {str(parent) for parent in PurePosixPath(name).parents} - {"."}
        if _is_file_name(name) and name not in folders and not above & taken.keys():
            taken[name] = None
            folders |= above
    return tuple(taken)


def _is_file_name(name: str) -> bool:
    """Is it a relative path that stays below its folder on every system, of bearable depth and length?"""
    parts = name.split("/")
    return len(parts) <= 8 and all(
        part not in {"", ".", ".."}
        and part.isprintable()
        and len(part.encode("utf-8", "replace")) <= 200
        and not set(part) & set('\\:*?"<>|')
        for part in parts
    )


def shown(text: str) -> str:
    """A text from the command line, fit for one line of a message."""
    line = "".join(letter if letter.isprintable() else "?" for letter in text)
    return line if len(line) <= 80 else line[:77] + "…"
