"""cdnjs.cloudflare.com: names, versions and files as listed in https://github.com/cdnjs/packages.

cdnjs keeps only the files that a library's listing names, with the listed folder cut off, and adds a
minified twin to every script that has none (https://github.com/cdnjs/tools, `compress/js.go`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sampler.browser.cdn import mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.hosts.cdnjs_listings import Listing, listing, npm_version, shown_version
from sampler.browser.cdn.library import NoVersion
from sampler.browser.cdn.url import Url, encode
from sampler.browser.cdn.versions import nearest

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

HOST = "cdnjs.cloudflare.com"
PREFIX = f"https://{HOST}/ajax/libs"
_NOT_FOUND = (
    "<!DOCTYPE html>\n<html>\n<head><title>404 Not Found</title></head>\n"
    "<body>\n<center><h1>404 Not Found</h1></center>\n<hr><center>cloudflare</center>\n</body>\n</html>\n"
)


def answer(url: Url, sources: Sources) -> Answer:
    """`/ajax/libs/<library>/<version>/<file>`."""
    found = re.fullmatch(r"/ajax/libs/([^/]+)/([^/]+)/(.+)", url.path)
    if found is None:
        raise _not_found(f"cdnjs has nothing at {url.path}")
    library, version, path = found[1], found[2], found[3]
    kept = listing(library)
    if kept is None:
        raise _not_found(f"cdnjs has no library {library}", _on_jsdelivr(sources, library.lower(), version, path))
    package = _package(sources, kept, version)
    if package is None:
        suggestion = _other_version(sources, kept, library, version, path)
        raise _not_found(f"cdnjs has no version {version} of {library}", suggestion)
    file = kept.kept(package, path)
    if file is None:
        suggestion = _elsewhere(sources, kept, package, f"{PREFIX}/{library}/{version}", path)
        raise _not_found(f"cdnjs has no {path} for {library} {version}", suggestion)
    kind = mime.JAVASCRIPT if mime.suffix(path) in {"js", "mjs", "cjs"} else mime.of(path)
    return answered(package.read(file), kind, detail=f"{package.name}@{package.version}/{file}")


def _package(sources: Sources, kept: Listing, version: str) -> Package | None:
    """The package for a version on cdnjs, or None where cdnjs has no such version or library."""
    wanted = npm_version(kept, version)
    if wanted is None:
        return None
    for name in (kept.package, kept.older):
        if name is None:
            continue
        try:
            return sources.library.package(name, wanted)
        except NoVersion as ending:
            near = nearest(ending.versions, wanted) if kept.from_git else None
            if near is not None and near.split(".")[:2] == wanted.split(".")[:2]:
                return sources.library.package(name, near)
        except Missing:
            continue
    return None


def _not_found(detail: str, suggestion: str | None = None) -> Missing:
    return Missing(detail, text=_NOT_FOUND, suggestion=suggestion, mime="text/html; charset=utf-8")


def _other_version(sources: Sources, kept: Listing, library: str, version: str, path: str) -> str | None:
    """The same file in the nearest version that cdnjs has."""
    revision = re.fullmatch(r"r?(\d{1,4})", version) if kept.revisions is not None else None
    try:
        versions = sources.library.listing(kept.package).versions
        near = nearest(versions, f"0.{revision[1]}.0" if revision else version)
        package = sources.library.package(kept.package, near) if near else None
    except Missing:
        return None
    if package is None:
        return None
    at = f"{PREFIX}/{library}/{shown_version(kept, package.version)}"
    return f"{at}/{encode(path)}" if kept.kept(package, path) else _elsewhere(sources, kept, package, at, path)


def _elsewhere(sources: Sources, kept: Listing, package: Package, at: str, path: str) -> str | None:
    """Where the file is: on cdnjs under another name, or on jsDelivr from the same package."""
    name = path.rpartition("/")[2]
    if name != path and kept.kept(package, name) is not None:
        return f"{at}/{encode(name)}"
    if package.name == "three":
        modules = [name.replace("three.", "three.module.", 1)] if name in {"three.js", "three.min.js"} else []
        for module in modules:
            if kept.kept(package, module) is not None:
                return f"{at}/{module}{suggest.IS_MODULE}"
        found = suggest.addon(sources.library, package.version, path)
        if found is not None:
            return found
    return suggest.file(sources.library, package, path, suggest.JSDELIVR)


def _on_jsdelivr(sources: Sources, name: str, version: str, path: str) -> str | None:
    """The same file of npm's package on jsDelivr, for a library that cdnjs does not have."""
    try:
        package = sources.library.package(name, version)
    except NoVersion as ending:
        near = nearest(ending.versions, version)
        if near is None:
            return None
        package = sources.library.package(name, near)
    except Missing:
        return None
    return suggest.file(sources.library, package, path, suggest.JSDELIVR)
