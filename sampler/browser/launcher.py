"""Start Chromium so that it draws the same bytes everywhere, reaches nothing, and is shut in its sandbox."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.async_api import Browser, Playwright
from playwright.async_api import Error as PlaywrightError

from sampler.browser import find as finding
from sampler.browser import place as places
from sampler.errors import BrowserMissingError, BrowserUnusableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

START_SECONDS = 30.0
"""How long a browser may take to start; it takes half a second on an idle machine."""
CLOSE_SECONDS = 5.0
"""How long a browser may take to close before it is killed."""

_DRAWING = (
    # WebGL in software, so that pictures do not depend on the machine's GPU.
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # The same bytes everywhere: no colour profile, scale, hinting or subpixel text of the machine, and no
    # code path chosen by CPU. (Playwright sets --force-color-profile=srgb too; said here because it matters.)
    "--force-color-profile=srgb",
    "--force-device-scale-factor=1",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--disable-font-subpixel-positioning",
    "--disable-partial-raster",
    "--disable-skia-runtime-opts",
    "--disable-gpu-rasterization",
    # Software GL is slow, and a hostile page can make it slower: being slow is no reason to be killed, and one
    # page's lost context must not take WebGL away from those that come after it.
    "--disable-gpu-watchdog",
    "--disable-gpu-process-crash-limit",
    "--disable-domain-blocking-for-3d-apis",
)
_NETWORK = (
    # What request routing does not answer finds no way out: no name and no address resolves, the proxy that
    # everything (loopback too) would have to use does not exist, and UDP is only allowed through it.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--force-webrtc-ip-handling-policy",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
)
_MANNERS = (
    # A page that asks whether it is automated gets a visitor's answer.
    "--disable-blink-features=AutomationControlled",
    "--lang=en-US",
)
_NOT_WANTED = [
    # A page that scrolls shows a visitor its scroll bars, and they take room from the layout.
    "--hide-scrollbars",
]

_KEPT_VARIABLES = (
    "PATH",
    "LD_LIBRARY_PATH",
    "FONTCONFIG_FILE",
    "FONTCONFIG_PATH",
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "PROGRAMDATA",
    "USERPROFILE",
    "LOCALAPPDATA",
    "APPDATA",
    "TEMP",
    "TMP",
)
"""The browser gets these from our environment and nothing else: no key, no proxy, no display."""


@dataclass(frozen=True, kw_only=True)
class Launched:
    """A running browser and what is known about it."""

    browser: Browser
    executable: Path
    version: str
    """As the browser says it: "156.0.8078.79"."""
    sandboxed: bool
    """True only after it was seen on a page's process."""
    pid: int
    """Process id of the browser; its pages' processes descend from it."""


@asynccontextmanager
async def launch(playwright: Playwright, *, sandbox: bool = True) -> AsyncIterator[Launched]:
    """Run a headless browser for as long as the block lasts; nothing of it is left afterwards.

    With `sandbox`, raises BrowserUnusableError unless a page's process is seen to be inside Chromium's
    sandbox. Raises BrowserMissingError when there is no browser, BrowserUnusableError when it does not start.
    """
    found = finding.find()
    if found is None:
        raise BrowserMissingError("Chromium was not found; run `sampler install`")
    with nullcontext() if sys.platform == "win32" else places.claim(as_root=not sandbox) as place:
        browser = await _start(playwright, found.executable, place, sandbox=sandbox)
        try:
            pid, sandboxed = await _look(browser, sandbox=sandbox)
            if sandbox and not sandboxed:
                raise BrowserUnusableError(_unsandboxed(found.executable))
            yield Launched(
                browser=browser, executable=found.executable, version=browser.version, sandboxed=sandboxed, pid=pid
            )
        finally:
            # Where it hangs or has died, leaving the place kills what is left of it.
            with suppress(TimeoutError, PlaywrightError):
                await asyncio.wait_for(browser.close(), CLOSE_SECONDS)


