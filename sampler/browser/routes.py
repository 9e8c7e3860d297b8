"""Answers every request of a page: its own files, the stand-in CDN, or a refusal. Nothing reaches a network."""

from __future__ import annotations

import asyncio
import hashlib
import json
import mimetypes
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from sampler.records import RenderTask, Request

if TYPE_CHECKING:
    from playwright.async_api import Route

    from sampler.browser.cdn import Cdn

ORIGIN = "http://scene.localhost"
"""A secure context, as a file that somebody opens or serves is one; plain http, so that http scripts load too."""

REQUESTS_KEPT = 500

_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".glb": "model/gltf-binary",
    ".gltf": "model/gltf+json",
    ".hdr": "image/vnd.radiance",
    ".exr": "image/x-exr",
    ".ktx2": "image/ktx2",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".woff2": "font/woff2",
}


class Site:
    """The only world that one page can reach, and the list of what it asked for."""

    def __init__(self, task: RenderTask, cdn: Cdn) -> None:
        """Answer for `task`: its document and files, or the files below its root."""
        self.requests: list[Request] = []
        self.asked = 0
        self.answering = 0
        """Requests that wait for us, not for the page: the watchdog does not count this time."""
        self.may_import_later = False
        """The page's own source has dynamic imports, which only the browser sees begin."""
        self._task = task
        self._cdn = cdn
        self._pool = ThreadPoolExecutor(1, "cdn")
        self._page = task.page or "index.html"

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"{ORIGIN}/{quote(self._page)}"

    def close(self) -> None:
        """Let the waiting answers go."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def note(self, request: Request) -> None:
        """Keep a request in the list, up to a bound."""
        self.asked += 1
        if len(self.requests) < REQUESTS_KEPT:
            self.requests.append(request)

    async def answer(self, route: Route) -> None:
        """Answer one request of the page."""
        request = route.request
        url, method, kind = request.url[:2000], request.method, request.resource_type
        self.answering += 1
        try:
            if url.startswith(ORIGIN + "/"):
                status, headers, body = self._own(url)
                outcome: str = "answered" if status < 400 else "missing"
                detail, suggestion = "", None
            elif method not in ("GET", "HEAD"):
                status, headers, body, outcome = 403, {}, b"", "refused"
                detail, suggestion = f"{method} requests are refused", None
            else:
                loop = asyncio.get_running_loop()
                answer = await loop.run_in_executor(self._pool, self._cdn.answer, url)
                status, headers, body, outcome = answer.status, answer.headers, answer.body, answer.outcome
                detail, suggestion = answer.detail, answer.suggestion
            if urlsplit(url).path == "/favicon.ico" and kind == "other":
                await route.fulfill(status=204, headers={}, body=b"")
                return
            self.note(
                Request(
                    url=url,
                    method=method,
                    kind=kind,
                    outcome=outcome,  # validated by the record
                    status=status,
                    detail=detail,
                    suggestion=suggestion,
                    sha256=hashlib.sha256(body).hexdigest() if outcome == "answered" else None,
                )
            )
            if outcome in ("answered", "missing"):
                await route.fulfill(status=status, headers=headers, body=body)
            elif kind == "document":
                await route.abort("aborted")  # the visitor stays; the browser's own error page would take its place
            else:
                await route.abort("blockedbyclient" if outcome == "refused" else "internetdisconnected")
        finally:
            self.answering -= 1

    def _own(self, url: str) -> tuple[int, dict[str, str], bytes]:
        path = unquote(urlsplit(url).path).lstrip("/")
        task = self._task
        body: bytes | None = None
        if task.document is not None:
            if path in ("", self._page):
                body, path = task.document.html.encode("utf-8", "surrogatepass"), self._page
            elif path in task.document.files:
                body = task.document.files[path].encode("utf-8", "surrogatepass")
        elif task.root is not None:
            body, path = _read_below(Path(task.root), path)
        if body is None:
            return 404, {"content-type": "text/plain; charset=utf-8"}, b"Not found"
        kind = _TYPES.get(Path(path).suffix.lower()) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        if path == self._page:
            kind = "text/html"
            body = self._prepared(body)
        if kind in ("text/html", "text/javascript") and re.search(rb"\bimport\s*\(", body):
            self.may_import_later = True
        if kind.startswith("text/"):
            kind += "; charset=utf-8"
        return 200, {"content-type": kind, "access-control-allow-origin": "*"}, body

    def _prepared(self, html: bytes) -> bytes:
        """The page as it was written, with the user's import map before its first script where one was given."""
        if not self._task.import_map:
            return html
        tag = f'<script type="importmap">{json.dumps(json.loads(self._task.import_map))}</script>'.encode()
        found = re.search(rb"<head[^>]*>|<html[^>]*>|<!doctype[^>]*>", html, re.IGNORECASE)
        at = found.end() if found else 0
        return html[:at] + tag + html[at:]


def _read_below(root: Path, path: str) -> tuple[bytes | None, str]:
    """A file below `root`, links followed only as long as they stay inside; None when there is none."""
    try:
        base = root.resolve(strict=True)
        target = (base / path).resolve(strict=True)
        if target.is_dir():
            target = (target / "index.html").resolve(strict=True)
        if not target.is_relative_to(base) or not target.is_file():
            return None, path
        return target.read_bytes(), target.relative_to(base).as_posix()
    except (OSError, ValueError):  # not there, a name too long for the system, a NUL in it
        return None, path
