"""What npm does not hold is fetched by the program from listed public hosts only, within bounds, and kept."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import httpx
import pytest

from sampler.browser.cdn import Cdn
from sampler.browser.cdn import assets as assets_module
from sampler.browser.cdn.npmrc import NpmSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CRATE = "https://threejs.org/examples/textures/crate.gif"
SETTINGS = NpmSettings(registry="http://127.0.0.1:9/")


class World:
    """The public network as a test makes it: handler, addresses of hosts, list of what was asked."""

    def __init__(self) -> None:
        """One that answers every address with a picture."""
        self.asked: list[str] = []
        self.address = "8.8.8.8"
        """Where every host's name leads."""
        self.handler: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(
            200,
            content=b"GIF89a",
            headers={"content-type": "image/gif", "set-cookie": "a=b", "x-frame-options": "DENY"},
        )

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Note the request and answer it."""
        self.asked.append(str(request.url))
        return self.handler(request)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A network in the place of the real one."""
    made = World()
    monkeypatch.setattr(assets_module, "client", lambda *_: httpx.Client(transport=httpx.MockTransport(made.handle)))
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, **_: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (made.address, port))] if host else [],
    )
    return made


def test_an_asset_is_fetched_once_and_kept(world: World, tmp_path: Path) -> None:
    """A texture is fetched over https, kept with its type, and answered offline from then on."""
    for url in (CRATE, CRATE.replace("https", "http"), CRATE):
        answer = Cdn(tmp_path, settings=SETTINGS).answer(url)
        assert (answer.outcome, answer.body) == ("answered", b"GIF89a")
        assert answer.headers["content-type"] == "image/gif"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "set-cookie" not in answer.headers
    assert Cdn(tmp_path, offline=True, settings=SETTINGS).answer(CRATE).body == b"GIF89a"
    assert world.asked == [CRATE]


def test_the_query_is_part_of_an_asset(world: World, tmp_path: Path) -> None:
    """Two style sheets of one path and different queries are two assets."""
    world.handler = lambda request: httpx.Response(200, content=request.url.query, headers={"content-type": "text/css"})
    cdn = Cdn(tmp_path, settings=SETTINGS)
    for family in ("Inter", "Lato"):
        assert cdn.answer(f"https://fonts.googleapis.com/css2?family={family}").body == f"family={family}".encode()


def test_an_asset_that_is_missing_is_a_404(world: World, tmp_path: Path) -> None:
    """The host's own 404 is handed on and kept: the page asked for what is not there."""
    world.handler = lambda _: httpx.Response(404, content=b"<h1>gone</h1>", headers={"content-type": "text/html"})
    for _ in range(2):
        answer = Cdn(tmp_path, settings=SETTINGS).answer(CRATE)
        assert (answer.status, answer.outcome, answer.body) == (404, "missing", b"<h1>gone</h1>")
    assert len(world.asked) == 1


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/crate.gif",
        "http://threejs.org/plain.gif",
        "https://threejs.org:8443/crate.gif",
        "https://user@threejs.org/crate.gif",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_does_not_leave_the_list(world: World, tmp_path: Path, target: str) -> None:
    """A redirect to another host, scheme or port is not followed, and nothing is kept."""
    world.handler = lambda _: httpx.Response(302, headers={"location": target})
    answer = Cdn(tmp_path, settings=SETTINGS).answer(CRATE)
    assert (answer.outcome, world.asked) == ("unavailable", [CRATE])
    assert "not on the list" in answer.detail
    assert not (tmp_path / "assets").exists()


def test_a_redirect_within_the_list_is_followed(world: World, tmp_path: Path) -> None:
    """picsum.photos sends its pictures from another of its hosts."""
    picture = "https://fastly.picsum.photos/id/1/200/300.jpg"
    world.handler = lambda request: (
        httpx.Response(302, headers={"location": picture})
        if request.url.host == "picsum.photos"
        else httpx.Response(200, content=b"JPEG", headers={"content-type": "image/jpeg"})
    )
    assert Cdn(tmp_path, settings=SETTINGS).answer("https://picsum.photos/200/300").body == b"JPEG"


def test_redirects_end(world: World, tmp_path: Path) -> None:
    """A host that redirects to itself for ever is left after a few."""
    world.handler = lambda _: httpx.Response(302, headers={"location": CRATE})
    assert Cdn(tmp_path, settings=SETTINGS).answer(CRATE).outcome == "unavailable"
    assert len(world.asked) <= 6


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.5", "192.168.1.1", "169.254.169.254", "::1", "fe80::1%eth0"])
def test_a_listed_name_does_not_lead_into_the_private_network(world: World, tmp_path: Path, address: str) -> None:
    """A listed host whose name leads to a private address is not asked."""
    world.address = address
    answer = Cdn(tmp_path, settings=SETTINGS).answer(CRATE)
    assert (answer.outcome, world.asked) == ("unavailable", [])
    assert "not public" in answer.detail


def test_an_asset_has_a_size(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More bytes than an asset may have are not read to the end, and nothing is kept."""
    monkeypatch.setattr(assets_module, "MAX_BYTES", 1000)
    world.handler = lambda _: httpx.Response(200, content=b"x" * 5000)
    answer = Cdn(tmp_path, settings=SETTINGS).answer(CRATE)
    assert answer.outcome == "unavailable"
    assert not (tmp_path / "assets").exists()


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_in_trouble_is_nobodys_fault(world: World, tmp_path: Path, status: int) -> None:
    """A host that is overloaded or broken makes the answer `unavailable`, and is asked again next time."""
    world.handler = lambda _: httpx.Response(status)
    cdn = Cdn(tmp_path, settings=SETTINGS)
    assert [cdn.answer(CRATE).outcome for _ in range(2)] == ["unavailable", "unavailable"]
    assert len(world.asked) == 2


def test_an_unreachable_host_is_not_tried_again_and_again(world: World, tmp_path: Path) -> None:
    """Once a host cannot be connected to, its other files are `unavailable` at once."""

    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route", request=request)

    world.handler = fail
    cdn = Cdn(tmp_path, settings=SETTINGS)
    for number in range(5):
        answer = cdn.answer(f"https://threejs.org/examples/textures/{number}.png")
        assert (answer.outcome, answer.suggestion) == ("unavailable", None)
        assert "threejs.org cannot be reached" in answer.detail
    assert len(world.asked) == 1


def test_a_damaged_asset_is_fetched_anew(world: World, tmp_path: Path) -> None:
    """A kept file that no longer has its hash is fetched again."""
    assert Cdn(tmp_path, settings=SETTINGS).answer(CRATE).outcome == "answered"
    (kept,) = (tmp_path / "assets").glob("*.bin")
    kept.write_bytes(b"other")
    assert Cdn(tmp_path, settings=SETTINGS).answer(CRATE).body == b"GIF89a"
    assert len(world.asked) == 2
