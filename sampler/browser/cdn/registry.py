"""The npm registry over HTTP: what versions there are, and their tarballs, checked before anyone sees them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

import httpx

from sampler.browser.cdn.answer import RegistryUnavailable
from sampler.errors import IntegrityError

if TYPE_CHECKING:
    from sampler.browser.cdn.npmrc import NpmSettings

MAX_PACKUMENT = 96 * 2**20
"""Bytes of a list of versions."""
MAX_TARBALL = 128 * 2**20
"""Bytes of a tarball."""
ATTEMPTS = 3
PER_MINUTE = 240
"""Requests of one process: no page makes the program flood a host."""
_DOWN_SECONDS = 300.0
"""How long a registry that could not be reached is not tried again."""
_NOTHING = frozenset({400, 404, 405, 410, 422, 451})
"""Statuses that say that there is no such package."""


class Pace:
    """Counts requests, and allows so many in any minute."""

    def __init__(self, per_minute: int) -> None:
        """Allow `per_minute`."""
        self._times: deque[float] = deque(maxlen=per_minute)
        self._lock = threading.Lock()

    def allows(self) -> bool:
        """Whether one more may be made now; if so, it is counted."""
        with self._lock:
            now = time.monotonic()
            if len(self._times) == self._times.maxlen and now - self._times[0] < 60:
                return False
            self._times.append(now)
            return True


class Registry:
    """GET only, bounded in bytes and time; safe to use from several threads."""

    def __init__(self, settings: NpmSettings, *, read_seconds: float = 20.0, total_seconds: float = 120.0) -> None:
        """Use the user's settings; a server may be silent for `read_seconds` and take `total_seconds` in all."""
        self.settings = settings
        self._timeout = httpx.Timeout(read_seconds, connect=min(10.0, read_seconds))
        self._total_seconds = total_seconds
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()
        self._down: dict[str, tuple[float, str]] = {}
        self._pace = Pace(PER_MINUTE)

    def packument(self, name: str) -> dict[str, Any] | None:
        """All versions of a package with their hashes, or None where the registry has no such package.

        Raises RegistryUnavailable where the registry cannot be reached or does not answer as one.
        """
        url = self.settings.registry_of(name) + quote(name, safe="@")
        body = self._get(
            url, MAX_PACKUMENT, {"accept": "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"}
        )
        if body is None:
            return None
        try:
            packument = json.loads(body)
        except ValueError as error:
            raise RegistryUnavailable(f"{_host(url)} answered for {name} with something that is no JSON") from error
        if not isinstance(packument, dict) or not isinstance(packument.get("versions"), dict):
            raise RegistryUnavailable(f"{_host(url)} answered for {name} with something that is no list of versions")
        return packument

    def tarball(self, name: str, dist: dict[str, Any]) -> bytes:
        """The checked bytes of one version.

        `dist` is the registry's own record: address, `integrity` (or the older `shasum`). Raises
        IntegrityError where they do not fit, RegistryUnavailable where the registry cannot be reached.
        """
        url = self._own_address(name, str(dist.get("tarball", "")))
        body = self._get(url, MAX_TARBALL, {})
        if body is None:
            raise RegistryUnavailable(f"{_host(url)} lists {name} but has no {url}")
        verify(body, dist, url)
        return body

    def _own_address(self, name: str, url: str) -> str:
        """The tarball's address on the registry in use; as npm does, the public one's name stands for any mirror."""
        registry = urlsplit(self.settings.registry_of(name))
        parts = urlsplit(url)
        if parts.hostname == "registry.npmjs.org" and registry.hostname != parts.hostname:
            path = registry.path.rstrip("/") + parts.path
            return urlunsplit((registry.scheme, registry.netloc, path, parts.query, ""))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise IntegrityError(f"the registry names no usable address for {name}: {url[:200]!r}")
        return url

    def _get(self, url: str, limit: int, headers: dict[str, str]) -> bytes | None:
        host = _host(url)
        since, why = self._down.get(host, (0.0, ""))
        if why and time.monotonic() - since < _DOWN_SECONDS:
            raise RegistryUnavailable(why)
        if not self._pace.allows():
            raise RegistryUnavailable(f"{host} was asked for more than {PER_MINUTE} things in a minute")
        authorization = self.settings.authorization_for(url)
        if authorization:
            headers = {**headers, "authorization": authorization}
        for attempt in range(ATTEMPTS):
            try:
                return self._get_once(url, limit, headers)
            except (httpx.TransportError, httpx.HTTPStatusError, httpx.TooManyRedirects) as error:
                last = error
                if attempt + 1 == ATTEMPTS or isinstance(error, httpx.ConnectTimeout):
                    break
                time.sleep(0.25 * 2**attempt)
            except httpx.DecodingError as error:
                raise RegistryUnavailable(f"{host} sent something that cannot be decoded") from error
        what = f"HTTP {last.response.status_code}" if isinstance(last, httpx.HTTPStatusError) else _reason(last)
        why = f"the npm registry {host} cannot be reached: {what}"
        if isinstance(last, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError):
            self._down[host] = (time.monotonic(), why)
        raise RegistryUnavailable(why) from last

    def _get_once(self, url: str, limit: int, headers: dict[str, str]) -> bytes | None:
        started = time.monotonic()
        with self._ready_client().stream("GET", url, headers=headers) as response:
            if response.status_code in _NOTHING:
                return None
            if response.status_code in {401, 403}:
                raise RegistryUnavailable(
                    f"{_host(url)} refused access (HTTP {response.status_code}); check npm's token for it"
                )
            response.raise_for_status()
            if not response.is_success:
                raise RegistryUnavailable(f"{_host(url)} answered with HTTP {response.status_code}")
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > limit:
                    raise RegistryUnavailable(f"{_host(url)} sent more than {limit >> 20} MB")
                if time.monotonic() - started > self._total_seconds:
                    raise RegistryUnavailable(f"{_host(url)} took longer than {self._total_seconds:.0f} seconds")
            return bytes(body)

    def _ready_client(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = client(self.settings, self._timeout)
            return self._client


def client(settings: NpmSettings, timeout: httpx.Timeout) -> httpx.Client:
    """An HTTP client with the user's proxy and certificates; proxies of the environment hold where npm has none."""
    verify: ssl.SSLContext | bool = settings.verify
    if settings.verify and settings.ca_file:
        try:
            verify = ssl.create_default_context(cafile=settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise RegistryUnavailable(f"npm's cafile {settings.ca_file} cannot be read: {error}") from error
    mounts: dict[str, httpx.BaseTransport | None] = {}
    if settings.proxy:
        mounts["all://"] = httpx.HTTPTransport(proxy=settings.proxy, verify=verify)
        direct = {f"all://{'*' if host.startswith('.') else ''}{host}" for host in settings.no_proxy}
        mounts.update(dict.fromkeys(direct))
    return httpx.Client(
        timeout=timeout,
        verify=verify,
        mounts=mounts,
        follow_redirects=True,
        max_redirects=5,
        # Requests are few and far between: no connection stays open for the next.
        limits=httpx.Limits(max_keepalive_connections=0),
        headers={"user-agent": "floorshot"},
    )


def verify(body: bytes, dist: dict[str, Any], url: str) -> None:
    """Check a tarball against its `integrity` (the strongest hash of it) or `shasum`; raises IntegrityError."""
    promised = [entry.split("?")[0].partition("-") for entry in str(dist.get("integrity") or "").split()]
    for algorithm in ("sha512", "sha384", "sha256", "sha1"):
        wanted = [value for name, _, value in promised if name == algorithm]
        if wanted:
            given = base64.b64encode(hashlib.new(algorithm, body).digest()).decode()
            break
    else:
        wanted = [str(dist["shasum"]).lower()] if dist.get("shasum") else []
        given = hashlib.sha1(body, usedforsecurity=False).hexdigest()
    if not any(hmac.compare_digest(given, value) for value in wanted):
        problem = "is not what the registry promised" if wanted else "comes without a hash to check it by"
        raise IntegrityError(f"{url} {problem}; it was thrown away")


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
