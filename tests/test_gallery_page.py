"""The gallery in a real browser, opened from the disk: it asks for nothing, and filter, order, keys and plot work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

import pytest
from gallery_hostile import run_of_strangers
from gallery_runs import many, run
from playwright.async_api import Page, async_playwright

from sampler.browser import chromium, place
from sampler.report import gallery

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Browser

pytestmark = pytest.mark.browser

Look = Callable[[Page], Awaitable[Any]]
Visit = Callable[..., Any]

SHOWN = "[...document.querySelectorAll('article:not([hidden])')].map((a) => a.id.split('.').slice(1).join('.'))"


async def until(page: Page, expression: str) -> None:
    """Wait until an expression is true; Playwright's own wait evaluates text in the page, which its policy forbids."""
    async with asyncio.timeout(15):
        while not await page.evaluate(expression):  # noqa: ASYNC110 - the page has no event to wait for
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def visit() -> Iterator[Visit]:
    """Open a page from the disk, look at it, and fail on anything it asked for or complained about."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def begin() -> Browser:
            playwright = await stack.enter_async_context(async_playwright())
            return (await stack.enter_async_context(chromium.launch(playwright))).browser

        browser = runner.run(begin())

        async def see(index: Path, look: Look, *, hash: str = "", **options: Any) -> Any:  # noqa: A002 - the page's word
            context = await browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **options})
            said: list[str] = []
            asked: list[str] = []
            page = await context.new_page()
            page.set_default_timeout(15_000)
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("dialog", lambda dialog: said.append(dialog.message))
            page.on("request", lambda request: asked.append(request.url))
            await page.goto(f"{index.as_uri()}{hash}")
            seen = await look(page)
            assert said == []
            own = index.parent.as_uri()
            assert [url for url in asked if not url.startswith((own, "data:image/svg+xml"))] == []
            await context.close()
            return seen

        def open_and_look(index: Path, look: Look, **options: Any) -> Any:
            return runner.run(see(index, look, **options))

        try:
            yield open_and_look
        finally:
            runner.run(stack.aclose())


@pytest.fixture(scope="module")
def shelf() -> Iterator[Path]:
    """A folder that the browser's own user can read."""
    with place.claim() as claimed:
        folder = claimed.folder / "galleries"
        folder.mkdir()
        claimed.folder.chmod(0o755)
        yield folder


