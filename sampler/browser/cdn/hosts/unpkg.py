"""unpkg.com: https://github.com/unpkg/unpkg, `packages/unpkg-www/src/request-handler.tsx`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sampler.browser.cdn import entry, mime, serve, suggest
from sampler.browser.cdn.answer import Answer, Missing, answered
from sampler.browser.cdn.library import NoPackage, NoVersion
from sampler.browser.cdn.url import Url, encode, split_package

if TYPE_CHECKING:
    from sampler.browser.cdn.package import Package
    from sampler.browser.cdn.serve import Sources

ORIGIN = "https://unpkg.com"


def answer(url: Url, sources: Sources) -> Answer:
    """A file, after the redirects to the exact version and the package's own entry."""
    split = split_package(url.path)
    if split is None:
        raise Missing(f"Invalid URL pathname: {url.path}")
    name, wanted, rest = split
    try:
        package = sources.library.package(name, wanted or "latest")
    except NoPackage as ending:
        raise Missing(ending.detail, text=f"Package not found: {name}") from ending
    except NoVersion as ending:
        text = f"Package version not found: {name}@{wanted}"
        suggestion = suggest.version(sources.library, ending, rest, ORIGIN)
        raise Missing(ending.detail, text=text, suggestion=suggestion) from ending
    listed = serve.folder(package, rest) if rest.endswith("/") else None
    if listed is not None:
        return listed
    path = _resolved(package, rest, url.query)
    if path is None:
        text = f"Not found: {url.path}{url.search}"
        detail = f"{name}@{package.version} has no file {rest or '/'}"
        raise Missing(detail, text=text, suggestion=suggest.file(sources.library, package, rest, ORIGIN))
    at = f"{ORIGIN}/{name}@{package.version}/{encode(path)}{url.search}"
    if "module" in url.query and mime.is_javascript(mime.of(path)):
        return _module(sources, package, path, asked=url.text, at=at)
    return serve.file(sources, package, path, asked=url.text, at=at)


def _resolved(package: Package, rest: str, query: dict[str, str]) -> str | None:
    """The path in the package: `exports` and the entry fields first, then the file itself, then Node's old guesses."""
    manifest = package.manifest
    subpath = rest.strip("/")
    if not subpath:
        target = _main(manifest, query)
        found = _file_or_guess(package, target) if target else None
        return found or _file_or_guess(package, "")
    conditions = ("unpkg", *query["conditions"].split(",")) if "conditions" in query else ("unpkg",)
    exports = manifest.get("exports")
    if isinstance(exports, dict) and isinstance(exports.get(f"./{subpath}"), str | dict):
        target = entry.exported({"exports": {f"./{subpath}": exports[f"./{subpath}"]}}, subpath, conditions)
        if target is not None:
            return _file_or_guess(package, target)
    return _file_or_guess(package, subpath)


def _main(manifest: dict[str, Any], query: dict[str, str]) -> str | None:
    if "module" in query and entry.field(manifest, "module"):
        return entry.field(manifest, "module")
    if "browser" in query and entry.field(manifest, "browser"):
        return entry.field(manifest, "browser")
    if "conditions" not in query and entry.field(manifest, "unpkg"):
        return entry.field(manifest, "unpkg")
    conditions = ("unpkg", *query.get("conditions", "").split(","))
    exports = manifest.get("exports")
    if isinstance(exports, str):
        return entry.clean(exports)
    return entry.exported(manifest, "", conditions) or entry.field(manifest, "main")


def _file_or_guess(package: Package, path: str) -> str | None:
    if path in package:
        return path
    guesses = (f"{path}.js", f"{path}/index.js") if path else ("index.js",)
    return next((guess for guess in guesses if guess in package), None)


def _module(sources: Sources, package: Package, path: str, *, asked: str, at: str) -> Answer:
    """`?module`: bare imports point to unpkg, relative ones keep the parameter."""
    kind = mime.of(path)
    body = sources.scans.rewritten(package.read(path), lambda name: _as_module(package, name))
    body = serve.relocated(sources.scans, body, kind, asked=asked, at=at)
    location = at if at != asked else None
    return answered(body, kind, location=location, detail=f"{package.name}@{package.version}/{path}")


def _as_module(package: Package, name: str) -> str | None:
    if not name or re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:|//", name):
        return None
    if name.startswith((".", "/")):
        return f"{name.rstrip('/')}?module"
    split = split_package(f"/{name}")
    if split is None:
        return None
    dependency, _, rest = split
    wanted = package.dependency(dependency) if dependency != package.name else None
    version = re.split(r" \|\| | - ", wanted)[-1] if wanted else "latest"
    return f"{ORIGIN}/{dependency}@{encode(version)}{rest.rstrip('/')}?module"
