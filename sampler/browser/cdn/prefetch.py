"""Set-up: fill the cache with all that a list of pages or addresses needs."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from sampler.browser.cdn import mime as mimes
from sampler.browser.cdn.answer import Missing, Refused, RegistryUnavailable, Unavailable
from sampler.browser.cdn.cdn import Cdn
from sampler.browser.cdn.javascript import scan
from sampler.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

MAX_ADDRESSES = 2000
_AT_ONCE = 4
_ADDRESS = re.compile(r"https?://[^\s\"'`<>()\\]+")
_OTHER_MODULE = re.compile(rb"""\b(?:from|import)\s*\(?\s*["'](?:/|https?:)""")
"""An import by full address; relative ones stay in the package, which is there already."""
_LAST_PUNCTUATION = ".,;:!?"


def addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """The addresses that pages or scripts hold, each once, in order."""
    found: dict[str, None] = {}
    for text in texts:
        for match in _ADDRESS.finditer(text):
            found.setdefault(match[0].rstrip(_LAST_PUNCTUATION))
    return tuple(found)


def prefetch(
    urls: Iterable[str],
    cache: Path | None = None,
    progress: Callable[[str], None] | None = None,
    *,
    cdn: Cdn | None = None,
) -> None:
    """Ask the stand-in CDN for every address, and for what the modules there import.

    `cdn` is one to ask that is there already, in place of a new one over `cache`. `progress` is told
    each address that was answered, from whichever thread has it. Addresses of
    other hosts, files that are truly missing and assets that cannot be had are passed over. Raises
    NetworkError where an npm package that a page needs cannot be had, IntegrityError where one is
    not what the registry promised.
    """
    cdn = cdn or Cdn(cache)
    waiting = list(dict.fromkeys(urls))
    seen = set(waiting)
    with ThreadPoolExecutor(_AT_ONCE, "prefetch") as pool:
        while waiting and len(seen) <= MAX_ADDRESSES:
            found = list(pool.map(lambda url: _ask(cdn, url, progress), waiting))
            waiting = [url for urls_of_one in found for url in urls_of_one if url not in seen]
            waiting = list(dict.fromkeys(waiting))
            seen.update(waiting)


def _ask(cdn: Cdn, url: str, progress: Callable[[str], None] | None) -> tuple[str, ...]:
    """Get one address into the cache; what it imports, as addresses."""
    try:
        answer = cdn.found(url)
    except RegistryUnavailable as ending:
        raise NetworkError(
            f"{ending}; check the network or npm's registry and proxy settings, then run `sampler install` again"
        ) from ending
    except (Missing, Refused, Unavailable):
        return ()
    if progress is not None:
        progress(url)
    if not mimes.is_javascript(answer.headers.get("content-type", "")) or not _OTHER_MODULE.search(answer.body):
        return ()
    names = (reference.specifier for reference in scan(answer.body).references)
    return tuple(urljoin(url, name) for name in names if name.startswith(("/", "http:", "https:")))
