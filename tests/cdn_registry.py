"""A loopback npm registry with real tarballs, and with every fault that a registry can have."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from sampler.browser.cdn.npmrc import NpmSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

Files = dict[str, str | bytes]


def tarball(files: Files, *, folder: str = "package", extra: tuple[tarfile.TarInfo, ...] = ()) -> bytes:
    """A tar.gz as npm makes them; `extra` members (links, devices) have no content."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for path, text in files.items():
            content = text.encode() if isinstance(text, str) else text
            member = tarfile.TarInfo(path if path.startswith(("/", "..")) else f"{folder}/{path}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for member in extra:
            archive.addfile(member)
    return buffer.getvalue()


@dataclass
class Reply:
    """What the registry says to one path instead of the right answer."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drip_seconds: float = 0
    """Send one byte, wait so long, send the next."""
    times: int = 1_000_000
    """After so many, the right answer again."""


class Registry:
    """Packages by name and version; `asked` lists the paths of all requests."""

    def __init__(self) -> None:
        """Empty, on a free port of 127.0.0.1."""
        self.asked: list[str] = []
        self.seen_authorization: dict[str, str | None] = {}
        self.faults: dict[str, Reply] = {}
        self.packuments: dict[str, dict[str, Any]] = {}
        self.tarballs: dict[str, bytes] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Address, with a slash."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    @property
    def settings(self) -> NpmSettings:
        """Settings of npm that lead here and nowhere else."""
        return NpmSettings(registry=self.url)

    def publish(self, name: str, version: str, files: Files, *, latest: bool = True, **dist: Any) -> str:
        """Add a version; `dist` overrides the registry's record of it. Gives the tarball's path."""
        manifest = {"name": name, "version": version}
        given = files.get("package.json")
        if given is not None:
            manifest |= json.loads(given)
        return self.publish_tarball(
            name, version, tarball({**files, "package.json": json.dumps(manifest)}), latest=latest, **dist
        )

    def publish_tarball(self, name: str, version: str, data: bytes, *, latest: bool = True, **dist: Any) -> str:
        """As `publish`, with bytes of one's own."""
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self.tarballs[path] = data
        packument = self.packuments.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        record: dict[str, Any] = {
            "tarball": self.url.rstrip("/") + path,
            "integrity": "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode(),
            "shasum": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        }
        record = {key: value for key, value in (record | dist).items() if value is not None}
        packument["versions"][version] = {"name": name, "version": version, "dist": record}
        if latest:
            packument["dist-tags"]["latest"] = version
        return path

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def _handler(registry) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's below
        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                path = unquote(self.path)
                registry.asked.append(path)
                registry.seen_authorization[path] = self.headers.get("authorization")
                reply = registry.faults.get(path)
                if reply is not None and reply.times > 0:
                    reply.times -= 1
                    self._send(reply)
                elif path in registry.tarballs:
                    self._send(Reply(body=registry.tarballs[path]))
                elif path.lstrip("/") in registry.packuments:
                    self._send(Reply(body=json.dumps(registry.packuments[path.lstrip("/")]).encode()))
                else:
                    self._send(Reply(status=404, body=b'{"error": "not_found"}'))

            def _send(self, reply: Reply) -> None:
                try:
                    self.send_response(reply.status)
                    for name, value in reply.headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(reply.body)))
                    self.end_headers()
                    step = 1 if reply.drip_seconds else len(reply.body) or 1
                    for at in range(0, len(reply.body), step):
                        self.wfile.write(reply.body[at : at + step])
                        time.sleep(reply.drip_seconds)
                except OSError:
                    self.close_connection = True  # the client has had enough

        return Handler


@contextmanager
def registry() -> Iterator[Registry]:
    """A registry for the time of a test."""
    served = Registry()
    try:
        yield served
    finally:
        served.close()
