"""The stand-in CDN: one question, an address; one answer, complete."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from sampler.browser.cdn import answer as endings
from sampler.browser.cdn import npmrc
from sampler.browser.cdn.answer import Answer, Missing, Refused, Unavailable
from sampler.browser.cdn.assets import HOSTS as ASSET_HOSTS
from sampler.browser.cdn.assets import Assets
from sampler.browser.cdn.cache import Cache, default_folder
from sampler.browser.cdn.hosts import cdnjs, esmsh, github, jsdelivr, jspm, skypack, threejs, unpkg, vendors
from sampler.browser.cdn.javascript import Scans
from sampler.browser.cdn.library import Library
from sampler.browser.cdn.package import DamagedError
from sampler.browser.cdn.serve import Sources
from sampler.browser.cdn.url import Url, parse
from sampler.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sampler.browser.cdn.npmrc import NpmSettings


def _assets(url: Url, sources: Sources) -> Answer:
    return sources.assets.answer(url)


_HOSTS: dict[str, Callable[[Url, Sources], Answer]] = {
    **dict.fromkeys(sorted(ASSET_HOSTS), _assets),
    cdnjs.HOST: cdnjs.answer,
    "unpkg.com": unpkg.answer,
    "www.unpkg.com": unpkg.answer,
    **dict.fromkeys(jsdelivr.HOSTS, jsdelivr.answer),
    **dict.fromkeys(skypack.HOSTS, skypack.answer),
    **dict.fromkeys(("esm.sh", "cdn.esm.sh"), esmsh.answer),
    **dict.fromkeys(jspm.HOSTS, jspm.answer),
    **dict.fromkeys(threejs.HOSTS, threejs.answer),
    **dict.fromkeys(vendors.HOSTS, vendors.answer),
    **dict.fromkeys((*github.RAW_HOSTS, *github.SERVING_HOSTS, *github.PAGES_HOSTS), github.answer),
}


class Cdn:
    """Answers the requests of pages from npm packages, hermetically; safe to use from several threads.

    The first request for a package fetches and checks it; from then on its answers come from the
    cache folder, with no network at all. `offline` makes no network call whatever is missing.
    """

    def __init__(
        self, cache: Path | None = None, *, offline: bool = False, settings: NpmSettings | None = None
    ) -> None:
        """Use the user's cache folder and npm settings where none are given."""
        settings = settings or npmrc.load(os.environ, Path.home(), Path.cwd())
        store = Cache(cache or default_folder())
        self._sources = Sources(
            library=Library(store, offline=offline, settings=settings),
            scans=Scans(store),
            assets=Assets(store, settings, offline=offline),
        )

    def answer(self, url: str) -> Answer:
        """What the real host would answer to GET, its redirects followed. Never raises for what a page asks."""
        try:
            return self.found(url)
        except Missing as ending:
            return endings.missing(ending)
        except Refused as ending:
            return endings.refused(ending)
        except Unavailable as ending:
            return endings.unavailable(ending)
        except (IntegrityError, DamagedError) as error:
            return endings.unavailable(Unavailable(str(error)))

    def found(self, url: str) -> Answer:
        """The answer with status 200. Raises Missing, Refused, Unavailable, IntegrityError."""
        parsed = parse(url)
        host = _HOSTS.get(parsed.host)
        if host is None:
            raise Refused(f"{parsed.host} is not a host that pages may load from")
        try:
            return host(parsed, self._sources)
        except DamagedError:
            # A damaged archive was noticed while reading it; fetch it anew, once.
            self._sources.library.forget()
            return host(parsed, self._sources)