async def _start(playwright: Playwright, executable: Path, place: places.Place | None, *, sandbox: bool) -> Browser:
    try:
        return await playwright.chromium.launch(
            executable_path=executable if place is None else _script(executable, place),
            args=[*_DRAWING, *_NETWORK, *_MANNERS],
            ignore_default_args=_NOT_WANTED,
            chromium_sandbox=sandbox,
            headless=True,
            env=dict(_environment(None if place is None else place.folder)),
            timeout=START_SECONDS * 1000,
        )
    except PlaywrightError as error:
        raise BrowserUnusableError(_why_not(executable, str(error), sandbox=sandbox)) from error


def _script(executable: Path, place: places.Place) -> Path:
    """Write the program that Playwright starts in the browser's stead.

    Playwright insists on a profile folder of its own, which is closed to the unprivileged user; of two
    --user-data-dir Chromium takes the last.
    """
    command = [str(executable)]
    if place.uid is not None:
        drop = Path(__file__).with_name("drop.py")
        command = [sys.executable, "-I", "-S", str(drop), str(place.uid), *command]
    profile = place.folder / "profile"
    script = place.folder / "launch"
    script.write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@" {shlex.quote(f"--user-data-dir={profile}")}\n')
    script.chmod(0o700)
    return script


def _environment(home: Path | None) -> Mapping[str, str | float | bool]:
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    own = {"TZ": "UTC", "LANG": "C.UTF-8", "LANGUAGE": "en", "DBUS_SESSION_BUS_ADDRESS": "disabled:"}
    folders = {} if home is None else dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), str(home))
    return {**kept, **own, **folders}


async def _look(browser: Browser, *, sandbox: bool) -> tuple[int, bool]:
    """The browser's process id, and whether a page's process really is in the sandbox."""
    page = await browser.new_page()
    session = await browser.new_browser_cdp_session()
    processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
    await session.detach()
    pid = next(int(p["id"]) for p in processes if p["type"] == "browser")
    pages = [int(p["id"]) for p in processes if p["type"] == "renderer"]
    sandboxed = sandbox and bool(pages) and all(map(_in_sandbox, pages))
    await page.close()
    return pid, sandboxed


def _in_sandbox(pid: int) -> bool:
    """Linux says so itself: system calls filtered, no way to new rights, not root.

    Elsewhere Chromium has no mode in which it runs without a sandbox that was asked for.
    """
    if sys.platform != "linux":
        return True
    lines = (line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines())
    status = {name: value.split() for name, value in lines}
    return status["Seccomp"] == ["2"] and status["NoNewPrivs"] == ["1"] and "0" not in status["Uid"]


def _unsandboxed(executable: Path) -> str:
    return (
        f"{executable} runs here, but not in its sandbox, so a page could reach this machine's files; "
        "allow unprivileged user namespaces, or pass --no-sandbox to go without (the report will say so)"
    )


def _why_not(executable: Path, log: str, *, sandbox: bool) -> str:
    """One sentence out of Playwright's many lines."""
    if sandbox and any(
        sign in log for sign in ("sandboxing failed", "No usable sandbox", "Failed to move to new namespace")
    ):
        return (
            f"{executable} finds no usable sandbox: unprivileged user namespaces are not allowed here; "
            "allow them, or pass --no-sandbox to go without (the report will say so)"
        )
    if "error while loading shared libraries" in log:
        library = log.split("error while loading shared libraries:", 1)[1].split(":", 1)[0].strip()
        return f"{executable} lacks the system library {library}; run `sampler install`, as root where it asks for that"
    if "Timeout" in log:
        return f"{executable} did not start within {START_SECONDS:g} seconds; choose another with {finding.OVERRIDE}"
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    said = next(
        (line for line in lines if "ERROR" in line or "FATAL" in line), lines[0] if lines else "no reason given"
    )
    return f"{executable} did not start ({said[:300]}); choose another with {finding.OVERRIDE}"
