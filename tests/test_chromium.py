"""The browser is found, installed, started in its sandbox without a network, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from playwright.async_api import async_playwright

from sampler.browser import chromium, launcher, place
from sampler.browser import find as finding
from sampler.errors import BrowserMissingError, BrowserUnusableError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from conftest import Ended, Program
    from playwright.async_api import Page, Route

T = TypeVar("T")

ADDRESS = "https://page.invalid/"


def run(look: Callable[[chromium.Launched], Awaitable[T]], *, sandbox: bool = True) -> T:
    """Launch, look, close."""

    async def whole() -> T:
        async with async_playwright() as playwright, chromium.launch(playwright, sandbox=sandbox) as launched:
            return await look(launched)

    return asyncio.run(whole())


async def page_of(launched: chromium.Launched, html: str) -> Page:
    """A page whose text is answered by request routing; nothing else is routed."""

    async def answer(route: Route) -> None:
        await route.fulfill(body=html, content_type="text/html")

    page = await launched.browser.new_page(viewport={"width": 320, "height": 240})
    await page.route(ADDRESS, answer)
    await page.goto(ADDRESS)
    return page


# --- launch ----------------------------------------------------------------------------------------


def processes_below(pid: int) -> list[int]:
    """The process and all its descendants."""
    found = [pid]
    for process in found:
        for task in Path(f"/proc/{process}/task").iterdir():
            found.extend(int(child) for child in (task / "children").read_text().split())
    return found


def user_of(pid: int) -> str:
    """The real user id of a process."""
    return Path(f"/proc/{pid}/status").read_text().split("\nUid:")[1].split()[0]


def home_of(pid: int) -> Path:
    """The folder of a browser's place, out of its command line: the last --user-data-dir counts."""
    return Path(re.findall(r"--user-data-dir=(\S+)/profile", Path(f"/proc/{pid}/cmdline").read_text())[-1])


@pytest.mark.browser
def test_sandbox_is_on_and_nobody_is_root(ended: Ended) -> None:
    """The sandbox is seen to be on, no process of the browser is root's, and all are gone afterwards."""

    async def look(launched: chromium.Launched) -> tuple[chromium.Launched, list[int], list[str]]:
        await page_of(launched, "<p>hello")
        pids = processes_below(launched.pid)
        return launched, pids, [user_of(p) for p in pids]

    launched, pids, users = run(look)
    assert launched.sandboxed
    assert launched.version.split(".")[0].isdecimal()
    assert len(pids) >= 4
    assert "0" not in users
    assert all(map(ended, pids))


@pytest.mark.browser
def test_a_browser_that_is_not_sandboxed_is_refused(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, program: Program
) -> None:
    """A browser that runs without the sandbox it was told to use is found out, and the message names the way round."""
    found = chromium.find()
    assert found is not None
    loose = program(open_folder / "loose", f'exec {found.executable} --no-sandbox "$@"')
    monkeypatch.setenv(finding.OVERRIDE, str(loose))

    async def look(launched: chromium.Launched) -> bool:
        return launched.sandboxed

    with pytest.raises(BrowserUnusableError, match="--no-sandbox"):
        run(look)
    assert run(look, sandbox=False) is False


def test_no_user_namespaces(open_folder: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Where the system allows no sandbox, one sentence says so and names --no-sandbox."""
    refusing = program(open_folder / "refusing", "echo '[1:1:FATAL:zygote.cc(1)] No usable sandbox!' >&2; exit 1")
    monkeypatch.setenv(finding.OVERRIDE, str(refusing))
    with pytest.raises(BrowserUnusableError, match=r"no usable sandbox.*pass --no-sandbox to go without") as caught:
        run(nothing)
    assert "\n" not in str(caught.value)


async def nothing(_: chromium.Launched) -> None:
    """Do nothing with a browser."""


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        ("exit 3", "did not start"),
        ("echo 'chrome: error while loading shared libraries: libnss3.so: cannot open' >&2; exit 127", "libnss3.so"),
        ("sleep 60", "did not start within"),
    ],
)
def test_a_browser_that_does_not_start(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, behaviour: str, said: str, program: Program
) -> None:
    """A browser that ends, lacks a library or hangs at the start is one sentence, and leaves nothing running."""
    monkeypatch.setattr(launcher, "START_SECONDS", 2.0)
    monkeypatch.setenv(finding.OVERRIDE, str(program(open_folder / "broken", behaviour)))
    with pytest.raises(BrowserUnusableError, match=said) as caught:
        run(nothing)
    assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("bare")
def test_no_browser_at_all() -> None:
    """Without a browser the message names the command that gets one."""
    with pytest.raises(BrowserMissingError, match="run `sampler install`"):
        run(nothing)


@pytest.mark.browser
def test_the_browser_gets_no_key(open_folder: Path, monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    """Keys and proxies in our environment do not reach the browser's."""
    found = chromium.find()
    assert found is not None
    telling = program(open_folder / "telling", f'env >"$HOME/environment"\nexec {found.executable} "$@"')
    monkeypatch.setenv(finding.OVERRIDE, str(telling))
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-not-for-pages")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.invalid:1")

    async def look(launched: chromium.Launched) -> str:
        return await asyncio.to_thread((home_of(launched.pid) / "environment").read_text)

    environment = run(look)
    assert "HOME=" in environment
    assert "sk-not-for-pages" not in environment
    assert "proxy.invalid" not in environment


