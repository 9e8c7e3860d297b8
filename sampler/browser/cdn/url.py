"""The addresses that pages ask for, taken apart."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from sampler.browser.cdn.answer import Refused

MAX_LENGTH = 8192
_PACKAGE_NAME = re.compile(r"(?:@[A-Za-z0-9_~-][\w.~-]*/)?[A-Za-z0-9_~-][\w.~-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Url:
    """A request: host in lower case, path percent-decoded and without dots, query parameters by name."""

    text: str
    host: str
    path: str
    query: dict[str, str]
    query_text: str

    @property
    def search(self) -> str:
        """The query with its question mark, or nothing."""
        return f"?{self.query_text}" if self.query_text else ""


def parse(text: str) -> Url:
    """Take an address apart; Refused where it is none that a page may ask a public host for."""
    if len(text) > MAX_LENGTH:
        raise Refused(f"the address is longer than {MAX_LENGTH:,} characters")
    try:
        parts = urlsplit(text)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError as error:
        raise Refused("this is no address") from error
    if parts.scheme not in {"http", "https"}:
        raise Refused(f"{parts.scheme or 'no'} is not a scheme that a page may reach")
    if parts.username is not None or parts.password is not None:
        raise Refused("addresses with a user name are refused")
    if port not in {None, 80 if parts.scheme == "http" else 443}:
        raise Refused(f"port {port} is not one that a page may reach")
    if not host:
        raise Refused("the address names no host")
    path = unquote(parts.path) or "/"
    if "\0" in path or "\\" in path:
        raise Refused("the address holds characters that no path has")
    trailing = "/" if path.endswith(("/", "/.", "/..")) else ""
    path = "/" + posixpath.normpath(path).lstrip("/.")
    path = path if path == "/" else path + trailing
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Url(text=text, host=host, path=path, query=query, query_text=parts.query)


def encode(path: str) -> str:
    """A path as it stands in an address."""
    return quote(path, safe="/@:+,=~!$&'()*;")


def split_package(path: str) -> tuple[str, str | None, str] | None:
    """`/@scope/name@1.2/dist/x.js` -> name, version or None, and the rest from its slash on ("" for none).

    None where the path cannot name a package.
    """
    parts = path.lstrip("/").split("/")
    scoped = parts[0].startswith("@")
    if not parts[0] or (scoped and len(parts) < 2):
        return None
    head = "/".join(parts[:2]) if scoped else parts[0]
    rest = parts[2:] if scoped else parts[1:]
    name, _, version = head[1:].partition("@")
    name = head[0] + name
    if head[0] == "@" and not scoped:
        return None
    if not is_package_name(name):
        return None
    return name, version.strip() or None, "/" + "/".join(rest) if rest else ""


def is_package_name(name: str) -> bool:
    """Whether npm could hold a package of this name."""
    return len(name) <= 214 and bool(_PACKAGE_NAME.fullmatch(name))
