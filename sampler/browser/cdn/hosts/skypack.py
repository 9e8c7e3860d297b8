"""cdn.skypack.dev: https://docs.skypack.dev. A package's address exports the module at a pinned, lasting one."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from sampler.browser.cdn import entry, mime, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.modules import Naming, exports_default, reexport, rendered
from sampler.browser.cdn.url import Url, encode, split_package

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

ORIGIN = "https://cdn.skypack.dev"
HOSTS = ("cdn.skypack.dev", "cdn.pika.dev")
_PINNED = re.compile(
    r"/(?:-|pin)/((?:@[^/@]+/)?[^/@]+)@v?([^/]+?)(?:-[A-Za-z0-9]{20})?/[^/]*mode=([^/]*)/(?:(optimized|unoptimized|raw)/)?(.+)"
)
_MODULES = {"js", "mjs", "cjs", "jsx", ""}


class _Naming(Naming):
    """Skypack's pinned addresses."""

    def file(self, package: Package, path: str) -> str:
        at = f"{self.origin}/-/{package.name}@v{package.version}-{_pin(package)}/dist=es2019,mode=imports"
        if path == entry.module_entry(package, ""):
            return f"{at}/optimized/{package.name.rpartition('/')[2].removesuffix('.js')}.js"
        return f"{at}/unoptimized/{encode(path)}"

    def entry(self, package: Package, subpath: str) -> str:
        return self.file(package, entry.module_entry(package, subpath) or subpath)

    def dependency(self, name: str, version: str, subpath: str) -> str:
        rest = f"/{encode(subpath)}" if subpath else ""
        return f"{self.origin}/{name}@{encode(version)}{rest}"


def answer(url: Url, sources: Sources) -> Answer:
    """A stub for a package's address, the module for a pinned one."""
    pinned = _PINNED.fullmatch(url.path)
    if pinned is not None:
        name, version, mode, kind, path = pinned.groups()
        package = _package(sources, name, path, version)
        return _pinned(sources, package, path, optimized=kind == "optimized", raw="raw" in (mode, kind))
    split = split_package(url.path)
    if split is None:
        raise Missing(f"{url.path} names no package")
    name, wanted, rest = split
    package = _package(sources, name, rest, (wanted or "latest").partition(",")[0])
    subpath = rest.strip("/")
    if subpath in package and mime.suffix(subpath) not in _MODULES:
        return answered(package.read(subpath), mime.of(subpath), detail=f"{name}@{package.version}/{subpath}")
    file = entry.module_entry(package, subpath)
    if file is None:
        raise _missing(sources, package, rest)
    address = _Naming(sources).file(package, file)
    body = reexport(address, default=exports_default(sources, package, file))
    return answered(body, mime.JAVASCRIPT, detail=f"{name}@{package.version}/{file}")


def _pinned(sources: Sources, package: Package, path: str, *, optimized: bool, raw: bool) -> Answer:
    detail = f"{package.name}@{package.version}/{path}"
    if raw and path in package:
        return answered(package.read(path), mime.of(path), detail=detail)
    file = entry.module_entry(package, "") if optimized and "/" not in path else None
    if optimized and file is None:
        file = entry.module_entry(package, path.removesuffix(".js"))
    file = file or entry.module_entry(package, path)
    if file is None:
        raise _missing(sources, package, f"/{path}")
    return answered(rendered(sources, package, file, _Naming(sources)), mime.JAVASCRIPT, detail=detail)


def _package(sources: Sources, name: str, rest: str, wanted: str) -> Package:
    try:
        return sources.library.package(name, wanted)
    except NoPackage as ending:
        raise Missing(ending.detail, text=f"[404] Package Not Found: {name}") from ending
    except NoVersion as ending:
        text = f"[404] Package Version Not Found: {name}@{wanted}"
        suggestion = suggest.version(sources.library, ending, rest, ORIGIN)
        raise Missing(ending.detail, text=text, suggestion=suggestion) from ending


def _missing(sources: Sources, package: Package, rest: str) -> Missing:
    detail = f"{package.name}@{package.version} has no module {rest or '/'}"
    suggestion = suggest.file(sources.library, package, rest, ORIGIN)
    return Missing(detail, text=f"[404] File Not Found: {package.name}{rest}", suggestion=suggestion)


def _pin(package: Package) -> str:
    """Twenty letters that stand for one version, as Skypack's do; its own are random."""
    return hashlib.sha256(f"{package.name}@{package.version}".encode()).hexdigest()[:20]
