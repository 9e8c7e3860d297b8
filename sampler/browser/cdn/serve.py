"""A file of a package as a response, with its own relative addresses still right after a redirect.

The browser is never sent a redirect: whoever intercepts its requests sees only the first of a
chain. The program follows it instead, and writes out in full what the file says relative to its
real address, so that the page loads the same files, and the same module instances, as it would.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sampler.browser.cdn import mime as mimes
from sampler.browser.cdn.answer import Answer, answered

if TYPE_CHECKING:
    from sampler.browser.cdn.assets import Assets
    from sampler.browser.cdn.javascript import Scans
    from sampler.browser.cdn.library import Library
    from sampler.browser.cdn.package import Package

_CSS_ADDRESS = re.compile(rb"""(url\(\s*["']?|@import\s+["'])([^"')\s]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where hosts get what they answer with."""

    library: Library
    scans: Scans
    assets: Assets


def file(sources: Sources, package: Package, path: str, *, asked: str, at: str, mime: str | None = None) -> Answer:
    """The file at `path` for a page that asked for `asked`; `at` is the address that the host redirects to."""
    kind = mime or mimes.of(path)
    body = relocated(sources.scans, package.read(path), kind, asked=asked, at=at)
    return answered(body, kind, location=at if at != asked else None, detail=f"{package.name}@{package.version}/{path}")


def folder(package: Package, path: str) -> Answer | None:
    """The page that lists a folder ("" for the whole package), or None where there is none."""
    inside = path.strip("/")
    prefix = f"{inside}/" if inside else ""
    names = sorted({name[len(prefix) :].partition("/")[0] for name in package.paths if name.startswith(prefix)})
    if not names:
        return None
    title = html.escape(f"{package.name}@{package.version}/{inside}")
    items = "".join(f"<li>{html.escape(name)}</li>" for name in names)
    body = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><ul>{items}</ul></body></html>"
    return answered(body.encode(), "text/html; charset=utf-8", detail=f"{package.name}@{package.version}/{prefix}")


def relocated(scans: Scans, body: bytes, mime: str, *, asked: str, at: str) -> bytes:
    """The same file as if it had come from `at`: relative addresses written out in full."""
    if asked.partition("?")[0].rpartition("/")[0] == at.partition("?")[0].rpartition("/")[0]:
        return body
    if mimes.is_javascript(mime):
        return scans.rewritten(body, lambda name: urljoin(at, name) if name.startswith(("./", "../")) else None)
    if mime.startswith("text/css"):
        return _CSS_ADDRESS.sub(lambda match: match[1] + _absolute(match[2], at), body)
    return body


def _absolute(address: bytes, at: str) -> bytes:
    text = address.decode("utf-8", "replace")
    if text.startswith(("data:", "#", "//")) or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", text):
        return address
    return urljoin(at, text).encode()
