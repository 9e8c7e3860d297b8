"""The folder that makes the second run work without a network.

    packuments/<name>.json           versions, tags and hashes of a package, with the time they were asked for
    packages/<name>@<version>.zip    the files of one version, checked before they were written
    assets/<hash>.json, .bin         what was fetched from other public hosts, by hash of its address
    scans/<hash>.json                where a JavaScript file names other modules, by hash of the file

Files appear whole or not at all (written beside, then renamed), so any number of processes may
share the folder. A folder that cannot be written only costs the memory of it.
"""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import quote

import platformdirs

if TYPE_CHECKING:
    from collections.abc import Callable


def default_folder() -> Path:
    """The user's cache folder; `FLOORSHOT_CACHE` in the environment overrides it."""
    given = os.environ.get("FLOORSHOT_CACHE")
    return Path(given).expanduser() if given else Path(platformdirs.user_cache_dir("floorshot"))


class Cache:
    """Files under one folder, by kind and key; keys are quoted, so none can leave the folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`; it is made when the first file is written."""
        self.folder = folder

    def path(self, kind: str, key: str, suffix: str) -> Path:
        """Where a thing is or would be."""
        # Some file systems do not tell capitals from small letters; old packages' names do.
        marked = re.sub("[A-Z]", lambda capital: "^" + capital[0].lower(), key)
        return self.folder / kind / (quote(marked, safe="@^").lstrip(".") + suffix)

    def read(self, kind: str, key: str, suffix: str) -> bytes | None:
        """The bytes of a thing, or None."""
        try:
            return self.path(kind, key, suffix).read_bytes()
        except OSError:
            return None

    def write(self, kind: str, key: str, suffix: str, fill: bytes | Callable[[IO[bytes]], None]) -> Path | None:
        """Put a thing in its place at once; None where the folder cannot be written.

        What `fill` raises goes through, and leaves nothing behind.
        """
        path = self.path(kind, key, suffix)
        temporary: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
            with os.fdopen(handle, "w+b") as file:
                if isinstance(fill, bytes):
                    file.write(fill)
                else:
                    fill(file)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(temporary, 0o644)  # noqa: PTH101 - mkstemp gives a string
            os.replace(temporary, path)  # noqa: PTH105 - as above
        except OSError:
            return None
        else:
            temporary = None
            return path
        finally:
            if temporary is not None:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)  # noqa: PTH108 - as above

    def remove(self, kind: str, key: str, suffix: str) -> None:
        """Forget a thing that turned out to be damaged."""
        with contextlib.suppress(OSError):
            self.path(kind, key, suffix).unlink()
