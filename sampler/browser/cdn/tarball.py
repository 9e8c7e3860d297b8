"""The files of an npm tarball, as bytes and never as a folder.

The bytes were checked against the registry's hash before they come here, but the author of a
package is a stranger too: sizes, counts and decompression are bounded, links and devices are left
out, and so is every name that would leave the folder.
"""

from __future__ import annotations

import io
import tarfile
import zlib
from typing import TYPE_CHECKING

from sampler.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_FILE = 64 * 2**20
"""Bytes of one file."""
MAX_TOTAL = 384 * 2**20
"""Bytes of the whole archive after decompression."""
MAX_MEMBERS = 60_000
_SLICE = 1 << 16


class _Bounded(io.RawIOBase):
    """Gunzips `data` piece by piece and stops at `MAX_TOTAL`, however small the archive looked."""

    def __init__(self, data: bytes) -> None:
        self._engine = zlib.decompressobj(wbits=31)
        self._data = memoryview(data)
        self._at = 0
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # the stub says Buffer
        piece = b""
        while not piece and not self._engine.eof:
            waiting = self._engine.unconsumed_tail
            if not waiting:
                if self._at >= len(self._data):
                    raise EOFError("it ends too early")
                waiting = bytes(self._data[self._at : self._at + _SLICE])
                self._at += len(waiting)
            piece = self._engine.decompress(waiting, len(buffer))
        self._given += len(piece)
        if self._given > MAX_TOTAL:
            raise IntegrityError(f"a package unpacks to more than {MAX_TOTAL >> 20} MB")
        buffer[: len(piece)] = piece
        return len(piece)


def files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Path inside the package (without npm's leading folder) and content of every regular file, each path once.

    Raises IntegrityError where `data` is no tar.gz, is cut off, or breaks a bound.
    """
    seen: set[str] = set()
    try:
        with tarfile.open(fileobj=io.BufferedReader(_Bounded(data), 1 << 16), mode="r|") as archive:
            for count, member in enumerate(archive):
                if count >= MAX_MEMBERS:
                    raise IntegrityError(f"a package holds more than {MAX_MEMBERS:,} files")
                path = _safe_path(member.name)
                if not member.isreg() or path is None or path in seen:
                    continue
                if member.size > MAX_FILE:
                    raise IntegrityError(f"a package holds a file of more than {MAX_FILE >> 20} MB: {path[:80]}")
                stream = archive.extractfile(member)
                if stream is not None:
                    seen.add(path)
                    yield path, stream.read()
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError, ValueError, OverflowError) as error:
        raise IntegrityError(f"a package cannot be unpacked: {error}") from error


def _safe_path(name: str) -> str | None:
    """`package/build/x.js` -> `build/x.js`; None for a name that is no plain relative path."""
    if name.startswith("/") or "\\" in name or "\0" in name or len(name) > 1024:
        return None
    parts = [part for part in name.split("/") if part not in {"", "."}][1:]
    return "/".join(parts) if parts and ".." not in name.split("/") else None
