"""A folder, and where we are root a user id, for one browser at a time.

A place is claimed by a lock that the kernel gives back however its holder ends. So whoever claims a
place knows that what is left in it belongs to a run that was killed, and clears it away: processes first,
then files. Two browsers never share a place, and under root not even a user id: one cannot signal or
trace the other.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import stat
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sampler.errors import BrowserUnusableError

if TYPE_CHECKING:
    from collections.abc import Iterator

if sys.platform != "win32":
    import fcntl

_FIRST_UID = 60800
"""Debian's and systemd's tables of user ids leave 60706 to 61183 free."""
_PLACES = 256
_NOBODY = 65534


@dataclass(frozen=True, kw_only=True)
class Place:
    """A claimed folder; `uid` is the unprivileged user it belongs to, None where that is ourselves."""

    folder: Path
    uid: int | None

    def processes(self) -> Iterator[int]:
        """Ids of live processes that run here: the place's user, and its folder in the command line.

        Chromium hands its --user-data-dir to all its processes. The folder's name is never used twice, not even
        in another container whose processes can be seen from here.
        """
        proc = Path("/proc")
        if not proc.is_dir():
            return
        marker = os.fsencode(self.folder) + b"/"
        uid = os.geteuid() if self.uid is None else self.uid
        for entry in proc.iterdir():
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            with suppress(OSError):  # it may have ended since, or belong to somebody else
                # A zombie has no command line any more: it is dead, and init will bury it.
                if marker in (entry / "cmdline").read_bytes() and _real_uid(entry) == uid:
                    yield int(entry.name)

    def end_processes(self, *, seconds: float = 5) -> None:
        """Kill what still runs here and wait until it is gone, for `seconds` at most."""
        deadline = time.monotonic() + seconds
        while (left := list(self.processes())) and time.monotonic() < deadline:
            for pid in left:
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)


@contextmanager
def claim(*, as_root: bool = False) -> Iterator[Place]:
    """Hold a place until the block ends; its folder is empty at first and removed at the end.

    Raises BrowserUnusableError when no folder can be used, or when we are root, there is no unprivileged user
    and `as_root` does not allow to go on as root then.
    """
    base = _base()
    uids = users(_mapped_uids(), root=os.geteuid() == 0, as_root=as_root)
    for number, uid in enumerate(uids):
        lock = os.open(base / f"{number}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            continue
        try:
            for left in base.glob(f"{number}-*"):
                _clear(Place(folder=left, uid=uid))
            place = Place(folder=base / f"{number}-{secrets.token_hex(8)}", uid=uid)
            place.folder.mkdir(mode=0o700)
            try:
                if uid is not None:
                    os.chown(place.folder, uid, uid)
                yield place
            finally:
                _clear(place)
        finally:
            os.close(lock)
        return
    raise BrowserUnusableError(f"{len(uids)} browsers run already, which is the most; wait until one has ended")


def _real_uid(process: Path) -> int:
    """Who a process runs as; the owner of its folder does not tell, since Chromium's pages hide theirs."""
    status = (process / "status").read_text("ascii", "replace")
    return int(status.split("\nUid:", 1)[1].split(None, 1)[0])


def _clear(place: Place) -> None:
    place.end_processes()
    # A browser that is just ending may still write; what stays goes with the next claim of this place.
    shutil.rmtree(place.folder, ignore_errors=True)
    if place.folder.is_dir():
        time.sleep(0.1)
        shutil.rmtree(place.folder, ignore_errors=True)


def _base() -> Path:
    """The folder that holds the places: ours alone to write, and open for others to pass through."""
    tried = dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")))  # noqa: S108 (checked below)
    for parent in tried:
        base = parent / f"floorshot-browsers-{os.geteuid()}"
        with suppress(OSError):
            if os.geteuid() == 0 and not all(p.stat().st_mode & stat.S_IXOTH for p in base.parents):
                continue
            if os.statvfs(parent).f_flag & os.ST_NOEXEC:
                continue
            base.mkdir(mode=0o711, exist_ok=True)
            found = base.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o022:
                return base
    raise BrowserUnusableError(
        f"No folder for the browser's profile could be made in {', '.join(map(str, tried))}; "
        "set TMPDIR to a folder that can be written and from which programs can be started"
    )


def users(mapped: list[range], *, root: bool, as_root: bool) -> tuple[int | None, ...]:
    """User ids of the places in order, out of those that exist; None is ourselves: right unless we are root."""
    if not root:
        return (None,) * _PLACES
    own = tuple(uid for uid in range(_FIRST_UID, _FIRST_UID + _PLACES) if any(uid in ids for ids in mapped))
    if own:
        return own
    if any(_NOBODY in ids for ids in mapped):
        return (_NOBODY,) * _PLACES
    if as_root:
        return (None,) * _PLACES
    raise BrowserUnusableError(
        "This is root of a container that has no other user, and Chromium has no sandbox as root; run as an ordinary "
        "user, map more user ids into the container, or pass --no-sandbox to go without (the report will say so)"
    )


def _mapped_uids() -> list[range]:
    """The user ids that exist here; inside a container they can be few."""
    try:
        lines = Path("/proc/self/uid_map").read_text("ascii").splitlines()
    except OSError:
        return [range(2**32)]
    return [range(int(first), int(first) + int(count)) for first, _, count in (line.split() for line in lines)]
