"""Get a browser: use one that is there, else download Playwright's, else ask the system's package manager.

What is printed on the way goes to stderr. Every step has a time limit, and a step that fails leads to the next.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sampler.browser import driver
from sampler.browser import find as finding
from sampler.errors import BrowserMissingError, BrowserUnusableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DOWNLOAD_SECONDS = 600.0
PACKAGE_SECONDS = 900.0
_VERSION_SECONDS = 30.0

OS_RELEASE = Path("/etc/os-release")
"""Where a Linux says which one it is."""


@dataclass(frozen=True, kw_only=True)
class PackageManager:
    """A system's way to install packages: `install` and names of packages, after `refresh` where that is needed."""

    program: str
    install: tuple[str, ...]
    refresh: tuple[str, ...] | None = None
    browser: tuple[str, ...] = ("chromium",)
    driver: tuple[str, ...] = ()
    """What holds the libraries that Playwright's driver needs."""
    as_root: bool = True


_APT = ("apt-get", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=120")

PACKAGE_MANAGERS = (
    PackageManager(
        program="apt-get",
        refresh=(*_APT, "update"),
        install=(*_APT, "install", "--yes", "--no-install-recommends"),
        driver=("libatomic1",),
    ),
    PackageManager(program="dnf", install=("dnf", "install", "--assumeyes"), driver=("libatomic",)),
    PackageManager(program="zypper", install=("zypper", "--non-interactive", "install"), driver=("libatomic1",)),
    PackageManager(program="pacman", install=("pacman", "--sync", "--refresh", "--noconfirm", "--needed")),
    PackageManager(program="apk", install=("apk", "add"), driver=("libatomic",)),
    PackageManager(program="brew", install=("brew", "install", "--cask"), browser=("google-chrome",), as_root=False),
)


def install(say: Callable[[str], None]) -> finding.Found:
    """Make sure that there is a browser, and return it; `say` is told what is being done, a sentence at a time.

    Raises BrowserMissingError, with what was tried and what to do, when no way led to a browser that runs, and
    BrowserUnusableError when Playwright itself does not run and cannot be mended.
    """
    _mend_driver(say)
    found = finding.find()
    if found is not None and (version := version_of(found.executable)) is not None:
        say(f"Using {version} at {found.executable}")
        return found
    tried = [f"{p.executable} {p.reason}" for p in finding.passed_over()]
    if found is not None:
        tried.append(f"{found.executable} does not run")
    for step in (_download, _package):
        failure = step(say)
        found = finding.find()
        if found is not None and (version := version_of(found.executable)) is not None:
            say(f"Installed {version} at {found.executable}")
            return found
        tried.append(failure or f"{found.executable if found else 'what was installed'} does not run")
        say(f"That did not work: {tried[-1]}")
    raise BrowserMissingError(
        f"No browser could be installed ({'; '.join(tried)}): install Chromium or Google Chrome yourself, "
        f"or name its executable in {finding.OVERRIDE}"
    )


def version_of(executable: Path) -> str | None:
    """What the browser calls itself, such as "Chromium 156.0.8078.79"; None when it does not run.

    On Windows a browser opens a window instead of telling, so there its name has to do.
    """
    if sys.platform == "win32":
        return executable.stem if executable.is_file() else None
    with tempfile.TemporaryDirectory(prefix="floorshot-") as home:
        try:
            answer = subprocess.run(  # noqa: S603 (the executable that `find` chose)
                [executable, "--version", f"--user-data-dir={home}"],
                env={"PATH": os.environ.get("PATH", os.defpath), "HOME": home},
                capture_output=True,
                timeout=_VERSION_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
    lines = answer.stdout.decode("utf-8", "replace").split("\n")
    return lines[0].strip() or None if answer.returncode == 0 else None


def _download(say: Callable[[str], None]) -> str | None:
    """Playwright's own download; the reason when it failed."""
    say("Downloading Chromium as Playwright does (about 170 MB)")
    environment = dict(os.environ)
    environment.setdefault("PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT", "15000")
    as_root = sys.platform != "win32" and os.geteuid() == 0
    if as_root:
        environment.setdefault("PLAYWRIGHT_BROWSERS_PATH", str(finding.ROOT_DOWNLOADS))
    command = [sys.executable, "-m", "playwright", "install", "--no-shell"]
    if as_root and sys.platform == "linux":
        # The download needs system libraries that a bare machine lacks, and root may add them.
        command.append("--with-deps")
    return bounded([*command, "chromium"], DOWNLOAD_SECONDS, environment)


def _mend_driver(say: Callable[[str], None]) -> None:
    """Playwright's driver starts every browser; add the libraries that it lacks, where that is possible."""
    reason = driver.problem()
    if reason is None:
        return
    say(f"Playwright's driver does not run: {reason}")
    manager = _package_manager()
    failure = _add(manager, manager.driver, say) if manager and manager.driver else "no package manager can mend it"
    reason = driver.problem()
    if reason is not None:
        raise BrowserUnusableError(
            f"Playwright's driver does not run ({reason}; {failure or 'what was installed did not help'}): "
            "install that, or name a Node.js of your own in PLAYWRIGHT_NODEJS_PATH"
        )


def _package(say: Callable[[str], None]) -> str | None:
    """Chromium from the first package manager that is here; the reason when it failed or may not be used."""
    manager = _package_manager()
    if manager is None:
        return "no package manager was recognized"
    if _is_ubuntu():
        return "Ubuntu's own chromium is a snap, which cannot use a profile of our own"
    return _add(manager, manager.browser, say)


def _package_manager() -> PackageManager | None:
    return next((m for m in PACKAGE_MANAGERS if shutil.which(m.program)), None)


def _add(manager: PackageManager, packages: tuple[str, ...], say: Callable[[str], None]) -> str | None:
    """Install packages, as root or through sudo without a password; the reason when it failed or may not be."""
    command = (*manager.install, *packages)
    prefix: tuple[str, ...] = ()
    if manager.as_root and os.geteuid() != 0:
        if shutil.which("sudo") is None or bounded(["sudo", "-n", "true"], 10, dict(os.environ)) is not None:
            return f"`{' '.join(command)}` needs root, and sudo is not there or asks for a password"
        prefix = ("sudo", "-n")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if manager.refresh is not None:
        # An old list may still do, so its failure alone is not the end.
        say(f"Running {' '.join((*prefix, *manager.refresh))}")
        bounded([*prefix, *manager.refresh], PACKAGE_SECONDS, environment)
    say(f"Running {' '.join((*prefix, *command))}")
    return bounded([*prefix, *command], PACKAGE_SECONDS, environment)


def _is_ubuntu() -> bool:
    try:
        lines = OS_RELEASE.read_text("utf-8", "replace").splitlines()
    except OSError:
        return False
    return "ID=ubuntu" in lines


def bounded(command: Sequence[str], seconds: float, environment: dict[str, str]) -> str | None:
    """Run a command with its output on stderr; None when it went well, else why it did not, in a few words."""
    name = " ".join(Path(part).name if part == command[0] else part for part in command)
    try:
        process = subprocess.Popen(  # noqa: S603 (commands from the table above)
            command, env=environment, stdin=subprocess.DEVNULL, stdout=2, stderr=2, start_new_session=True
        )
    except OSError as error:
        return f"`{name}` did not start: {error.strerror}"
    try:
        code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        return f"`{name}` took longer than {seconds:g} seconds"
    finally:
        # Also on Ctrl-C: a package manager's children must not go on without us.
        if process.poll() is None:
            _end(process)
    return None if code == 0 else f"`{name}` failed with exit code {code}"


def _end(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        process.kill()
    else:
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
