"""One page in one fresh context, on its own clock, watched from outside."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import json
import secrets
import time
from base64 import b64decode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from PIL import Image
from playwright.async_api import Error as PlaywrightError

from sampler import pixels
from sampler.browser import routes, script
from sampler.browser.facts import Diary
from sampler.records import (
    Box,
    Frame,
    Hang,
    RenderTask,
    SceneSnapshot,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from playwright.async_api import BrowserContext, CDPSession, Page

    from sampler.browser.cdn import Cdn
    from sampler.browser.launcher import Launched

_T = TypeVar("_T")

WIDTH, HEIGHT = 1280, 720
FRAMES = (6, 60, 180)
"""Looked-at frames of the page's own 60 Hz clock: 0.1, 1 and 3 seconds."""
LATER = 480
"""One more look, at 8 seconds, where the picture is still hidden at the last of them."""
BATCH = 20
"""Frames in one call into the page."""
LONGEST_WAIT_MILLISECONDS = 3000
"""How long the page's time is held, in real time, for something it waits for and that does not come."""
NAVIGATIONS = 5
"""How often a page may go elsewhere in its own folder, or reload, before it is only looked at."""
PICTURE_SECONDS = 8.0
PICTURE_TRIES = 4
"""Under load, Chromium now and then never answers a request for a screenshot (seen once in some hundred pages)."""
BUDGET = 4
"""The whole of an attempt may take this many times the watchdog's limit."""


class PageHungError(Exception):
    """The page's main thread has been silent for longer than the watchdog allows."""


class PageCrashedError(Exception):
    """The page's process is gone."""


class NavigatedError(Exception):
    """The page went to another address of its own in the middle of a call."""


class OutOfTimeError(Exception):
    """Drawing in software took longer than one attempt may take, though the page never hung."""


@dataclass
class _Look:
    """What was seen at one looked-at frame."""

    frames: list[Frame] = field(default_factory=list)
    pictures: dict[str, bytes] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