ESCAPES = (Path(__file__).parent / "hostile" / "escapes.html").read_text("utf-8")


@pytest.mark.browser
def test_no_way_out_even_without_routing() -> None:
    """A page that routing lets through still reaches no TCP port, no UDP port and no host, by any of nine ways."""
    with ports() as (tcp, udp):

        async def look(launched: chromium.Launched) -> list[str]:
            page = await page_of(launched, ESCAPES)
            reached: list[str] = await page.evaluate("ports => escape(...ports)", [port(tcp), port(udp)])
            return reached

        assert run(look) == []
        assert arrivals(tcp, udp) == (0, 0)
        # The listeners do hear, or the zeros above would say nothing.
        with socket.create_connection(tcp.getsockname()), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b"x", udp.getsockname())
            assert arrivals(tcp, udp) == (1, 1)


@contextmanager
def ports() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A TCP listener and a UDP socket on loopback."""
    with (
        socket.create_server(("127.0.0.1", 0), backlog=64) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(("127.0.0.1", 0))
        tcp.settimeout(0.2)
        udp.settimeout(0.2)
        yield tcp, udp


def port(of: socket.socket) -> int:
    """The port a socket is bound to."""
    number: int = of.getsockname()[1]
    return number


def arrivals(tcp: socket.socket, udp: socket.socket) -> tuple[int, int]:
    """How many connections and datagrams have come since the last call."""
    connections = datagrams = 0
    try:
        while True:
            tcp.accept()[0].close()
            connections += 1
    except TimeoutError:
        pass
    try:
        while True:
            udp.recv(65536)
            datagrams += 1
    except TimeoutError:
        return connections, datagrams


@pytest.mark.browser
def test_same_page_same_bytes() -> None:
    """Text, gradients and WebGL give the same picture to the byte in two browsers started one after the other."""
    html = (Path(chromium.__file__).parent / "triangle.html").read_text("utf-8")
    html += "<p style='font: 17px serif; background: linear-gradient(red, blue)'>Hamburgefonstiv</p>"
    html += "<script>draw()</script>"

    async def look(launched: chromium.Launched) -> bytes:
        return await (await page_of(launched, html)).screenshot()

    first = run(look)
    assert first.startswith(b"\x89PNG")
    assert run(look) == first


@pytest.mark.browser
def test_two_at_once_do_not_meet() -> None:
    """Two browsers have folders of their own, and under root users of their own; the end of one leaves the other."""

    async def whole() -> tuple[set[Path], set[str], str]:
        async with async_playwright() as playwright, chromium.launch(playwright) as lasting:
            async with chromium.launch(playwright) as brief:
                homes = {home_of(each.pid) for each in (lasting, brief)}
                users = {user_of(each.pid) for each in (lasting, brief)}
            page = await page_of(lasting, "<title>alive</title>")
            return homes, users, await page.title()

    homes, users, title = asyncio.run(whole())
    assert len(homes) == 2
    assert len(users) == (2 if os.geteuid() == 0 else 1)
    assert title == "alive"


KILLED = textwrap.dedent(
    """
    import asyncio, sys
    from playwright.async_api import async_playwright
    from sampler.browser import chromium

    async def main():
        async with async_playwright() as playwright, chromium.launch(playwright) as launched:
            print(launched.pid, flush=True)
            await asyncio.sleep(120)

    asyncio.run(main())
    """
)


@pytest.mark.browser
def test_what_a_killed_run_leaves_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ended: Ended) -> None:
    """After kill -9 of a run and its driver, the browser ends, and the next claim of the place removes its folder."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)  # read the variable again
    with subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True, process_group=0) as killed:
        assert killed.stdout is not None
        pid = int(killed.stdout.readline())
        home = home_of(pid)
        assert (home / "profile").is_dir()
        os.killpg(killed.pid, signal.SIGKILL)
    assert ended(pid)
    number = home.name.split("-")[0]
    with ExitStack() as stack:
        # Other runs may hold the places before it, so claim until its turn has come.
        while stack.enter_context(place.claim()).folder.name.split("-")[0] != number:
            assert home.exists()
        assert not home.exists()


