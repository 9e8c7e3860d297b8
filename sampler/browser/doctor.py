"""Is the browser fit: facts about it, and one known triangle drawn and looked at."""

from __future__ import annotations

import asyncio
import io
import platform
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from sampler.browser import driver
from sampler.browser import find as finding
from sampler.browser.launcher import launch
from sampler.errors import SamplerError
from sampler.records import Record

if TYPE_CHECKING:
    from playwright.async_api import Route

_PAGE = Path(__file__).with_name("triangle.html")
_ADDRESS = "https://triangle.invalid/"
_SECONDS = 30.0
_RED = (255, 0, 0)
_BLUE = (0, 0, 255)
_KNOWN = {(128, 128): _RED, (128, 250): _RED, (20, 250): _RED, (236, 250): _RED, (20, 20): _BLUE, (236, 20): _BLUE}
"""Colours of the triangle's picture by pixel (x, y): inside, near its base, in its corners, and outside."""


class Doctor(Record):
    """What is known of the browser; None where the browser did not get that far."""

    executable: str | None
    origin: str | None
    """"override", "playwright" or "system"."""
    version: str | None = None
    renderer: str | None = None
    """Unmasked WebGL renderer string."""
    webgl2: bool = False
    triangle: bool = False
    """A known triangle was drawn and has the right colours on the screen."""
    sandboxed: bool = False
    start_seconds: float | None = None
    playwright: str
    python: str
    cache: str
    """Folder of the npm packages that pages load."""
    cache_bytes: int
    problem: str | None = None
    """Why the browser is not fit, with the remedy; None when it is."""

    @property
    def usable(self) -> bool:
        """Nothing stands in the way of rendering."""
        return self.problem is None


def doctor(cache: Path, *, sandbox: bool = True) -> Doctor:
    """Look at the browser that would be used, and at the cache folder; what is wrong stands in `problem`."""
    facts: dict[str, str | float | bool | None] = {"executable": None, "origin": None}
    try:
        found = finding.find()
        if found is not None:
            facts |= {"executable": str(found.executable), "origin": found.origin}
        driver.require()
        facts |= asyncio.run(asyncio.wait_for(_try(sandbox=sandbox), _SECONDS))
        facts["problem"] = _problem(facts)
    except SamplerError as error:
        facts["problem"] = str(error)
    except TimeoutError:
        facts["problem"] = (
            f"The browser did not draw a triangle within {_SECONDS:g} seconds; choose another with {finding.OVERRIDE}"
        )
    except PlaywrightError as error:
        facts["problem"] = (
            f"The browser ended while it drew ({error.message.splitlines()[0]}); choose another with {finding.OVERRIDE}"
        )
    return Doctor.model_validate(
        {
            **facts,
            "playwright": version("playwright"),
            "python": platform.python_version(),
            "cache": str(cache),
            "cache_bytes": _size(cache),
        }
    )


async def _try(*, sandbox: bool) -> dict[str, str | float | bool | None]:
    """Start the browser, draw, look."""
    started = time.monotonic()
    async with async_playwright() as playwright, launch(playwright, sandbox=sandbox) as launched:
        seconds = round(time.monotonic() - started, 2)
        page = await launched.browser.new_page(viewport={"width": 256, "height": 256})
        await page.route("**/*", _answer)
        await page.goto(_ADDRESS)
        drawn = await page.evaluate("draw()")
        picture = Image.open(io.BytesIO(await page.screenshot())).convert("RGB")
        return {
            "version": launched.version,
            "sandboxed": launched.sandboxed,
            "start_seconds": seconds,
            "renderer": drawn["renderer"],
            "webgl2": drawn["webgl2"],
            "triangle": all(picture.getpixel(place) == colour for place, colour in _KNOWN.items()),
        }


async def _answer(route: Route) -> None:
    if route.request.url == _ADDRESS:
        await route.fulfill(path=_PAGE, content_type="text/html")
    else:
        await route.fulfill(status=204)


def _problem(facts: dict[str, str | float | bool | None]) -> str | None:
    if not facts["webgl2"]:
        return f"{facts['executable']} gives no WebGL 2 context; choose another browser with {finding.OVERRIDE}"
    if not facts["triangle"]:
        return f"{facts['executable']} draws a known triangle wrongly; choose another browser with {finding.OVERRIDE}"
    return None


def _size(folder: Path) -> int:
    """Bytes of all files in a folder; 0 when it is not there."""
    total = 0
    for file in folder.rglob("*"):
        with suppress(OSError):  # another run may be moving it
            total += file.lstat().st_size if file.is_file() else 0
    return total
