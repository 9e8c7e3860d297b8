"""Attempt -> Render: the facts about one page, gathered in a warm browser of this process.

Facts only. What a page does is never an exception here; what goes wrong on our side is a `Failure`.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from importlib.metadata import version
from multiprocessing.util import Finalize
from typing import TYPE_CHECKING

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import async_playwright

from sampler.browser.cdn import Cdn
from sampler.browser.facts import location
from sampler.browser.launcher import Launched, launch
from sampler.browser.page import BUDGET, HEIGHT, WIDTH, Attempting, OutOfTimeError
from sampler.errors import SamplerError
from sampler.records import (
    Canvas,
    Environment,
    Failure,
    Overlay,
    Render,
    Rendered,
    RenderTask,
    Request,
    ShaderError,
)

if TYPE_CHECKING:
    from playwright.async_api import Browser

PAGES_A_BROWSER = 100
"""A browser is replaced after so many pages, so that what they leave behind does not add up."""


def record(attempting: Attempting, environment: Environment, failure: Failure | None) -> Render:
    """All facts of a page that was rendered."""
    task, diary, facts = attempting.task, attempting.diary, attempting.seen.facts
    refused = tuple(
        Request(url=url, kind="websocket", outcome="refused", detail="no page reaches a socket")
        for url in attempting.sockets[:50]
    )
    return Render(
        id=task.id,
        needs=task.needs,
        delivery=task.delivery,
        frames=tuple(attempting.seen.frames),
        canvases=tuple(
            Canvas.model_validate({**canvas, "made_at": location(canvas["made_at"])})
            for canvas in facts.get("canvases", [])
        ),
        overlays=tuple(Overlay.model_validate(overlay) for overlay in facts.get("overlays", [])),
        console=tuple(diary.console),
        console_dropped=max(0, diary.dropped["console"] - len(diary.console)),
        errors=diary.errors,
        errors_dropped=max(0, diary.errors_seen - len(diary.errors)),
        requests=tuple(attempting.site.requests) + refused,
        dialogs=tuple(diary.dialogs),
        dialogs_dropped=max(0, diary.dropped["dialog"] - len(diary.dialogs)),
        shader_errors=tuple(
            ShaderError(stage=error["stage"], log=error["log"], source_line=error["line"])
            for error in facts.get("shader_errors", [])
        ),
        three_revision=facts.get("three_revision"),
        visible_text=facts.get("visible_text", ""),
        scroll_pixels=tuple(round(value) for value in facts.get("scroll_pixels", (0, 0))),
        hang=attempting.hang,
        crashed=attempting.crashed.is_set(),
        drawn="every" if attempting.every else "looked-at",
        uncontrolled=tuple(facts.get("uncontrolled", ())),
        failure=failure,
        environment=environment,
        seconds=round(time.monotonic() - attempting.begun, 3),
    )


async def attempt(task: RenderTask, browser: Launched, cdn: Cdn, environment: Environment) -> Rendered:
    """Render one attempt; again with every frame drawn where the page needs that."""
    attempting = Attempting(task, browser, cdn, every=task.draw_every_frame)
    failure = await _attempted(attempting)
    why = "asked for" if task.draw_every_frame else ""
    if attempting.needs_every:
        why = attempting.needs_every
        begun = attempting.begun
        attempting = Attempting(task, browser, cdn, every=True)
        failure = await _attempted(attempting)
        attempting.begun = begun
    render = record(attempting, environment, failure).model_copy(update={"drawn_why": why})
    return Rendered(render=render, pictures=attempting.seen.pictures)


async def _attempted(attempting: Attempting) -> Failure | None:
    try:
        await attempting.render()
    except OutOfTimeError:
        seconds = attempting.task.wall_seconds * BUDGET
        return Failure(
            whose="harness",
            slug="too-slow-to-draw",
            message=f"The last frame was not reached within {seconds:g} s; the wait was for {attempting.waiting_for}",
        )
    except (PlaywrightError, SamplerError) as error:
        return Failure(whose="harness", slug="browser-failed", message=str(error).splitlines()[0][:500])
    return None


class Warm:
    """One browser that is kept between attempts, and what it is."""

    def __init__(self, *, sandbox: bool) -> None:
        """Start nothing yet."""
        self.sandbox = sandbox
        self.launched: Launched
        self.environment: Environment
        self.pages = 0
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start the browser; raises BrowserMissingError or BrowserUnusableError."""
        playwright = await self._stack.enter_async_context(async_playwright())
        self.launched = await self._stack.enter_async_context(launch(playwright, sandbox=self.sandbox))
        self.environment = Environment(
            browser=self.launched.version,
            renderer=await _renderer(self.launched.browser),
            sandboxed=self.launched.sandboxed,
            playwright=version("playwright"),
            width_pixels=WIDTH,
            height_pixels=HEIGHT,
        )

    async def close(self) -> None:
        """End the browser and all of its processes."""
        await self._stack.aclose()


async def _renderer(browser: Browser) -> str:
    """The unmasked WebGL renderer string; empty where there is no WebGL."""
    page = await browser.new_page()
    try:
        return str(
            await page.evaluate(
                """() => {
                    const gl = document.createElement("canvas").getContext("webgl");
                    const names = gl && gl.getExtension("WEBGL_debug_renderer_info");
                    return names ? gl.getParameter(names.UNMASKED_RENDERER_WEBGL) : "";
                }"""
            )
        )
    finally:
        await page.close()


class _Process:
    """What this process keeps: an event loop and at most one warm browser."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.warm: Warm | None = None
        self.cdns: dict[bool, Cdn] = {}
        # Runs in worker processes too, where atexit does not.
        Finalize(self, _Process.end, args=(self,), exitpriority=10)

    async def render(self, task: RenderTask) -> Rendered:
        warm = self.warm
        if warm and (
            warm.sandbox != task.sandbox or warm.pages >= PAGES_A_BROWSER or not warm.launched.browser.is_connected()
        ):
            self.warm = None
            await warm.close()
            warm = None
        if warm is None:
            warm = Warm(sandbox=task.sandbox)
            try:
                await warm.start()
            except BaseException:
                await warm.close()
                raise
            self.warm = warm
        warm.pages += 1
        cdn = self.cdns.setdefault(task.offline, Cdn(offline=task.offline))
        return await attempt(task, warm.launched, cdn, warm.environment)

    def end(self) -> None:
        warm, self.warm = self.warm, None
        if warm and not self.loop.is_closed():
            self.loop.run_until_complete(warm.close())
        self.loop.close()


_process: _Process | None = None


def render(task: RenderTask) -> Rendered:
    """Render one attempt; keeps one warm browser in this process.

    Never raises for what a page does. Raises BrowserMissingError or BrowserUnusableError when there is no
    browser to do it with.
    """
    global _process  # noqa: PLW0603  # one warm browser a process is the point
    if _process is None:
        _process = _Process()
    return _process.loop.run_until_complete(_process.render(task))


def close() -> None:
    """End this process's warm browser, where there is one."""
    global _process  # as above
    process, _process = _process, None
    if process:
        process.end()
