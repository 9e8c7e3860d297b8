"""What npm does not hold: textures, models, web fonts, fetched once by the program and kept.

Only from the hosts listed here, only by https GET, bounded in bytes and time, and only where the
host's name leads to public addresses. A page never reaches any of them itself.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies

import httpx

from sampler.browser.cdn.answer import CORS, Answer, Missing, Refused, Unavailable
from sampler.browser.cdn.registry import PER_MINUTE, Pace, client

if TYPE_CHECKING:
    from sampler.browser.cdn.cache import Cache
    from sampler.browser.cdn.npmrc import NpmSettings
    from sampler.browser.cdn.url import Url

MAX_BYTES = 32 * 2**20
TOTAL_SECONDS = 30.0
MAX_REDIRECTS = 4
_DOWN_SECONDS = 300.0

HOSTS = frozenset(
    {
        "threejs.org",
        "raw.githubusercontent.com",
        "mrdoob.github.io",
        "cdn.jsdelivr.net",
        "raw.githack.com",
        "rawcdn.githack.com",
        "cdn.statically.io",
        "fonts.googleapis.com",
        "fonts.gstatic.com",
        "cdn.tailwindcss.com",
        "picsum.photos",
        "fastly.picsum.photos",
        "placehold.co",
        "via.placeholder.com",
        "images.unsplash.com",
        "upload.wikimedia.org",
        "dl.polyhaven.org",
        "playground.babylonjs.com",
        "assets.babylonjs.com",
        "cdn.babylonjs.com",
        "code.jquery.com",
        "use.fontawesome.com",
        "www.gstatic.com",
        "threejsfundamentals.org",
        "stemkoski.github.io",
        "s3-us-west-2.amazonaws.com",
        "i.imgur.com",
    }
)
"""Public hosts that pages load files from."""
_KEPT_HEADERS = ("content-type",)


class Assets:
    """Files by address; safe to use from several threads."""

    hosts = HOSTS

    def __init__(self, cache: Cache, settings: NpmSettings, *, offline: bool) -> None:
        """Keep what was fetched in `cache`; the proxy and certificates are those of the registry."""
        self._cache = cache
        self._settings = settings
        self._offline = offline
        # Behind a proxy it is the proxy that looks names up.
        self._direct = settings.proxy is None and not getproxies().keys() & {"https", "all"}
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._down: dict[str, tuple[float, str]] = {}
        self._pace = Pace(PER_MINUTE)

    def answer(self, url: Url) -> Answer:
        """The file at an address. Raises Missing, Unavailable, Refused."""
        if url.host not in HOSTS:
            raise Refused(f"{url.host} is not a host that pages may load from")
        address = f"https://{url.host}{urlsplit(url.text).path or '/'}{url.search}"
        key = hashlib.sha256(address.encode()).hexdigest()
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            known = self._stored(key)
            if known is None:
                known = self._fetched(address, key)
        status, mime, body = known
        if status >= 400:
            text = body.decode("utf-8", "replace")
            raise Missing(f"{url.host} has no {url.path} (HTTP {status})", text=text, status=status, mime=mime)
        headers = {**CORS, "content-type": mime, "cache-control": "public, max-age=31536000"}
        return Answer(status=200, headers=headers, body=body, outcome="answered", detail=address)

    def _stored(self, key: str) -> tuple[int, str, bytes] | None:
        about, body = self._cache.read("assets", key, ".json"), self._cache.read("assets", key, ".bin")
        if about is None or body is None:
            return None
        try:
            record = json.loads(about)
            if record["sha256"] == hashlib.sha256(body).hexdigest():
                return int(record["status"]), str(record["content-type"]), body
        except (ValueError, TypeError, KeyError):
            pass
        self._cache.remove("assets", key, ".json")
        return None

    def _fetched(self, address: str, key: str) -> tuple[int, str, bytes]:
        host = urlsplit(address).hostname or ""
        if self._offline:
            raise Unavailable(f"{address} is not in the cache, and the network is off")
        since, why = self._down.get(host, (0.0, ""))
        if why and time.monotonic() - since < _DOWN_SECONDS:
            raise Unavailable(why)
        if not self._pace.allows():
            raise Unavailable(f"more than {PER_MINUTE} assets were asked for in a minute")
        try:
            status, mime, body = self._get(address)
        except (httpx.HTTPError, OSError) as error:
            why = f"{host} cannot be reached from here: {str(error) or type(error).__name__}"
            self._down[host] = (time.monotonic(), why)
            raise Unavailable(why) from error
        record = {
            "url": address,
            "status": status,
            "content-type": mime,
            "sha256": hashlib.sha256(body).hexdigest(),
            "fetched_at": time.time(),
        }
        self._cache.write("assets", key, ".bin", body)
        self._cache.write("assets", key, ".json", json.dumps(record).encode())
        return status, mime, body

    def _get(self, address: str) -> tuple[int, str, bytes]:
        started = time.monotonic()
        for _ in range(MAX_REDIRECTS + 1):
            _allowed(address, direct=self._direct)
            with self._ready_client().stream("GET", address, follow_redirects=False) as response:
                if response.has_redirect_location:
                    address = urljoin(address, response.headers["location"])
                    continue
                if response.status_code in {408, 425, 429} or response.status_code >= 500:
                    raise Unavailable(f"{urlsplit(address).hostname} answered with HTTP {response.status_code}")
                body = bytearray()
                for chunk in response.iter_bytes():
                    body += chunk
                    if len(body) > MAX_BYTES:
                        raise Unavailable(f"{address} is larger than {MAX_BYTES >> 20} MB")
                    if time.monotonic() - started > TOTAL_SECONDS:
                        raise Unavailable(f"{address} took longer than {TOTAL_SECONDS:.0f} seconds")
                mime = response.headers.get("content-type", "application/octet-stream")
                return response.status_code, mime, bytes(body)
        raise Unavailable(f"{address} is at the end of more than {MAX_REDIRECTS} redirects")

    def _ready_client(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = client(self._settings, httpx.Timeout(10.0, connect=5.0))
            return self._client


def _allowed(address: str, *, direct: bool) -> None:
    """Refuse a redirect that leaves the list, https, or the public part of the network."""
    parts = urlsplit(address)
    if parts.scheme != "https" or parts.hostname not in HOSTS or parts.port not in {None, 443} or parts.username:
        raise Unavailable(f"a redirect leads to {parts.scheme}://{parts.netloc}, which is not on the list")
    if not direct:
        return
    for *_, place in socket.getaddrinfo(parts.hostname, 443, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(str(place[0]).partition("%")[0]).is_global:
            raise Unavailable(f"{parts.hostname} leads to an address that is not public")
