"""Set-up: fill the cache with all that a list of pages or addresses needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sampler.browser.cdn import mime as mimes
from sampler.browser.cdn.cdn import Cdn
from sampler.browser.cdn.javascript import references
from sampler.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from sampler.browser.cdn.answer import Answer

MAX_ADDRESSES = 2000
_ADDRESS = re.compile(r"https?://[^\s\"'`<>()\\]+")
_LAST_PUNCTUATION = ".,;:!?"


def addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """The addresses that pages or scripts hold, each once, in order."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _ADDRESS.finditer(text):
            found.setdefault(match[0].rstrip(_LAST_PUNCTUATION))
    return tuple(found)


def prefetch(urls: Iterable[str], cache: Path | None = None, progress: Callable[[str], None] | None = None) -> None:
    """Ask the stand-in CDN for every address, and for what the modules there import.

    `progress` is told each address that was answered. Addresses of other hosts, folders of import
    maps and files that are truly missing are passed over. Raises NetworkError where a package that a
    page needs cannot be had.
    """
    cdn = Cdn(cache)
    waiting = list(dict.fromkeys(urls))
    seen = set(waiting)
    while waiting and len(seen) <= MAX_ADDRESSES:
        url = waiting.pop(0)
        answer = cdn.answer(url)
        if answer.outcome == "unavailable" and cdn.is_npm(url):
            raise NetworkError(
                f"{answer.detail}; check the network, or npm's registry and proxy settings, and run `sampler install` again"
            )
        if answer.outcome != "answered":
            continue
        if progress is not None:
            progress(url)
        for imported in _imports(url, answer):
            if imported not in seen:
                seen.add(imported)
                waiting.append(imported)


def _imports(url: str, answer: Answer) -> Iterable[str]:
    if mimes.is_javascript(answer.headers.get("content-type", "")):
        for reference in references(answer.body):
            if reference.specifier.startswith((".", "/", "http")):
                yield urljoin(url, reference.specifier)
