"""One version of one npm package, read from the cache's archive.

The archive is a zip, lightly compressed: quick to open and to read from, one file to move into its
place, and with a checksum for every file in it.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from functools import cached_property
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError)
"""What the zip library raises, depending on which byte of an archive is wrong."""
_IN_MEMORY = 6 * 2**20
"""Bytes of files that an open package keeps at hand; three.js and a dozen of its modules fit."""


class DamagedError(Exception):
    """An archive in the cache is not what was written there."""


class Package:
    """Files and manifest of `name@version`; paths are relative and without a leading slash."""

    def __init__(self, name: str, version: str, archive: Path | bytes) -> None:
        """Open an archive that `pack` wrote; raises DamagedError where it is none."""
        self.name = name
        self.version = version
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(archive) if isinstance(archive, bytes) else archive)
        except FileNotFoundError:
            raise
        except _DAMAGED as error:
            raise DamagedError(f"{name}@{version} in the cache is damaged: {error}") from error
        self.paths = frozenset(self._zip.namelist())
        self._at_hand: dict[str, bytes] = {}

    def __contains__(self, path: str) -> bool:
        return path in self.paths

    def read(self, path: str) -> bytes:
        """The bytes of a file; KeyError where there is none, DamagedError where the archive is damaged."""
        content = self._at_hand.get(path)
        if content is None:
            try:
                content = self._zip.read(path)
            except _DAMAGED as error:
                raise DamagedError(f"{self.name}@{self.version} in the cache is damaged: {error}") from error
            room = _IN_MEMORY - len(content)
            if room >= 0:
                if sum(map(len, list(self._at_hand.values()))) > room:
                    self._at_hand = {}
                self._at_hand[path] = content
        return content

    def is_whole(self) -> bool:
        """Whether every file still has its checksum."""
        try:
            return self._zip.testzip() is None
        except _DAMAGED:
            return False

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """package.json, or nothing where it is missing or no object."""
        if "package.json" not in self.paths:
            return {}
        try:
            manifest = json.loads(self.read("package.json").decode("utf-8-sig"))
        except ValueError:
            return {}
        return manifest if isinstance(manifest, dict) else {}

    def dependency(self, name: str) -> str | None:
        """The range in which this package wants another: "^1.2.0"; its own exact version for itself."""
        if name == self.name:
            return self.version
        for section in ("dependencies", "peerDependencies", "optionalDependencies"):
            wanted = self.manifest.get(section)
            if isinstance(wanted, dict) and isinstance(wanted.get(name), str):
                return str(wanted[name])
        return None


def pack(files: Iterable[tuple[str, bytes]], target: IO[bytes]) -> None:
    """Write files as an archive that `Package` opens."""
    with zipfile.ZipFile(target, "w") as archive:
        for path, content in files:
            # A fixed date: the same package always makes the same archive.
            archive.writestr(zipfile.ZipInfo(path), content, zipfile.ZIP_DEFLATED, compresslevel=1)