def test_a_process_left_in_a_place_is_ended() -> None:
    """Leaving a place kills what still runs in it."""
    with place.claim() as claimed:
        marker = str(claimed.folder / "profile")
        command = ["sh", "-c", "sleep 60; true", marker]
        left = subprocess.Popen(command, user=claimed.uid) if claimed.uid else subprocess.Popen(command)
        time.sleep(0.3)
        assert left.poll() is None
    assert left.wait(5) == -signal.SIGKILL


def test_processes_of_other_places_are_left_alone() -> None:
    """A process of a place's user, as in a container that is seen from here, is ended only if it runs in the place."""
    with place.claim() as claimed:
        other = f"{claimed.folder.with_name(claimed.folder.name[:-1])}/profile"
        bystander = subprocess.Popen(["sh", "-c", "sleep 60; true", other], user=claimed.uid)
        time.sleep(0.3)
    try:
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait(5)


def test_a_place_that_somebody_else_made_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the right name that is a link (anybody could make one in a shared folder) is not trusted."""
    shared = tmp_path / "shared"
    shared.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (shared / f"floorshot-browsers-{os.geteuid()}").symlink_to(tmp_path / "elsewhere")
    monkeypatch.setattr(tempfile, "tempdir", str(shared))
    with place.claim() as claimed:
        assert not claimed.folder.is_relative_to(shared)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_users_of_places() -> None:
    """Root gives each browser a user of its own, or the last one there is; only with leave does it go on as itself."""
    assert set(place.users([range(2**32)], root=False, as_root=False)) == {None}
    many = place.users([range(2**32)], root=True, as_root=False)
    assert len(set(many)) == len(many) > 200
    assert 0 not in many
    assert set(place.users([range(1), range(65534, 65536)], root=True, as_root=False)) == {65534}
    assert set(place.users([range(1)], root=True, as_root=True)) == {None}
    with pytest.raises(BrowserUnusableError, match="--no-sandbox"):
        place.users([range(1)], root=True, as_root=False)


# --- doctor ----------------------------------------------------------------------------------------


@pytest.mark.browser
def test_doctor_of_a_fit_browser(tmp_path: Path) -> None:
    """A fit browser is sandboxed, draws the known triangle in software, and has no problem; the cache is measured."""
    (tmp_path / "three").mkdir()
    (tmp_path / "three" / "three.js").write_bytes(b"x" * 1234)
    facts = chromium.doctor(tmp_path)
    assert facts.problem is None
    assert facts.usable
    assert facts.triangle
    assert facts.sandboxed
    assert "SwiftShader" in (facts.renderer or "")
    assert facts.cache_bytes == 1234


@pytest.mark.usefixtures("bare")
def test_doctor_without_a_browser(tmp_path: Path) -> None:
    """Without a browser doctor does not fail: it says what is missing."""
    facts = chromium.doctor(tmp_path / "nothing")
    assert not facts.usable
    assert facts.problem == "Chromium was not found; run `sampler install`"
    assert facts.cache_bytes == 0


@pytest.mark.browser
def test_doctor_of_a_browser_that_draws_nothing(
    open_folder: Path, monkeypatch: pytest.MonkeyPatch, program: Program
) -> None:
    """A browser without WebGL is not fit, and the problem says so."""
    found = chromium.find()
    assert found is not None
    blind = program(open_folder / "blind", f'exec {found.executable} "$@" --disable-3d-apis')
    monkeypatch.setenv(finding.OVERRIDE, str(blind))
    facts = chromium.doctor(open_folder)
    assert facts.executable == str(blind)
    assert not facts.webgl2
    assert "gives no WebGL 2 context" in (facts.problem or "")
