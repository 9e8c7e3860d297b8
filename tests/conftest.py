"""What several test modules start from: programs made on the spot, and a machine without any browser."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sampler.browser import find as finding
from sampler.browser import place

if TYPE_CHECKING:
    from collections.abc import Iterator

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs the tests in the background has them ignore Ctrl-C, which some of them are about.
    signal.signal(signal.SIGINT, signal.default_int_handler)

Program = Callable[[Path, str], Path]
Ended = Callable[[int], bool]


@pytest.fixture
def program() -> Program:
    """Write an executable shell script that any user may run: path and text, gives the path."""

    def write(path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def ended() -> Ended:
    """Is a process gone (or a zombie), at the latest after five seconds?"""

    def look(pid: int) -> bool:
        for _ in range(50):
            try:
                if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
            except (FileNotFoundError, ProcessLookupError):
                return True
            time.sleep(0.1)
        return False

    return look


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can enter; pytest's own is closed to others."""
    with place.claim() as claimed:
        folder = claimed.folder / "test"
        folder.mkdir()
        claimed.folder.chmod(0o755)
        yield folder


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, open_folder: Path) -> Path:
    """A machine without any browser: the returned folder is all that PATH and Playwright's cache know."""
    monkeypatch.setenv("PATH", str(open_folder / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(open_folder / "downloads"))
    monkeypatch.delenv(finding.OVERRIDE, raising=False)
    monkeypatch.setattr(finding, "_DEBIAN_BINARY", open_folder / "lib" / "chromium")
    (open_folder / "bin").mkdir()
    return open_folder
