"""Which Chromium or Chrome to use: Playwright's own download, else one that the system has."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import playwright

from sampler.errors import BrowserMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

OVERRIDE = "FLOORSHOT_BROWSER"
"""Environment variable with the path of the executable to use, whatever else is there."""

ROOT_DOWNLOADS = Path("/var/cache/floorshot/browsers")
"""Where a download goes when root installs: root's own cache is closed to the user that runs the browser."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chromium-freeworld")
_DEBIAN_BINARY = Path("/usr/lib/chromium/chromium")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A browser's executable and where it came from."""

    executable: Path
    origin: Literal["override", "playwright", "system"]


@dataclass(frozen=True, kw_only=True)
class PassedOver:
    """An executable that is there and cannot be used, with the reason as the end of a sentence."""

    executable: Path
    reason: str


def find() -> Found | None:
    """The browser that will be used, or None where there is none.

    Raises BrowserMissingError when FLOORSHOT_BROWSER names something that cannot be run.
    """
    override = os.environ.get(OVERRIDE)
    if override:
        path = Path(override).expanduser()
        reason = _unusable(path)
        if reason is not None:
            raise BrowserMissingError(
                f"{OVERRIDE} names {override}, which {reason}; name a Chromium executable or unset it"
            )
        return Found(executable=path.absolute(), origin="override")
    return next((c for c in _candidates() if _unusable(c.executable) is None), None)


def passed_over() -> tuple[PassedOver, ...]:
    """The executables that are there and cannot be used, and why; for messages when nothing was found."""
    return tuple(
        PassedOver(executable=c.executable, reason=reason)
        for c in _candidates()
        if (reason := _unusable(c.executable)) is not None and c.executable.exists()
    )


def playwright_folders() -> tuple[Path, ...]:
    """Folders in which Playwright's downloads are looked for, first match first."""
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH")
    if named == "0":
        return (Path(playwright.__file__).parent / "driver" / "package" / ".local-browsers",)
    if named:
        return (Path(named),)
    if sys.platform == "darwin":
        return (Path.home() / "Library" / "Caches" / "ms-playwright",)
    if sys.platform == "win32":
        return (Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "ms-playwright",)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ms-playwright"
    return (cache, ROOT_DOWNLOADS)


def _candidates() -> Iterator[Found]:
    for path in _downloads():
        yield Found(executable=path, origin="playwright")
    for path in _system():
        yield Found(executable=path, origin="system")


def _downloads() -> Iterator[Path]:
    """Executables of the Chromium revision that this Playwright was made for, the full browser before the shell."""
    manifest = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    revisions = {b["name"]: b["revision"] for b in json.loads(manifest.read_text("utf-8"))["browsers"]}
    for folder in playwright_folders():
        for name, program in (
            ("chromium", "chrome"),
            ("chromium-headless-shell", "chrome-headless-shell"),
            ("chromium-headless-shell", "headless_shell"),
        ):
            home = folder / f"{name.replace('-', '_')}-{revisions[name]}"
            yield from sorted(home.glob(f"*/{program}"))
            yield from sorted(home.glob(f"*/{program}.exe"))
            yield from sorted(home.glob("*/*.app/Contents/MacOS/*"))


def _system() -> Iterator[Path]:
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            for name in ("Chromium", "Google Chrome"):
                yield folder / f"{name}.app" / "Contents" / "MacOS" / name
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            for vendor in ("Google/Chrome", "Chromium"):
                if os.environ.get(variable):
                    yield Path(os.environ[variable]) / vendor / "Application" / "chrome.exe"
    for name in _NAMES:
        on_path = shutil.which(name)
        if on_path is not None:
            yield _without_wrapper(Path(on_path))


def _without_wrapper(path: Path) -> Path:
    """Debian's `chromium` is a shell script that adds flags by what it finds on the machine; go past it."""
    if path.name == "chromium" and _is_script(path) and os.access(_DEBIAN_BINARY, os.X_OK):
        return _DEBIAN_BINARY
    return path


def _is_script(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def _unusable(path: Path) -> str | None:
    """Why an executable cannot be used, as the end of a sentence that begins with its name; None when it can."""
    if not path.is_file() or not os.access(path, os.X_OK):
        return "is not an executable file"
    if _is_snap(path):
        return "is a snap, which cannot use a profile of our own"
    if sys.platform != "win32" and os.geteuid() == 0 and not open_to_all(path):
        return "lies in a folder that only root may enter, and Chromium must not run as root"
    return None


def _is_snap(path: Path) -> bool:
    if path.resolve().name == "snap" or str(path.resolve()).startswith("/snap/"):
        return True
    if not _is_script(path) or path.stat().st_size > 65536:
        return False
    return re.search(r"/snap/bin/|\bsnap run\b", path.read_text("utf-8", "replace")) is not None


def open_to_all(path: Path) -> bool:
    """May any user run this file: it and every folder above it, after links, lets others in."""
    real = path.resolve()
    bits = stat.S_IROTH | stat.S_IXOTH
    return real.stat().st_mode & bits == bits and all(p.stat().st_mode & stat.S_IXOTH for p in real.parents)