class Attempting:
    """One page being rendered."""

    def __init__(self, task: RenderTask, browser: Launched, cdn: Cdn, *, every: bool) -> None:
        """Render `task` in `browser`; `every` draws each frame instead of the looked-at ones."""
        self.task = task
        self.browser = browser
        self.every = every
        self.site = routes.Site(task, cdn)
        self.diary = Diary()
        self.seen = _Look()
        self.hang: Hang | None = None
        self.crashed = asyncio.Event()
        self.needs_every: str | None = None
        self.sockets: list[str] = []
        self.in_flight: set[str] = set()
        self.frame = 0
        """Of the whole visit; `before` of them passed in documents that the page has left since."""
        self.before = 0
        self.navigations = 0
        self.loaded = False
        self.waiting_for = "the page to load"
        self.begun = time.monotonic()
        self.key = f"__floorshot_{secrets.token_hex(8)}"
        self.page: Page
        self.cdp: CDPSession

    async def render(self) -> None:
        """Load the page, move its time on, look at it; fills `seen`, `diary`, `hang`."""
        context = await self.browser.browser.new_context(
            viewport={"width": WIDTH, "height": HEIGHT},
            device_scale_factor=1,
            locale="en-US",
            timezone_id="UTC",
            color_scheme="light",
            service_workers="block",
            accept_downloads=False,
        )
        try:
            await self._prepare(context)
            await self._watch()
        finally:
            self.site.close()
            with contextlib.suppress(PlaywrightError, TimeoutError):
                await asyncio.wait_for(context.close(), 5)

    async def _prepare(self, context: BrowserContext) -> None:
        binding = f"__{secrets.token_hex(8)}"
        await context.route("**/*", self.site.answer)
        await context.add_init_script(script.probe(self.key, binding))
        self.page = page = await context.new_page()
        page.on("crash", lambda _: self.crashed.set())
        page.on("dialog", lambda dialog: asyncio.ensure_future(dialog.dismiss()))
        context.on("page", lambda other: asyncio.ensure_future(other.close()))
        self.cdp = cdp = await context.new_cdp_session(page)
        cdp.on("Runtime.bindingCalled", self._told)
        cdp.on("Runtime.exceptionThrown", self.diary.thrown)
        cdp.on("Runtime.exceptionRevoked", self.diary.revoked)
        cdp.on("Log.entryAdded", self.diary.browser_said)
        cdp.on("Network.requestWillBeSent", self._sent)
        cdp.on("Network.loadingFinished", self._ended)
        cdp.on("Network.loadingFailed", self._ended)
        cdp.on("Network.webSocketCreated", lambda event: self.sockets.append(str(event["url"])[:500]))
        await cdp.send("Runtime.enable")
        await cdp.send("Runtime.addBinding", {"name": binding})
        await cdp.send("Log.enable")
        await cdp.send("Network.enable", {"maxTotalBufferSize": 0, "maxResourceBufferSize": 0})
        await cdp.send("Animation.enable")
        await cdp.send("Animation.setPlaybackRate", {"playbackRate": 0})

    def _told(self, event: dict[str, Any]) -> None:
        self.diary.told(event["payload"])

    def _sent(self, event: dict[str, Any]) -> None:
        if not event["request"]["url"].startswith(("data:", "blob:")):
            self.in_flight.add(event["requestId"])

    def _ended(self, event: dict[str, Any]) -> None:
        self.in_flight.discard(event["requestId"])

    async def _watch(self) -> None:
        try:
            await self._within(self.page.goto(self.site.url, wait_until="commit", timeout=0))
            for target in FRAMES:
                await self._reach(target)
                if self.needs_every:
                    return
            if self._hidden():
                await self._reach(LATER)
        except PageCrashedError:
            pass
        except PageHungError:
            await self._freed()

    def _hidden(self) -> bool:
        """Whether the canvas holds a picture that something lies over: a loading screen that may still go."""
        seen = self.seen.frames[-1].canvas_seen_share if self.seen.frames else None
        return seen is not None and seen < 0.5 and bool(self.seen.facts.get("overlays"))

    async def _reach(self, target: int) -> None:
        """Move the page's time on to a frame and look at it, also when the page reloads on the way."""
        while True:
            try:
                if not self.loaded:
                    await self._call("loaded()")
                    await self._settle()
                    self.loaded = True
                if self.frame < target and self.navigations <= NAVIGATIONS:
                    await self._run_to(target)
                if not self.needs_every:
                    await self._look(target)
            except NavigatedError:
                self.navigations += 1
                self.before = self.frame
                self.loaded = False
                await self._within(self.page.wait_for_load_state("domcontentloaded", timeout=0))
            else:
                return

    async def _within(self, doing: Awaitable[_T], limit: float | None = None) -> _T:
        """Wait for the page, not counting the time in which it waits for our answers.

        After the watchdog's limit the page has to be shown to be at fault; a `limit` that was given is strict.
        """
        strict, limit = limit is not None, limit or self.task.wall_seconds
        task = asyncio.ensure_future(doing)
        crash = asyncio.ensure_future(self.crashed.wait())
        silent = 0.0
        busy_before: float | None = None
        try:
            while True:
                begun = time.monotonic()
                done, _ = await asyncio.wait({task, crash}, timeout=0.25, return_when=asyncio.FIRST_COMPLETED)
                if task in done:
                    return task.result()
                if crash in done:
                    raise PageCrashedError
                if not self.site.answering:
                    silent += time.monotonic() - begun
                if silent > limit / 2 and busy_before is None and not strict:
                    busy_before = await self._busy_seconds()
                if silent > limit and (strict or await self._busy_seconds() - (busy_before or 0) > limit / 4):
                    raise PageHungError
                if not strict and time.monotonic() - self.begun > self.task.wall_seconds * BUDGET + limit:
                    raise OutOfTimeError
        finally:
            crash.cancel()
            if not task.done():
                task.cancel()
            task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    async def _busy_seconds(self) -> float:
        """CPU time of the pages' processes so far.

        A page that hangs burns it. One that waits for the GPU, or for its turn on a machine that does too much
        else, does not, and is not to blame.
        """
        session = await self.browser.browser.new_browser_cdp_session()
        try:
            processes = (await session.send("SystemInfo.getProcessInfo"))["processInfo"]
        finally:
            await session.detach()
        return sum(float(process["cpuTime"]) for process in processes if process["type"] == "renderer")

    async def _call(self, expression: str, limit: float | None = None) -> Any:
        """Call into the probe; resolves promises, gives plain JSON."""
        self.waiting_for = expression
        call = {"expression": f"{self.key}.{expression}", "awaitPromise": True, "returnByValue": True}
        try:
            answer = await self._within(self.cdp.send("Runtime.evaluate", call), limit)
        except PlaywrightError as error:
            if "navigated" in error.message or "context was destroyed" in error.message:
                raise NavigatedError from error
            raise
        if "exceptionDetails" in answer:
            raise PlaywrightError(str(answer["exceptionDetails"].get("exception", {}).get("description", "no probe")))
        return answer["result"].get("value")

    async def _settle(self) -> None:
        """Hold the page's time until what it has begun is there."""
        begun = time.monotonic()
        while True:
            await self._call(f"settle({LONGEST_WAIT_MILLISECONDS})")
            if not self.in_flight:
                return
            if time.monotonic() - begun > LONGEST_WAIT_MILLISECONDS / 1000 and not self.site.answering:
                self.in_flight.clear()
                return
            await asyncio.sleep(0.002)

    async def _run_to(self, target: int) -> None:
        single = self.site.may_import_later
        while self.frame < target:
            last = target if target - self.frame <= BATCH else self.frame + BATCH
            if time.monotonic() - self.begun > self.task.wall_seconds * BUDGET:
                raise OutOfTimeError
            look = str(last == target).lower()
            every = str(self.every).lower()
            answer = await self._call(
                f"run({{last: {last - self.before}, look: {look}, single: {str(single).lower()}, every: {every}}})"
            )
            self.frame = self.before + int(answer["frame"])
            self.diary.at_seconds = self.frame / 60
            if answer["needs_every"]:
                self.needs_every = str(answer["needs_every"])
                return
            await self._settle()

    async def _look(self, target: int) -> None:
        facts = json.loads(await self._call("look()"))
        await self._call("presented()")
        await self._settle()
        await self._picture(target / 60, facts)

    async def _picture(self, at_seconds: float, facts: dict[str, Any]) -> None:
        data = await self._captured()
        digest = hashlib.sha256(data).hexdigest()
        same = next((frame for frame in self.seen.frames if frame.sha256 == digest), None)
        image = Image.open(io.BytesIO(data)).convert("RGB")
        name = f"frame-{round(at_seconds * 1000):05d}ms.png"
        canvases = facts.get("canvases") or []
        copy = _copy(facts.get("copy"))
        known_scene = facts.get("scene")
        scene = SceneSnapshot.model_validate(known_scene) if known_scene and "unreadable" not in known_scene else None
        self.seen.pictures[name] = data
        self.seen.facts = facts
        self.seen.frames.append(
            Frame(
                at_seconds=round(at_seconds, 3),
                picture=name,
                sha256=digest,
                pixels=same.pixels if same else pixels.measure(image),
                canvas_pixels=pixels.measure(copy) if copy else None,
                canvas_seen_share=(
                    pixels.seen_share(image, copy, Box.model_validate(canvases[0]["box"]))
                    if copy and canvases and canvases[0]["shown"]
                    else None
                ),
                draw_calls=int(facts.get("draw_calls", 0)),
                triangles=int(facts.get("triangles", 0)),
                scene=scene,
            )
        )

    async def _captured(self) -> bytes:
        """The screen as PNG bytes. A picture that the browser mislays is asked for again; the page stands still."""
        self.waiting_for = "a picture"
        for _ in range(PICTURE_TRIES):
            with contextlib.suppress(TimeoutError):
                asking = self.cdp.send("Page.captureScreenshot", {"format": "png", "optimizeForSpeed": True})
                shot = await asyncio.wait_for(self._within(asking), PICTURE_SECONDS)
                return b64decode(shot["data"])
        raise OutOfTimeError

    async def _freed(self) -> None:
        """End the script that hangs, and take a last picture of what the visitor is left with."""
        self.hang = Hang(
            phase="later" if self.loaded else "load", at_seconds=self.frame / 60, wall_seconds=self.task.wall_seconds
        )
        stuck = (PageHungError, PageCrashedError, PlaywrightError, OutOfTimeError, NavigatedError)
        for _ in range(3):
            with contextlib.suppress(*stuck):
                await self._within(self.cdp.send("Runtime.terminateExecution"), 1)
            with contextlib.suppress(*stuck):
                at_seconds = self.before / 60 + float(await self._call("clock.held()", 1)) / 1000
                self.hang = self.hang.model_copy(update={"at_seconds": round(at_seconds, 3)})
                await self._picture(at_seconds, json.loads(await self._call("look()", 3)))
                return


def _copy(address: str | None) -> Image.Image | None:
    if not address or "," not in address:
        return None
    return Image.open(io.BytesIO(b64decode(address.split(",", 1)[1]))).convert("RGBA")
