"""A browser is found where it is, installed where it is not, and what cannot work is said in one sentence."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import playwright
import pytest

from sampler.browser import chromium, driver, install
from sampler.browser import find as finding
from sampler.errors import BrowserMissingError, BrowserUnusableError

if TYPE_CHECKING:
    from conftest import Ended, Program

# --- find ------------------------------------------------------------------------------------------


def test_override_wins(bare: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """FLOORSHOT_BROWSER is used whatever else there is."""
    program(bare / "bin" / "chromium", "exit 0")
    mine = program(bare / "mine", "exit 0")
    monkeypatch.setenv(finding.OVERRIDE, str(mine))
    assert chromium.find() == chromium.Found(executable=mine, origin="override")


def test_override_that_is_nothing(bare: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """An override that cannot be run is said to be wrong, and no other browser is taken in its stead."""
    program(bare / "bin" / "chromium", "exit 0")
    monkeypatch.setenv(finding.OVERRIDE, "/nowhere/chrome")
    with pytest.raises(BrowserMissingError, match=r"FLOORSHOT_BROWSER names /nowhere/chrome, which is not an exec.*"):
        chromium.find()


def test_playwrights_own_comes_first(bare: Path, program: Program) -> None:
    """The revision that this Playwright was made for is preferred to the system's browser, and others are not used."""
    system = program(bare / "bin" / "google-chrome", "exit 0")
    program(bare / "downloads" / "chromium-1" / "chrome-linux" / "chrome", "exit 0")
    assert chromium.find() == chromium.Found(executable=system, origin="system")
    listed = (Path(str(playwright.__file__)).parent / "driver" / "package" / "browsers.json").read_text("utf-8")
    revision = listed.split('"chromium",')[1].split('"revision": "')[1].split('"')[0]
    own = program(bare / "downloads" / f"chromium-{revision}" / "chrome-linux64" / "chrome", "exit 0")
    assert chromium.find() == chromium.Found(executable=own, origin="playwright")


def test_debians_wrapper_is_gone_past(bare: Path, program: Program) -> None:
    """Debian's start script adds flags by what it finds on the machine, so the program behind it is used."""
    program(bare / "bin" / "chromium", "exec /somewhere/chromium")
    behind = program(bare / "lib" / "chromium", "exit 0")
    assert chromium.find() == chromium.Found(executable=behind, origin="system")


def test_a_snap_is_passed_over(bare: Path, program: Program) -> None:
    """A snap cannot use a profile folder of ours, so it is passed over with that reason."""
    snap = program(bare / "bin" / "chromium-browser", 'exec /snap/bin/chromium "$@"')
    assert chromium.find() is None
    assert [(p.executable, "snap" in p.reason) for p in finding.passed_over()] == [(snap, True)]


def test_closed_folder_is_noticed(open_folder: Path, program: Program) -> None:
    """An executable counts as open to all only while every folder above it lets others through."""
    path = program(open_folder / "closed" / "deep" / "chrome", "exit 0")
    assert finding.open_to_all(path)
    (open_folder / "closed").chmod(0o700)
    assert not finding.open_to_all(path)


# --- install ---------------------------------------------------------------------------------------


def test_install_takes_what_is_there(bare: Path, program: Program) -> None:
    """A browser that runs is used as it is, and nothing is downloaded."""
    there = program(bare / "bin" / "chromium", "echo Chromium 1.2.3")
    said: list[str] = []
    assert chromium.install(said.append).executable == there
    assert said == [f"Using Chromium 1.2.3 at {there}"]


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's download host does not answer."""
    monkeypatch.setenv("PLAYWRIGHT_DOWNLOAD_HOST", "http://127.0.0.1:9")


@pytest.mark.usefixtures("no_download")
def test_install_asks_the_package_manager(bare: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Where the download fails, the system's package manager is asked, as root or through sudo without a password."""
    monkeypatch.setattr(install, "OS_RELEASE", bare / "os-release")
    (bare / "os-release").write_text("ID=debian\n")
    chrome = bare / "bin" / "chromium"
    program(
        bare / "bin" / "apt-get",
        f'case "$*" in *" chromium") printf "#!/bin/sh\\necho Chromium 9\\n" >{chrome}; /bin/chmod 755 {chrome};; esac',
    )
    program(bare / "bin" / "sudo", 'shift\nexec "$@"')
    program(bare / "bin" / "true", "exit 0")
    said: list[str] = []
    assert chromium.install(said.append).executable == chrome
    assert said[-1] == f"Installed Chromium 9 at {chrome}"


@pytest.mark.usefixtures("no_download", "bare")
def test_install_that_cannot_work_says_what_to_do() -> None:
    """With no way to a browser there is one sentence with what was tried and what to do."""
    with pytest.raises(BrowserMissingError) as caught:
        chromium.install(lambda _: None)
    message = str(caught.value)
    assert "\n" not in message
    assert "playwright install" in message
    assert "install Chromium or Google Chrome yourself" in message


@pytest.mark.usefixtures("no_download")
def test_ubuntus_snap_is_not_installed(bare: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Ubuntu's package is a snap, which is of no use here, so apt-get is not asked for it."""
    monkeypatch.setattr(install, "OS_RELEASE", bare / "os-release")
    (bare / "os-release").write_text("NAME=Ubuntu\nID=ubuntu\n")
    program(bare / "bin" / "apt-get", f'case "$*" in *" chromium") echo asked >{bare}/asked;; esac; exit 1')
    with pytest.raises(BrowserMissingError, match="snap"):
        chromium.install(lambda _: None)
    assert not (bare / "asked").exists()


def test_a_step_that_never_ends_is_ended(tmp_path: Path, program: Program, ended: Ended) -> None:
    """A command has its time limit, and what it started ends with it."""
    slow = program(tmp_path / "slow", f"sleep 60 & echo $! >{tmp_path}/child; wait")
    started = time.monotonic()
    assert install.bounded([str(slow)], 1, dict(os.environ)) == "`slow` took longer than 1 seconds"
    assert time.monotonic() - started < 15
    assert ended(int((tmp_path / "child").read_text()))


def test_a_driver_without_its_library_is_mended(bare: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Where Playwright's driver lacks a system library, the package that holds it is installed first."""
    program(bare / "bin" / "chromium", "echo Chromium 1.2.3")
    library = bare / "library"
    complaint = "node: error while loading shared libraries: libatomic.so.1: cannot open shared object file"
    node = program(bare / "node", f'[ -e {library} ] || {{ echo "{complaint}" >&2; exit 127; }}')
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", str(node))
    assert driver.problem() == "the system library libatomic.so.1 is missing"
    with pytest.raises(BrowserUnusableError, match=r"libatomic\.so\.1 is missing; no package manager can mend it"):
        chromium.install(lambda _: None)
    assert "run `sampler install`" in (chromium.doctor(bare).problem or "")
    program(bare / "bin" / "apt-get", f'case "$*" in *" libatomic1") echo >{library};; esac')
    program(bare / "bin" / "sudo", 'shift\nexec "$@"')
    program(bare / "bin" / "true", "exit 0")
    assert chromium.install(lambda _: None).executable == bare / "bin" / "chromium"
    assert driver.problem() is None


def test_driver_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A driver that is not there at all is said so in one sentence, with the remedy."""
    monkeypatch.setenv("PLAYWRIGHT_NODEJS_PATH", "/nowhere/node")
    with pytest.raises(BrowserUnusableError, match=r"\(/nowhere/node is not there\); run `sampler install`"):
        chromium.require_driver()