@pytest.fixture(scope="module")
def two(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of two models, eight attempts each."""
    made = run(tmp_path_factory.mktemp("run"), models=("recorded:compact", "recorded:sketch"), n=8)
    return gallery.write(shelf / "two", made.manifest, made.summary, made.results, made.assets)


@pytest.fixture(scope="module")
def one(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery of one model, eight attempts."""
    made = run(tmp_path_factory.mktemp("run"), n=8)
    return gallery.write(shelf / "one", made.manifest, made.summary, made.results, made.assets)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_fits_every_screen(visit: Visit, two: Path, one: Path, width: int, scheme: str) -> None:
    """At every width nothing needs scrolling sideways, the large pictures are there, and nothing jumps."""

    async def look(page: Page) -> None:
        for state in ("closed", "open"):
            if state == "open":
                await page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
            wide = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
            assert wide[0] <= wide[1], state
        await until(page, "document.querySelector('.pick.ceiling img').naturalWidth > 0")
        unsized = "[...document.images].filter((one) => !one.hasAttribute('width') || !one.hasAttribute('height'))"
        assert await page.evaluate(f"{unsized}.length") == 0

    for index in (one, two):
        visit(index, look, viewport={"width": width, "height": 800}, color_scheme=scheme)


def test_colours_follow_the_system_and_the_reader(visit: Visit, one: Path) -> None:
    """Dark for a dark system; the button turns it round, and the choice is kept for the next visit."""
    colour = "getComputedStyle(document.body).backgroundColor"

    async def look(page: Page) -> None:
        dark = await page.evaluate(colour)
        await page.get_by_role("button", name="Use light colours").click()
        light = await page.evaluate(colour)
        assert light != dark
        await page.reload()
        assert await page.evaluate(colour) == light
        assert await page.get_by_role("button", name="Use dark colours").is_visible()

    visit(one, look, color_scheme="dark")


def test_filters_are_kept_in_the_address(visit: Visit, two: Path) -> None:
    """A failure mode filters by its check in its cell; the address holds it over a reload, and Back undoes it."""

    async def look(page: Page) -> None:
        await page.locator(".modes a[data-check=page-error]").first.click()
        assert await page.evaluate(SHOWN) == ["recorded-compact.01"]
        assert "check=page-error" in page.url
        await page.reload()
        assert await page.evaluate(SHOWN) == ["recorded-compact.01"]
        assert await page.get_by_text("1 of 16 shown").is_visible()
        await page.get_by_role("button", name="Show all").click()
        assert len(await page.evaluate(SHOWN)) == 16
        await page.go_back()
        assert await page.evaluate(SHOWN) == ["recorded-compact.01"]

    visit(two, look)


def test_filter_by_outcome_cell_and_words(visit: Visit, two: Path) -> None:
    """Fields combine; a number finds that attempt, a word what is said of it; what fits nothing says so."""

    async def look(page: Page) -> None:
        await page.get_by_label("Outcome").select_option("failed")
        await page.locator("select[name=cell]").select_option(label="recorded:sketch")
        shown = await page.evaluate(SHOWN)
        assert len(shown) == 4
        assert all(name.startswith("recorded-sketch.") for name in shown)
        await page.get_by_role("searchbox").fill("hung")
        assert len(await page.evaluate(SHOWN)) == 1
        await page.get_by_role("searchbox").fill("no such words")
        assert await page.evaluate(SHOWN) == []
        assert await page.get_by_text("No attempt fits this filter.").is_visible()
        await page.get_by_role("button", name="Show all").click()
        await page.get_by_role("searchbox").fill("5")
        assert await page.evaluate(SHOWN) == ["recorded-compact.05", "recorded-sketch.05"]

    visit(two, look)


def test_order(visit: Visit, one: Path) -> None:
    """Worst first to begin with; best first and by number on request; the unscored stand last by score."""

    async def look(page: Page) -> None:
        numbers = f"{SHOWN}.map((name) => Number(name.split('.')[1]))"
        assert await page.evaluate(numbers) == [1, 3, 4, 2, 6, 7, 8, 5]
        await page.get_by_label("Order").select_option("best")
        assert await page.evaluate(numbers) == [8, 7, 6, 2, 1, 3, 4, 5]
        await page.get_by_label("Order").select_option("number")
        assert await page.evaluate(numbers) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert page.url.endswith("#sort=number")

    visit(one, look)


def test_keys(visit: Visit, one: Path) -> None:
    """The keys j and k go on and back, Enter opens large, arrows and digits move there, Esc closes, / finds."""
    focused = "document.activeElement.id.split('.')[2]"

    async def look(page: Page) -> None:
        viewer = page.locator("dialog.viewer")
        for key, expected in (("j", "01"), ("j", "03"), ("ArrowDown", "04"), ("k", "03"), ("ArrowLeft", "01")):
            await page.keyboard.press(key)
            assert await page.evaluate(focused) == expected, key
        await page.keyboard.press("Enter")
        assert await viewer.is_visible()
        assert "attempt 01" in await viewer.inner_text()
        for _ in range(4):
            await page.keyboard.press("ArrowRight")
        assert "attempt 06" in await viewer.inner_text()
        assert await viewer.locator("img").get_attribute("alt") == "Attempt 06 after 3 s"
        await page.keyboard.press("1")
        assert await viewer.locator("img").get_attribute("alt") == "Attempt 06 after 0.1 s"
        assert "view=" in page.url
        await page.keyboard.press("Escape")
        assert not await viewer.is_visible()
        # The browser tells the page of the closing a moment later.
        await until(page, f"{focused} === '06'")
        assert page.url.endswith(".06")
        await page.keyboard.press("/")
        assert await page.evaluate("document.activeElement.name") == "q"
        await page.keyboard.type("jk/")
        assert await page.get_by_role("searchbox").input_value() == "jk/"
        await page.keyboard.press("Escape")
        assert await page.evaluate("document.activeElement === document.body")

    visit(one, look)


def test_pictures_open_large_and_back_closes(visit: Visit, one: Path) -> None:
    """A click on a frame shows that frame large with the findings beside it; an attempt without a picture says why."""

    async def look(page: Page) -> None:
        viewer = page.locator("dialog.viewer")
        await page.locator("article[id$='.06'] a.frame").nth(1).click()
        assert await viewer.locator("img").get_attribute("alt") == "Attempt 06 after 1 s"
        await until(page, "document.querySelector('dialog img').naturalWidth === 1280")
        await page.go_back()
        assert not await viewer.is_visible()
        await page.locator("article[id$='.03'] h4 a").click()
        assert "212 words of prose and no page." in await viewer.inner_text()
        await viewer.get_by_role("button", name="Close").click()
        assert not await viewer.is_visible()

    visit(one, look)


def test_the_plot_says_and_leads(visit: Visit, one: Path) -> None:
    """A dot under the pointer or focus says which attempt it is; arrows go along; a click goes there."""

    async def look(page: Page) -> None:
        dots = page.locator(".strip svg a[data-dot]")
        assert await dots.count() == 7
        await dots.nth(6).hover()
        peek = page.locator(".peek")
        assert await peek.is_visible()
        assert "attempt 08, passed" in await peek.inner_text()
        await dots.nth(0).focus()
        await page.keyboard.press("ArrowRight")
        assert "attempt 03, failed" in await peek.inner_text()
        assert await page.evaluate("document.querySelectorAll('.strip svg a[tabindex=\"0\"]').length") == 1
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "friends-apartment.recorded-compact.03"
        assert page.url.endswith("#friends-apartment.recorded-compact.03")
        marks = {await dots.nth(at).locator("use").get_attribute("href") for at in range(7)}
        assert marks == {"#mark.passed", "#mark.failed"}

    visit(one, look)


def test_a_link_to_an_attempt_arrives(visit: Visit, one: Path) -> None:
    """An address that names an attempt shows it at once, with the focus on it."""

    async def look(page: Page) -> None:
        await until(page, "document.activeElement.id === 'friends-apartment.recorded-compact.07'")
        top = await page.evaluate("document.activeElement.getBoundingClientRect().top")
        assert 0 <= top < 200

    visit(one, look, hash="#friends-apartment.recorded-compact.07")


def test_copy(visit: Visit, one: Path) -> None:
    """The button copies the sentence, or marks it where the clipboard is closed, and says which."""

    async def look(page: Page) -> None:
        await page.get_by_role("button", name="Copy the sentence").click()
        await page.get_by_text("Copied").or_(page.get_by_text("Marked")).wait_for()

    visit(one, look)


def test_without_script_everything_is_there(visit: Visit, two: Path) -> None:
    """With JavaScript off every attempt is visible, and no control is shown that would do nothing."""

    async def look(page: Page) -> None:
        articles = page.locator("article.attempt")
        assert await articles.count() == 16
        for at in range(16):
            assert await articles.nth(at).is_visible()
        assert not await page.locator("form").is_visible()
        assert await page.locator("button:visible").count() == 0
        await page.locator(".modes a").first.click()
        assert ".recorded-compact." in page.url

    visit(two, look, java_script_enabled=False)


def test_hostile_text_does_nothing(visit: Visit, shelf: Path, tmp_path: Path) -> None:
    """Hostile text in every field runs nothing, asks for nothing and hides nothing, in the page and in the sources."""
    made = run_of_strangers(tmp_path)
    index = gallery.write(shelf / "strangers", made.manifest, made.summary, made.results, made.assets)

    async def look(page: Page) -> None:
        assert await page.evaluate("window.pwned") is None
        assert await page.locator("article.attempt:visible").count() == 8
        assert await page.locator("iframe, base, article script, meta[http-equiv=refresh]").count() == 0
        wide = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1]
        await page.keyboard.press("j")
        await page.keyboard.press("Enter")
        assert await page.locator("dialog.viewer").is_visible()
        assert await page.evaluate("window.pwned") is None

    visit(index, look, viewport={"width": 390, "height": 800})

    async def look_at_source(page: Page) -> None:
        assert await page.evaluate("window.pwned") is None
        assert await page.locator("li").count() > 80

    visit(next(index.parent.rglob("source.html")), look_at_source)


def test_a_thousand_attempts_open_fast(visit: Visit, shelf: Path, tmp_path: Path) -> None:
    """A run of 1,000 shows its first picture soon and loads only the pictures that are near the screen."""
    made = many(tmp_path, n=1_000)
    index = gallery.write(shelf / "many", made.manifest, made.summary, made.results, made.assets)

    async def look(page: Page) -> None:
        assert await page.locator("article.attempt").count() == 1_000
        loaded = await page.evaluate("performance.getEntriesByType('resource').length")
        assert loaded < 60
        seconds = await page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
        assert seconds < 8
        await page.get_by_label("Outcome").select_option("passed")
        assert await page.get_by_text("of 1000 shown").last.is_visible()

    visit(index, look)
